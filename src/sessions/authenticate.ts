import type { OwnClaims, Role } from '../auth-types.ts';
import { ForbiddenError, UnauthenticatedError } from '../errors.ts';
import type { AccessRefusalReason } from '../reasons.ts';
import type { AccessClaims } from '../tokens/claims.ts';
import type { TokenReading } from '../tokens/token-codec.ts';
import type { SessionServices } from './services.ts';

/** The user of a request, as its access token says. */
export interface CurrentUser {
  readonly id: string;
  readonly sessionId: string;
  /** The `jti` of the access token. */
  readonly tokenId: string;
  readonly roles: readonly Role[];
  readonly expiresAt: Date;
  /** Every claim of the token, including the host's own. Frozen, because all requests with the token share them. */
  readonly claims: AccessClaims & OwnClaims;
}

/** The result of examining a request. Only a guard turns it into an error. */
export type Authentication =
  | { readonly status: 'anonymous'; readonly refreshable: boolean }
  | { readonly status: 'authenticated'; readonly user: CurrentUser }
  | { readonly status: 'rejected'; readonly reason: AccessRefusalReason; readonly refreshable: boolean };

/**
 * Examines the access token of a request, or its absence (`null`). Makes no query and never throws.
 *
 * @param canRefresh whether the request also carries a refresh token, in a cookie.
 */
export function authenticate(
  services: SessionServices,
  accessToken: string | null,
  canRefresh: boolean,
): Authentication {
  if (accessToken === null) return { status: 'anonymous', refreshable: canRefresh };
  const reading = services.codec.readAccess(accessToken);
  if (reading.status !== 'live') return rejectionOf(reading);
  return { status: 'authenticated', user: toCurrentUser(reading.claims) };
}

/**
 * Checks what a guard requires. A guard calls it each time, so nothing passes after a logout in the same document, nor
 * after the token has expired, however long the context is held.
 *
 * @returns the user, who has at least one of the roles if any are given.
 * @throws UnauthenticatedError
 * @throws ForbiddenError
 * @throws ServiceUnavailableError if the blacklist has not been read for too long.
 */
export function authorize(
  services: SessionServices,
  authentication: Authentication,
  roles: readonly string[],
): CurrentUser {
  if (authentication.status === 'anonymous')
    throw new UnauthenticatedError('TOKEN_MISSING', authentication.refreshable);
  if (authentication.status === 'rejected')
    throw new UnauthenticatedError(authentication.reason, authentication.refreshable);
  const { user } = authentication;
  if (hasExpired(services, user)) throw new UnauthenticatedError('TOKEN_EXPIRED', true);
  if (services.mirror.isEnded(user.sessionId)) throw new UnauthenticatedError('TOKEN_REVOKED', false);
  if (services.mirror.isOutdated(user.id, user.claims.ver)) throw new UnauthenticatedError('TOKEN_REVOKED', true);
  if (roles.length > 0 && !user.roles.some((role) => roles.includes(role))) throw new ForbiddenError();
  return user;
}

/** The user for fields that are open to everyone: null unless the token would pass a guard. */
export function currentUserOf(services: SessionServices, authentication: Authentication): CurrentUser | null {
  if (authentication.status !== 'authenticated' || services.mirror.isStale()) return null;
  const { user } = authentication;
  const isRefused =
    hasExpired(services, user) ||
    services.mirror.isEnded(user.sessionId) ||
    services.mirror.isOutdated(user.id, user.claims.ver);
  return isRefused ? null : user;
}

function hasExpired({ clock, settings }: SessionServices, { expiresAt }: CurrentUser): boolean {
  return clock.now() >= expiresAt.getTime() + settings.leeway;
}

function rejectionOf(reading: TokenReading<AccessClaims>): Authentication {
  if (reading.status === 'expired') return { status: 'rejected', reason: 'TOKEN_EXPIRED', refreshable: true };
  const refreshable = reading.status === 'invalid' ? reading.refreshable : true;
  return { status: 'rejected', reason: 'TOKEN_INVALID', refreshable };
}

function toCurrentUser(claims: AccessClaims): CurrentUser {
  const user = {
    id: claims.sub,
    sessionId: claims.sid,
    tokenId: claims.jti,
    roles: claims.roles,
    expiresAt: new Date(claims.exp * 1000),
    claims,
  };
  // oxlint-disable-next-line typescript/no-unnecessary-type-assertion -- a host that extends `AuthTypes` knows more of them
  return user as unknown as CurrentUser;
}
