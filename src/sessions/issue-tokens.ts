import { toSeconds } from '../clock.ts';
import { newId, timeOf } from '../id.ts';
import type { User } from '../users/user.entity.ts';
import { computeHostClaims } from './host-claims.ts';
import type { Parts } from './parts.ts';
import type { Session } from './session.entity.ts';

/** The tokens of a session, as they are handed out. */
export interface TokenPair {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
  readonly session: Session;
  readonly user: User;
}

/** Signs what a session's row says. For the same row it gives the same refresh token, to the byte. */
export async function issueTokens(parts: Parts, session: Session, user: User): Promise<TokenPair> {
  const own = await computeHostClaims(parts.hostClaims, user);
  const subject = { sub: user.id, sid: session.id };

  const rotatedAt = toSeconds(session.refreshIssuedAt.getTime());
  // After a clock was stepped back the row's time lies ahead, and a token issued ahead of time would be refused. The id
  // tells the clock's time at the rotation: a retry gives no younger access token than the first answer.
  const iat = toSeconds(Math.min(timeOf(session.refreshJti), parts.clock.now()));
  const lifetimeEnd = iat + parts.settings.accessTokenLifetime / 1000;
  const exp = Math.min(lifetimeEnd, toSeconds(session.expiresAt?.getTime() ?? Infinity));
  const accessToken = parts.codec.signAccess({
    ...own,
    ...subject,
    jti: newId(parts.clock.now()),
    iat,
    exp,
    roles: user.roles,
    ver: user.tokenVersion,
  });

  const refreshToken = parts.codec.signRefresh(
    { ...subject, jti: session.refreshJti, iat: rotatedAt, exp: toSeconds(session.refreshExpiresAt.getTime()) },
    session.refreshKeyId,
  );
  return {
    accessToken,
    accessTokenExpiresAt: new Date(exp * 1000),
    refreshToken,
    refreshTokenExpiresAt: session.refreshExpiresAt,
    session,
    user,
  };
}

/** What a new refresh token of a session is to be, whether the first or a successor. */
export function planRefreshToken(parts: Parts, issuedAt: number, sessionExpiresAt: Date | null) {
  const idleEnd = toSeconds(issuedAt) * 1000 + parts.settings.refreshTokenLifetime;
  return {
    refreshJti: newId(parts.clock.now()),
    refreshKeyId: parts.codec.refreshKeyId(),
    refreshIssuedAt: new Date(issuedAt),
    refreshExpiresAt: new Date(Math.min(idleEnd, sessionExpiresAt?.getTime() ?? Infinity)),
  };
}
