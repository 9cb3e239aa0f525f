import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { TokenRefusalReason } from '../errors.ts';
import { TokenDelivery } from '../sessions/delivery.ts';
import { LogoutScope } from '../sessions/logout.ts';
import type { TokenVerification } from '../sessions/verify-token.ts';
import type { AccessClaims, RefreshClaims, TokenType } from '../tokens/claims.ts';
import { toUserType, UserType } from './account.type.ts';
import type { DeliveredPair } from './cookie-delivery.ts';
import { SessionType, toSessionType } from './session.type.ts';

export const LogoutScopeEnum = { ...LogoutScope };
registerEnumType(LogoutScopeEnum, {
  name: 'LogoutScope',
  description: 'How far a logout reaches.',
  valuesConfig: {
    SESSION: { description: 'The session of the token that is shown.' },
    OTHER_SESSIONS: { description: "All of the user's sessions but that one. Needs a token that is still good." },
    ALL_SESSIONS: { description: "All of the user's sessions. Needs a token that is still good." },
  },
});

export const TokenDeliveryEnum = { ...TokenDelivery };
registerEnumType(TokenDeliveryEnum, {
  name: 'TokenDelivery',
  description: 'How the pair reaches the client. In a cookie it is HttpOnly, and the field of the pair is null.',
  valuesConfig: {
    BODY: { description: 'Both tokens in the answer.' },
    COOKIES: { description: 'Both tokens in cookies.' },
    REFRESH_COOKIE: { description: 'The refresh token in a cookie, the access token in the answer.' },
  },
});

const TokenTypeEnum: Record<string, TokenType> = { ACCESS: 'access', REFRESH: 'refresh' };
registerEnumType(TokenTypeEnum, {
  name: 'TokenType',
  description: 'The two kinds of token.',
  valuesConfig: {
    ACCESS: { description: 'Sent with each request.' },
    REFRESH: { description: 'Exchanged for a new pair.' },
  },
});

const TokenRefusalReasonEnum = { ...TokenRefusalReason };
registerEnumType(TokenRefusalReasonEnum, {
  name: 'TokenRefusalReason',
  description: 'Why a token is not good.',
  valuesConfig: {
    TOKEN_MISSING: { description: 'There is none.' },
    TOKEN_INVALID: { description: 'Not a token of ours, or not of the kind that is wanted.' },
    TOKEN_EXPIRED: { description: 'Its time is over.' },
    TOKEN_REVOKED: { description: 'Its session has ended.' },
    TOKEN_ROTATED: { description: 'It was exchanged a moment ago; the session lives, use the newer token.' },
    TOKEN_REUSED: { description: 'It was exchanged before, a sign of theft; the session was ended for it.' },
  },
});

@ObjectType('TokenPair', { description: 'The two tokens of a session, and how long they are good.' })
export class TokenPairType {
  @Field(() => String, { nullable: true, description: 'To be sent as `Authorization: Bearer` with each request.' })
  accessToken!: string | null;

  @Field(() => GraphQLDateTime, { description: 'From then on the access token is refused.' })
  accessTokenExpiresAt!: Date;

  @Field(() => Int, { description: "Seconds from now; needs no clock in step with the server's." })
  accessTokenExpiresIn!: number;

  @Field(() => String, { nullable: true, description: 'Good for one `refreshToken`.' })
  refreshToken!: string | null;

  @Field(() => GraphQLDateTime, { description: 'From then on only a login helps.' })
  refreshTokenExpiresAt!: Date;

  @Field(() => String, { nullable: true, description: 'To be sent back as X-CSRF-Token; only where cookies are used.' })
  csrfToken!: string | null;

  @Field(() => SessionType, { description: 'What the two tokens belong to.' })
  session!: SessionType;

  @Field(() => UserType, { description: 'Who has logged in.' })
  user!: UserType;
}

export function toTokenPairType(pair: DeliveredPair, secondsUntil: (moment: Date) => number): TokenPairType {
  const { accessToken, accessTokenExpiresAt, refreshToken, refreshTokenExpiresAt, csrfToken, session, user } = pair;
  return {
    accessToken,
    accessTokenExpiresAt,
    accessTokenExpiresIn: secondsUntil(accessTokenExpiresAt),
    refreshToken,
    refreshTokenExpiresAt,
    csrfToken,
    session: toSessionType(session, session.id),
    user: toUserType(user),
  };
}

@ObjectType('TokenInfo', { description: 'What a token says.' })
export class TokenInfoType {
  @Field(() => ID, { description: 'Its `jti`.' })
  id!: string;

  @Field(() => TokenTypeEnum, { description: 'Its `token_type`.' })
  type!: TokenType;

  @Field(() => ID, { description: 'Its `sub`: whom it was issued to.' })
  userId!: string;

  @Field(() => ID, { description: 'Its `sid`: the session it belongs to.' })
  sessionId!: string;

  @Field(() => [String], { description: 'Empty for a refresh token.' })
  roles!: readonly string[];

  @Field(() => GraphQLDateTime, { description: 'Its `iat`.' })
  issuedAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'Its `exp`.' })
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

@ObjectType('TokenVerification', { description: 'Whether a token is good at this moment.' })
export class TokenVerificationType {
  @Field(() => Boolean, { description: 'Whether it would be accepted now for what it is.' })
  isValid!: boolean;

  @Field(() => TokenRefusalReasonEnum, { nullable: true, description: 'Why not; null if it is valid.' })
  reason!: TokenRefusalReason | null;

  @Field(() => TokenInfoType, {
    nullable: true,
    description: 'What it says, whenever the signature is ours, even if it is no longer good.',
  })
  token!: TokenInfoType | null;
}

export function toTokenVerificationType({ isValid, reason, claims }: TokenVerification): TokenVerificationType {
  return { isValid, reason, token: claims === null ? null : toTokenInfoType(claims) };
}

@ObjectType({ description: 'What was ended.' })
export class LogoutPayload {
  @Field(() => Int, { description: 'How many sessions were ended.' })
  endedSessions!: number;

  @Field(() => [ID], { description: 'Which. No token of theirs is accepted any more.' })
  endedSessionIds!: string[];
}
