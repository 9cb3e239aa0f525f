import { toSeconds } from '../clock.ts';
import { newId, timeOf } from '../id.ts';
import type { Subject } from '../users/subject.ts';
import { computeHostClaims } from './host-claims.ts';
import type { SessionServices } from './services.ts';
import { type SessionInfo, toSessionInfo } from './session-info.ts';
import type { Session } from './session.entity.ts';

/** The tokens of a session. */
export interface TokenPair<User extends object = object> {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  /** Whole seconds from now, at least 0. Needs no clock in step with the server's. */
  readonly accessTokenExpiresIn: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
  readonly session: SessionInfo;
  readonly user: User;
}

/** Signs the tokens that a session's row describes. The same row always gives the same refresh token, byte for byte. */
export async function issueTokens(services: SessionServices, session: Session, subject: Subject): Promise<TokenPair> {
  const user = subject.view();
  const own = await computeHostClaims(services.hostClaims, user);
  const ids = { sub: subject.id, sid: session.id };
  const now = services.clock.now();

  const rotatedAt = toSeconds(session.refreshIssuedAt.getTime());
  // If the clock was stepped back, the row's time is in the future, and such a token would be refused. The id holds the
  // clock's time at the rotation, so a retry gives no younger access token than the first answer did.
  const iat = toSeconds(Math.min(timeOf(session.refreshJti), now));
  const lifetimeEnd = iat + services.settings.accessTokenLifetime / 1000;
  const exp = Math.min(lifetimeEnd, toSeconds(session.expiresAt?.getTime() ?? Infinity));
  const accessToken = services.codec.signAccess({
    ...own,
    ...ids,
    jti: newId(now),
    iat,
    exp,
    roles: subject.roles,
    ver: subject.tokenVersion,
  });

  const refreshToken = services.codec.signRefresh(
    { ...ids, jti: session.refreshJti, iat: rotatedAt, exp: toSeconds(session.refreshExpiresAt.getTime()) },
    session.refreshKeyId,
  );
  return {
    accessToken,
    accessTokenExpiresAt: new Date(exp * 1000),
    accessTokenExpiresIn: Math.max(0, Math.floor((exp * 1000 - now) / 1000)),
    refreshToken,
    refreshTokenExpiresAt: session.refreshExpiresAt,
    session: toSessionInfo(session),
    user,
  };
}

/** The columns of a session's new refresh token: its first, or the successor in a rotation. */
export function planRefreshToken(services: SessionServices, issuedAt: number, sessionExpiresAt: Date | null) {
  const idleEnd = toSeconds(issuedAt) * 1000 + services.settings.refreshTokenLifetime;
  return {
    refreshJti: newId(services.clock.now()),
    refreshKeyId: services.codec.refreshKeyId(),
    refreshIssuedAt: new Date(issuedAt),
    refreshExpiresAt: new Date(Math.min(idleEnd, sessionExpiresAt?.getTime() ?? Infinity)),
  };
}
