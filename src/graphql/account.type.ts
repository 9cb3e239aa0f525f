import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import type { User } from '../users/user.entity.ts';

/** The `User` of the schema; a host adds fields to it with a resolver of its own, `@Resolver(() => UserType)`. */
@ObjectType('User', { description: 'Somebody who can log in.' })
export class UserType {
  @Field(() => ID, { description: 'For life, whatever becomes of the e-mail.' })
  id!: string;

  @Field(() => String, { description: 'Trimmed and in lower case.' })
  email!: string;

  @Field(() => [String], { description: 'What the user may do, beyond what everybody may who is logged in.' })
  roles!: readonly string[];

  @Field(() => Boolean, { description: 'Whether the user can log in.' })
  isActive!: boolean;

  @Field(() => GraphQLDateTime, { description: 'When the account was opened.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When the user last opened a session.' })
  lastLoginAt!: Date | null;
}

export function toUserType({ id, email, roles, deactivatedAt, createdAt, lastLoginAt }: User): UserType {
  return { id, email, roles, isActive: deactivatedAt === null, createdAt, lastLoginAt };
}
