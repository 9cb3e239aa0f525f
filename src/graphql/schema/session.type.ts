import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { SessionInfo } from '../../sessions/session-info.ts';

@ObjectType('Session', { description: 'Everything that descends from one login on one device.' })
export class SessionType {
  @Field(() => ID, { description: 'The `sid` of its tokens.' })
  id!: string;

  @Field(() => GraphQLDateTime, { description: 'The time of the login.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'The last login or refresh.' })
  lastUsedAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When its refresh token expires if it is not used.' })
  expiresAt!: Date;

  @Field(() => String, { nullable: true, description: "The device's User-Agent header at the login." })
  userAgent!: string | null;

  @Field(() => String, { nullable: true, description: "The device's address at the login." })
  ipAddress!: string | null;

  @Field(() => Boolean, {
    description: "In a TokenPair always true; elsewhere whether the request's token belongs to it.",
  })
  isCurrent!: boolean;
}

export function toSessionType(session: SessionInfo, currentId: string): SessionType {
  const { id, createdAt, lastUsedAt, expiresAt, userAgent, ipAddress } = session;
  return { id, createdAt, lastUsedAt, expiresAt, userAgent, ipAddress, isCurrent: id === currentId };
}

@ObjectType('EndSessionPayload', { description: 'The sessions that ended.' })
export class EndSessionPayload {
  @Field(() => Int, { description: 'The number of sessions that ended; 0 if none was alive.' })
  endedSessions!: number;

  @Field(() => [ID], { description: 'Their ids. Every token of these sessions is refused.' })
  endedSessionIds!: string[];
}

export function toEndedPayload(ids: string[]): EndSessionPayload {
  return { endedSessions: ids.length, endedSessionIds: ids };
}
