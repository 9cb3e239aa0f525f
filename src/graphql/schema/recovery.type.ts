import { Field, ID, ObjectType } from 'type-graphql';

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
