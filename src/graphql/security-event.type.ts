import { GraphQLDateTime } from 'graphql-scalars';
import { ArgsType, Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { type AuthEvent, AuthEventType } from '../events/auth-event.entity.ts';
import { ConnectionArgs, PageInfo } from './connection.type.ts';

const AuthEventTypeEnum = { ...AuthEventType };
registerEnumType(AuthEventTypeEnum, {
  name: 'AuthEventType',
  description: 'What can happen to an account or a session.',
  valuesConfig: {
    REFRESH_RETRIED: { description: 'A refresh was asked for again with its idempotency key, and answered again.' },
    REFRESH_REFUSED_AS_ROTATED: { description: 'A refresh token came a second time within the leeway.' },
    REUSE_DETECTED: { description: 'A superseded refresh token came; the cause is PREVIOUS or OLDER.' },
    SESSION_ENDED: { description: 'The cause says why.' },
    PASSWORD_CHANGE_FAILED: { description: 'The current password was wrong.' },
  },
});

@ObjectType('AuthEvent', { description: 'Something that happened to an account. It holds no token and no password.' })
export class AuthEventNode {
  @Field(() => ID)
  id!: string;

  @Field(() => AuthEventTypeEnum)
  type!: AuthEventType;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => ID, { nullable: true })
  sessionId!: string | null;

  @Field(() => String, { nullable: true })
  cause!: string | null;

  @Field(() => String, { nullable: true, description: 'What the device called itself.' })
  userAgent!: string | null;

  @Field(() => String, { nullable: true, description: 'Where the request came from.' })
  ipAddress!: string | null;
}

export function toAuthEventNode({
  id,
  type,
  createdAt,
  sessionId,
  cause,
  userAgent,
  ipAddress,
}: AuthEvent): AuthEventNode {
  return { id, type, createdAt, sessionId, cause, userAgent, ipAddress };
}

@ObjectType({ description: 'An event in a list.' })
export class AuthEventEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => AuthEventNode)
  node!: AuthEventNode;
}

@ObjectType({ description: 'What happened to an account, the latest first.' })
export class AuthEventConnection {
  @Field(() => [AuthEventEdge])
  edges!: AuthEventEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}

@ArgsType()
export class SecurityEventsArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true, description: "Whose; by default the caller's own." })
  userId?: string | null;
}
