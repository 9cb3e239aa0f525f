import { Field, ID, ObjectType } from 'type-graphql';

@ObjectType('RequestPayload', { description: 'The answer to what has a mail sent. It says nothing about the account.' })
export class RequestPayload {
  @Field(() => Boolean, { description: 'Always true.' })
  isAccepted!: boolean;

  @Field(() => ID, { description: 'Sent back with the six digits of the mail, if it brings digits.' })
  requestId!: string;
}

export function toRequestPayload(requestId: string): RequestPayload {
  return Object.assign(new RequestPayload(), { isAccepted: true, requestId });
}
