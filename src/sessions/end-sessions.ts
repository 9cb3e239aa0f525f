import { blacklist, type EndedSession } from '../blacklist/blacklist-store.ts';
import type { EntityManager } from '../database/tables.ts';
import type { Device } from '../device.ts';
import { record } from '../events/security-event-store.ts';
import type { EndReason } from './end-reason.ts';
import type { SessionServices } from './services.ts';
import { markEnded, type SessionSelection } from './session-store.ts';

/** The end of a session stays on the blacklist this much longer than any of its access tokens lives. */
const MARGIN = 60_000;

/** A session that was ended. `wasAlive` is false if it had expired anyway. */
interface SessionEnd extends EndedSession {
  readonly wasAlive: boolean;
}

/**
 * Ends sessions. One transaction marks their rows and puts their tokens on the blacklist. This process then refuses their
 * tokens at once.
 *
 * @returns the ids of the sessions that were alive.
 */
export async function endSessions(
  services: SessionServices,
  selection: SessionSelection,
  reason: EndReason,
  device: Device,
): Promise<string[]> {
  const ended = await services.database.transaction((em) => endWithin(em, services, selection, reason, device));
  services.mirror.add(ended);
  return ended.filter(({ wasAlive }) => wasAlive).map(({ sessionId }) => sessionId);
}

/** Ends sessions within a transaction. The caller adds them to the mirror after the commit. */
export async function endWithin(
  em: EntityManager,
  services: Pick<SessionServices, 'settings' | 'clock'>,
  selection: SessionSelection,
  reason: EndReason,
  device: Device,
): Promise<SessionEnd[]> {
  if ('ids' in selection && selection.ids.length === 0) return [];
  const { accessTokenLifetime, leeway } = services.settings;
  const now = services.clock.now();
  const rows = (await markEnded(em, selection, reason, now)).map((row) => ({
    ...row,
    // No access token is younger than its session's row says, even if the clock was stepped back since.
    barredUntil: new Date(Math.max(now, row.refreshIssuedAt.getTime()) + accessTokenLifetime + leeway + MARGIN),
    wasAlive: row.refreshExpiresAt.getTime() > now - leeway,
  }));
  const entries = rows.map(({ id, refreshJti, barredUntil }) => ({
    jti: refreshJti,
    sessionId: id,
    reason,
    expiresAt: barredUntil,
  }));
  await blacklist(em, entries, now);
  const events = rows
    .filter(({ wasAlive }) => wasAlive)
    .map(({ id, user }) => ({ type: 'SESSION_ENDED' as const, userId: user, sessionId: id, cause: reason }));
  await record(em, events, device, now);
  return rows.map(({ id, barredUntil, wasAlive }) => ({ sessionId: id, expiresAt: barredUntil, wasAlive }));
}
