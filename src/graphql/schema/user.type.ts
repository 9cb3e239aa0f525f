import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
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
