import { Field, ID, ObjectType } from 'type-graphql';
import type { AuthUser } from '../../users/auth-user.ts';
import { UserType } from './user.type.ts';

@ObjectType('RequestPayload', { description: 'The answer to a request for a mail. It says nothing about the account.' })
export class RequestPayload {
  @Field(() => Boolean, { description: 'Always true.' })
  isAccepted!: boolean;

  @Field(() => ID, { description: 'Sent back with the six digits of the mail.' })
  requestId!: string;
}

export function toRequestPayload(requestId: string): RequestPayload {
  return Object.assign(new RequestPayload(), { isAccepted: true, requestId });
}

@ObjectType('VerifyEmailPayload', { description: 'The answer of `verifyEmail`.' })
export class VerifyEmailPayload {
  @Field(() => UserType, { description: 'The user whose address was proved.' })
  user!: AuthUser;
}

export function toVerifyEmailPayload(user: AuthUser): VerifyEmailPayload {
  return Object.assign(new VerifyEmailPayload(), { user });
}
