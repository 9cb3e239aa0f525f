import { isRotated } from '../blacklist/blacklist-store.ts';
import { toSeconds } from '../clock.ts';
import { ServiceUnavailableError, TokenRefusalReason } from '../errors.ts';
import type { Device } from '../device.ts';
import { record } from '../events/event-log.ts';
import type { RefreshClaims } from '../tokens/claims.ts';
import { endWithin } from './end-sessions.ts';
import type { Parts } from './parts.ts';
import { findSession } from './session-store.ts';
import type { Session } from './session.entity.ts';

/** How a refresh token stands to its session: `CURRENT`, or what it is refused for. */
export interface Judgement {
  readonly verdict: 'CURRENT' | TokenRefusalReason;
  readonly session: Session | null;
}

/** Holds a refresh token that bears our signature against its session's row. */
export async function judgeRefreshToken(parts: Parts, presented: RefreshClaims): Promise<Judgement> {
  return parts.database.read(async (em) => {
    const session = await findSession(em, presented.sid);
    // The signature is ours, so there was a session: its user was deleted.
    if (session === null) return { verdict: TokenRefusalReason.TOKEN_REVOKED, session };
    if (session.endedAt !== null) return { verdict: TokenRefusalReason.TOKEN_REVOKED, session };
    if (session.refreshJti === presented.jti)
      return { verdict: isOver(parts, session) ? 'TOKEN_EXPIRED' : 'CURRENT', session };
    if (session.previousRefreshJti === presented.jti)
      return { verdict: isFresh(parts, session) ? 'TOKEN_ROTATED' : 'TOKEN_REUSED', session };
    const rowIssuedAt = toSeconds(session.refreshIssuedAt.getTime());
    // The blacklist settles what was issued within one second. Rows may be missing from before they were asked for.
    const isOlder =
      presented.iat < rowIssuedAt ||
      (parts.settings.blacklistAfterRotation ? await isRotated(em, presented.jti) : presented.iat === rowIssuedAt);
    // Neither current nor superseded: the database was restored from a backup that is older than the token.
    return { verdict: isOlder ? TokenRefusalReason.TOKEN_REUSED : TokenRefusalReason.TOKEN_INVALID, session };
  });
}

/**
 * Acts on the judgement of a superseded token. One that was exchanged long ago, or more than once ago, is in two hands,
 * and nobody can say whose the session is: it ends, although the request that showed it fails.
 */
export async function answerMisuse(
  parts: Parts,
  presented: RefreshClaims,
  judgement: Judgement,
  device: Device,
): Promise<void> {
  const { verdict, session } = judgement;
  if (session === null) return;
  const event = { userId: session.user, sessionId: session.id };
  const now = parts.clock.now();
  if (verdict === TokenRefusalReason.TOKEN_ROTATED) {
    const recording = parts.database.transaction((em) =>
      record(em, [{ ...event, type: 'REFRESH_REFUSED_AS_ROTATED' }], device, now),
    );
    // It is refused, whether that can be written down or not.
    await recording.catch((error: unknown) => {
      if (!(error instanceof ServiceUnavailableError)) throw error;
    });
  }
  if (verdict === TokenRefusalReason.TOKEN_REUSED) {
    const cause = session.previousRefreshJti === presented.jti ? 'PREVIOUS' : 'OLDER';
    const ended = await parts.database.transaction(async (em) => {
      await record(em, [{ ...event, type: 'REUSE_DETECTED', cause }], device, now);
      return endWithin(em, parts, { ids: [session.id] }, 'TOKEN_REUSED', device);
    });
    parts.mirror.add(ended);
  }
}

/** Two tabs of one browser often race; within the leeway the loser's session lives. */
function isFresh(parts: Parts, session: Session): boolean {
  return parts.clock.now() - session.refreshIssuedAt.getTime() <= parts.settings.reuseLeeway;
}

function isOver(parts: Parts, session: Session): boolean {
  const now = parts.clock.now();
  if (session.expiresAt !== null && session.expiresAt.getTime() <= now) return true;
  return session.refreshExpiresAt.getTime() <= now - parts.settings.leeway;
}
