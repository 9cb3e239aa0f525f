import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { meanings, type TokenRefusalReason } from '../../reasons.ts';
import type { DeliveredTokenPair } from '../../request/answer-cookies.ts';
import type { TokenVerification } from '../../sessions/verify-token.ts';
import type { AccessClaims, RefreshClaims, TokenType } from '../../tokens/claims.ts';
import { registerEnum } from './enums.ts';
import { SessionType, toSessionType } from './session.type.ts';
import { userType } from './user.type.ts';

export const LogoutScopeEnum = registerEnum('LogoutScope', 'Which sessions a logout ends.', {
  SESSION: 'The session of the token.',
  OTHER_SESSIONS: "All of the user's sessions except that one. Needs a token that is still valid.",
  ALL_SESSIONS: "All of the user's sessions. Needs a token that is still valid.",
});

export const TokenDeliveryEnum = registerEnum(
  'TokenDelivery',
  'How the pair reaches the client. A cookie is HttpOnly, and the field of a token in a cookie is null.',
  {
    BODY: 'Both tokens are in the answer.',
    COOKIES: 'Both tokens are in cookies.',
    REFRESH_COOKIE: 'The refresh token is in a cookie, the access token in the answer.',
  },
);

const TokenRefusalReasonEnum = registerEnum(
  'TokenRefusalReason',
  'Why a token is refused.',
  meanings.TokenRefusalReason,
);

const TokenTypeEnum: Record<string, TokenType> = { ACCESS: 'access', REFRESH: 'refresh' };
registerEnumType(TokenTypeEnum, {
  name: 'TokenType',
  description: 'The two kinds of token.',
  valuesConfig: {
    ACCESS: { description: 'Sent with each request.' },
    REFRESH: { description: 'Exchanged for a new pair.' },
  },
});

@ObjectType('TokenPair', { description: 'The two tokens of a session and their lifetimes.' })
export class TokenPairType {
  @Field(() => String, { nullable: true, description: 'Send it as `Authorization: Bearer` with each request.' })
  accessToken!: string | null;

  @Field(() => GraphQLDateTime, { description: 'From then on the access token is refused.' })
  accessTokenExpiresAt!: Date;

  @Field(() => Int, { description: "Seconds from now. Needs no clock in step with the server's." })
  accessTokenExpiresIn!: number;

  @Field(() => String, { nullable: true, description: 'Good for one `refreshToken`.' })
  refreshToken!: string | null;

  @Field(() => GraphQLDateTime, { description: 'From then on the user has to log in again.' })
  refreshTokenExpiresAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'Send it back as `X-CSRF-Token`. Null unless a token is in a cookie.',
  })
  csrfToken!: string | null;

  @Field(() => SessionType, { description: 'The session of the two tokens.' })
  session!: SessionType;

  @Field(userType, { description: 'The user of the session.' })
  user!: object;
}

export function toTokenPairType({ session, ...pair }: DeliveredTokenPair): TokenPairType {
  return { ...pair, session: toSessionType(session, session.id) };
}

@ObjectType('TokenInfo', { description: 'The claims of a token.' })
export class TokenInfoType {
  @Field(() => ID, { description: 'The claim `jti`.' })
  id!: string;

  @Field(() => TokenTypeEnum, { description: 'The claim `token_type`.' })
  type!: TokenType;

  @Field(() => ID, { description: 'The claim `sub`: the user that it was issued to.' })
  userId!: string;

  @Field(() => ID, { description: 'The claim `sid`: the session that it belongs to.' })
  sessionId!: string;

  @Field(() => [String], { description: 'The claim `roles`. Empty for a refresh token.' })
  roles!: readonly string[];

  @Field(() => GraphQLDateTime, { description: 'The claim `iat`.' })
  issuedAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'The claim `exp`.' })
  expiresAt!: Date;
}

export function toTokenInfoType(claims: AccessClaims | RefreshClaims): TokenInfoType {
  return {
    id: claims.jti,
    type: claims.token_type,
    userId: claims.sub,
    sessionId: claims.sid,
    roles: claims.token_type === 'access' ? claims.roles : [],
    issuedAt: new Date(claims.iat * 1000),
    expiresAt: new Date(claims.exp * 1000),
  };
}

@ObjectType('TokenVerification', { description: 'Whether a token is valid at this moment.' })
export class TokenVerificationType {
  @Field(() => Boolean, { description: 'Whether it would be accepted now.' })
  isValid!: boolean;

  @Field(() => TokenRefusalReasonEnum, { nullable: true, description: 'Why not; null if it is valid.' })
  reason!: TokenRefusalReason | null;

  @Field(() => TokenInfoType, {
    nullable: true,
    description: 'The claims, whenever the signature is ours, even if the token is no longer valid.',
  })
  token!: TokenInfoType | null;
}

export function toTokenVerificationType({ isValid, reason, claims }: TokenVerification): TokenVerificationType {
  return { isValid, reason, token: claims === null ? null : toTokenInfoType(claims) };
}

@ObjectType('LogoutPayload', { description: 'The sessions that ended.' })
export class LogoutPayload {
  @Field(() => Int, { description: 'The number of sessions that ended.' })
  endedSessions!: number;

  @Field(() => [ID], { description: 'Their ids. Every token of these sessions is refused.' })
  endedSessionIds!: string[];
}
