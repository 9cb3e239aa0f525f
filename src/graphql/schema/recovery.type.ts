import { Field, ObjectType } from 'type-graphql';
import type { AuthUser } from '../../users/auth-user.ts';
import { UserType } from './user.type.ts';

@ObjectType('VerifyEmailPayload', { description: 'The answer of `verifyEmail`.' })
export class VerifyEmailPayload {
  @Field(() => UserType, { description: 'The user whose address was proved.' })
  user!: AuthUser;
}

export function toVerifyEmailPayload(user: AuthUser): VerifyEmailPayload {
  return Object.assign(new VerifyEmailPayload(), { user });
}
