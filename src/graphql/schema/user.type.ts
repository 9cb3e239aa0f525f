import { GraphQLDateTime } from 'graphql-scalars';
import { type ClassType, Field, ID, ObjectType, Resolver } from 'type-graphql';
import type { AuthUser } from '../../users/auth-user.ts';

/** The `User` of the schema. A host adds fields with a resolver of its own: `@Resolver(() => UserType)`. */
@ObjectType('User', { description: 'A person or program that can log in.' })
export class UserType implements AuthUser {
  @Field(() => ID, { description: 'Never changes, even if the e-mail does.' })
  id!: string;

  @Field(() => String, { description: 'Trimmed and in lower case.' })
  email!: string;

  @Field(() => [String], { description: 'The roles that guards check.' })
  roles!: readonly string[];

  @Field(() => Boolean, { description: 'Whether the user can log in.' })
  isActive!: boolean;

  @Field(() => Boolean, { description: 'Whether somebody proved to receive the mails of this address.' })
  isEmailVerified!: boolean;

  @Field(() => GraphQLDateTime, { description: 'When the account was opened.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When the user last opened a session.' })
  lastLoginAt!: Date | null;
}

/** Among the resolvers if the host keeps the users, so that the schema is built with the host's `User`. It has no fields. */
@Resolver()
export class HostUserMarker {}

let current: ClassType = UserType;

/** The class of the `User` in the schema that is being built: ours, or the host's. */
export const userType = (): ClassType => current;

/** Builds a schema, at once, with another class for `User`. */
export function withUserType<T>(type: ClassType, build: () => T): T {
  current = type;
  try {
    return build();
  } finally {
    current = UserType;
  }
}
