import { GraphQLDateTime } from 'graphql-scalars';
import { ArgsType, Field, ID, ObjectType } from 'type-graphql';
import { type SecurityEventType, securityEventMeanings } from '../../events/security-event-type.ts';
import type { SecurityEvent } from '../../events/security-event.entity.ts';
import { ConnectionArgs, PageInfoType } from './connection.type.ts';
import { registerEnum } from './enums.ts';

const SecurityEventTypeEnum = registerEnum(
  'SecurityEventType',
  'What a security event records.',
  securityEventMeanings,
);

@ObjectType('SecurityEvent', {
  description: 'Something that happened to an account. It contains no token and no password.',
})
export class SecurityEventNode {
  @Field(() => ID, { description: 'Unique across all types.' })
  id!: string;

  @Field(() => SecurityEventTypeEnum, { description: 'What happened.' })
  type!: SecurityEventType;

  @Field(() => GraphQLDateTime, { description: 'When it happened.' })
  createdAt!: Date;

  @Field(() => ID, { nullable: true, description: 'The session that it happened to; null if none.' })
  sessionId!: string | null;

  @Field(() => String, { nullable: true, description: 'Why a session ended, or which token was reused.' })
  cause!: string | null;

  @Field(() => String, { nullable: true, description: "The device's User-Agent header." })
  userAgent!: string | null;

  @Field(() => String, { nullable: true, description: "The device's address." })
  ipAddress!: string | null;
}

export function toSecurityEventNode({
  id,
  type,
  createdAt,
  sessionId,
  cause,
  userAgent,
  ipAddress,
}: SecurityEvent): SecurityEventNode {
  return { id, type, createdAt, sessionId, cause, userAgent, ipAddress };
}

@ObjectType('SecurityEventEdge', { description: 'A security event in a list.' })
export class SecurityEventEdge {
  @Field(() => String, { description: 'Pass it as `after` to get the events that follow.' })
  cursor!: string;

  @Field(() => SecurityEventNode, { description: 'The security event.' })
  node!: SecurityEventNode;
}

@ObjectType('SecurityEventConnection', { description: 'The security events of an account, latest first.' })
export class SecurityEventConnection {
  @Field(() => [SecurityEventEdge], { description: 'The events of this page.' })
  edges!: SecurityEventEdge[];

  @Field(() => PageInfoType, { description: 'The position of this page.' })
  pageInfo!: PageInfoType;
}

@ArgsType()
export class SecurityEventsArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true, description: "The account's user; by default the caller." })
  userId?: string | null;
}
