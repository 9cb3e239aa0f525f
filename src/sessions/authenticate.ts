import { type AccessRefusalReason, ForbiddenError, UnauthenticatedError } from '../errors.ts';
import type { AccessClaims } from '../tokens/claims.ts';
import type { TokenReading } from '../tokens/token-codec.ts';
import type { Parts } from './parts.ts';

/** Who a request comes from, from its access token alone. */
export interface CurrentUser {
  readonly id: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly roles: readonly string[];
  readonly expiresAt: Date;
  /** Everything the token says, the host's own claims included. */
  readonly claims: AccessClaims;
}

/** The outcome of looking at a request. Only a guard turns it into an error. */
export type Authentication =
  | { readonly status: 'anonymous'; readonly refreshable: boolean }
  | { readonly status: 'authenticated'; readonly user: CurrentUser }
  | { readonly status: 'rejected'; readonly reason: AccessRefusalReason; readonly refreshable: boolean };

/**
 * Looks at the access token of a request, or at its lack (`null`). Takes no query and never throws.
 *
 * @param canRefresh whether a refresh token came beside it, in a cookie.
 */
export function authenticate(parts: Parts, accessToken: string | null, canRefresh = false): Authentication {
  if (accessToken === null) return { status: 'anonymous', refreshable: canRefresh };
  const reading = parts.codec.readAccess(accessToken);
  if (reading.status !== 'live') return rejectionOf(reading);
  return { status: 'authenticated', user: toCurrentUser(reading.claims) };
}

/**
 * What a guard asks each time, so that nothing passes behind a logout in the same document.
 *
 * @returns the user, who has one of the roles if any are named.
 * @throws UnauthenticatedError, ForbiddenError, or ServiceUnavailableError where nobody can say.
 */
export function authorize(parts: Parts, authentication: Authentication, roles: readonly string[]): CurrentUser {
  if (authentication.status === 'anonymous')
    throw new UnauthenticatedError('TOKEN_MISSING', authentication.refreshable);
  if (authentication.status === 'rejected')
    throw new UnauthenticatedError(authentication.reason, authentication.refreshable);
  const { user } = authentication;
  if (parts.mirror.isEnded(user.sessionId)) throw new UnauthenticatedError('TOKEN_REVOKED', false);
  if (parts.mirror.isOutdated(user.id, user.claims.ver)) throw new UnauthenticatedError('TOKEN_REVOKED', true);
  if (roles.length > 0 && !roles.some((role) => user.roles.includes(role))) throw new ForbiddenError();
  return user;
}

/** The user of a request for fields that are open to everybody: null unless the token would pass a guard. */
export function currentUserOf(parts: Parts, authentication: Authentication): CurrentUser | null {
  if (authentication.status !== 'authenticated' || parts.mirror.isStale()) return null;
  const { user } = authentication;
  return parts.mirror.isEnded(user.sessionId) || parts.mirror.isOutdated(user.id, user.claims.ver) ? null : user;
}

function rejectionOf(reading: TokenReading<AccessClaims>): Authentication {
  if (reading.status === 'expired') return { status: 'rejected', reason: 'TOKEN_EXPIRED', refreshable: true };
  const refreshable = reading.status === 'invalid' ? reading.refreshable : true;
  return { status: 'rejected', reason: 'TOKEN_INVALID', refreshable };
}

function toCurrentUser(claims: AccessClaims): CurrentUser {
  return {
    id: claims.sub,
    sessionId: claims.sid,
    tokenId: claims.jti,
    roles: claims.roles,
    expiresAt: new Date(claims.exp * 1000),
    claims,
  };
}
