import { isRotated } from '../blacklist/blacklist-store.ts';
import { toSeconds } from '../clock.ts';
import type { Device } from '../device.ts';
import { ServiceUnavailableError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { TokenRefusalReason } from '../reasons.ts';
import type { RefreshClaims } from '../tokens/claims.ts';
import { endWithin } from './end-sessions.ts';
import { limitRefusals } from './limit-refusals.ts';
import { notify } from './notify.ts';
import type { SessionServices } from './services.ts';
import { findSession } from './session-store.ts';
import type { Session } from './session.entity.ts';

/** Whether a refresh token is the current one of its session, or why it is refused. */
export interface Judgement {
  readonly verdict: 'CURRENT' | TokenRefusalReason;
  readonly session: Session | null;
}

/** Compares a refresh token, whose signature is ours, with its session's row. */
export async function judgeRefreshToken(services: SessionServices, presented: RefreshClaims): Promise<Judgement> {
  return services.database.read(async (em) => {
    const session = await findSession(em, presented.sid);
    // The signature is ours, so the session existed: its user was deleted.
    if (session === null) return { verdict: TokenRefusalReason.TOKEN_REVOKED, session };
    // Signed with our key, but not by us: the key has leaked, or another program uses it.
    if (session.user !== presented.sub) return { verdict: TokenRefusalReason.TOKEN_INVALID, session: null };
    if (session.endedAt !== null) return { verdict: TokenRefusalReason.TOKEN_REVOKED, session };
    if (session.refreshJti === presented.jti)
      return { verdict: isOver(services, session) ? 'TOKEN_EXPIRED' : 'CURRENT', session };
    if (session.previousRefreshJti === presented.jti)
      return { verdict: isFresh(services, session) ? 'TOKEN_ROTATED' : 'TOKEN_REUSED', session };
    const rowIssuedAt = toSeconds(session.refreshIssuedAt.getTime());
    // Within one second, only the blacklist tells which token is older. Rows are missing for rotations from before the
    // setting was on.
    const isOlder =
      presented.iat < rowIssuedAt ||
      (services.settings.blacklistAfterRotation ? await isRotated(em, presented.jti) : presented.iat === rowIssuedAt);
    // Neither current nor superseded: the database was restored from a backup older than the token.
    return { verdict: isOlder ? TokenRefusalReason.TOKEN_REUSED : TokenRefusalReason.TOKEN_INVALID, session };
  });
}

/**
 * Acts on a refresh token that is refused, and counts the refusal. Within the reuse leeway, a superseded token is only put on
 * record. After it, two parties hold tokens of the session and nobody can tell which is the thief. The session ends, and that
 * is committed although the request fails.
 *
 * @throws RateLimitedError if the client has got too many refusals.
 */
export async function answerRefusal(
  services: SessionServices,
  presented: RefreshClaims,
  { verdict, session }: Judgement,
  device: Device,
): Promise<void> {
  if (session !== null && verdict === TokenRefusalReason.TOKEN_REUSED)
    await endReusedSession(services, presented, session, device);
  // Before the record, so that a flood of refusals does not fill the database.
  await limitRefusals(services, device);
  if (session !== null && verdict === TokenRefusalReason.TOKEN_ROTATED) await recordRotated(services, session, device);
}

async function endReusedSession(
  services: SessionServices,
  presented: RefreshClaims,
  session: Session,
  device: Device,
): Promise<void> {
  const cause = session.previousRefreshJti === presented.jti ? 'PREVIOUS' : 'OLDER';
  const event = { type: 'REUSE_DETECTED' as const, userId: session.user, sessionId: session.id, cause };
  const ended = await services.database.transaction(async (em) => {
    await record(em, [event], device, services.clock.now());
    await notify(em, services, 'REUSE_DETECTED', session, device);
    return endWithin(em, services, { ids: [session.id] }, 'TOKEN_REUSED', device);
  });
  services.mirror.add(ended);
}

/** The token is refused even if the event cannot be recorded. */
async function recordRotated({ database, clock }: SessionServices, session: Session, device: Device): Promise<void> {
  const event = { type: 'REFRESH_REFUSED_AS_ROTATED' as const, userId: session.user, sessionId: session.id };
  const recording = database.transaction((em) => record(em, [event], device, clock.now()));
  await recording.catch((error: unknown) => {
    if (!(error instanceof ServiceUnavailableError)) throw error;
  });
}

/** Two tabs of one browser often race. Within the reuse leeway, the loser's session lives. */
function isFresh(services: SessionServices, session: Session): boolean {
  return services.clock.now() - session.refreshIssuedAt.getTime() <= services.settings.reuseLeeway;
}

/** Whether the session has passed its idle or its absolute limit. */
export function isOver(services: SessionServices, session: Session): boolean {
  const now = services.clock.now();
  if (session.expiresAt !== null && session.expiresAt.getTime() <= now) return true;
  return session.refreshExpiresAt.getTime() <= now - services.settings.leeway;
}
