import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Session } from '../sessions/session.entity.ts';

@ObjectType('Session', { description: 'Everything that descends from one login on one device.' })
export class SessionType {
  @Field(() => ID, { description: 'The `sid` of its tokens.' })
  id!: string;

  @Field(() => GraphQLDateTime, { description: 'The login.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'Last login or refresh.' })
  lastUsedAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When its refresh token expires if it is not used.' })
  expiresAt!: Date;

  @Field(() => String, { nullable: true, description: 'What the device called itself at the login.' })
  userAgent!: string | null;

  @Field(() => String, { nullable: true, description: 'Where the login came from.' })
  ipAddress!: string | null;

  @Field(() => Boolean, {
    description: "In a TokenPair always true; elsewhere whether the request's token belongs to it.",
  })
  isCurrent!: boolean;
}

export function toSessionType(session: Session, currentId: string): SessionType {
  return {
    id: session.id,
    createdAt: session.createdAt,
    lastUsedAt: session.refreshIssuedAt,
    expiresAt: session.refreshExpiresAt,
    userAgent: session.userAgent,
    ipAddress: session.ipAddress,
    isCurrent: session.id === currentId,
  };
}

@ObjectType({ description: 'What was ended.' })
export class EndSessionPayload {
  @Field(() => Int, { description: 'How many sessions were ended; 0 where there was none that was alive.' })
  endedSessions!: number;

  @Field(() => [ID], { description: 'Which. No token of it is accepted any more.' })
  endedSessionIds!: string[];
}

export function toEndedPayload(ids: string[]): EndSessionPayload {
  return { endedSessions: ids.length, endedSessionIds: ids };
}
