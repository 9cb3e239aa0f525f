import type { EndReason } from '../blacklist/blacklisted-token.entity.ts';
import { blacklist, type EndedSession } from '../blacklist/blacklist-store.ts';
import type { EntityManager } from '../database.ts';
import type { Device } from '../device.ts';
import { record } from '../events/event-log.ts';
import type { Parts } from './parts.ts';
import { markEnded, type SessionSelection } from './session-store.ts';

/** How much longer than any access token of it the end of a session stands on the blacklist. */
const MARGIN = 60_000;

/** A session that was ended, and whether its time was not over anyway. */
interface SessionEnd extends EndedSession {
  readonly wasAlive: boolean;
}

/**
 * Ends sessions: their rows say so and their tokens are on the blacklist, in one transaction, and this process refuses
 * their tokens at once.
 *
 * @returns the ids of those that were alive.
 */
export async function endSessions(
  parts: Parts,
  selection: SessionSelection,
  reason: EndReason,
  device: Device,
): Promise<string[]> {
  const ended = await parts.database.transaction((em) => endWithin(em, parts, selection, reason, device));
  parts.mirror.add(ended);
  return ended.filter(({ wasAlive }) => wasAlive).map(({ sessionId }) => sessionId);
}

/** The same within a transaction; whoever commits it tells the mirror. */
export async function endWithin(
  em: EntityManager,
  parts: Parts,
  selection: SessionSelection,
  reason: EndReason,
  device: Device,
): Promise<SessionEnd[]> {
  if ('ids' in selection && selection.ids.length === 0) return [];
  const { accessTokenLifetime, leeway } = parts.settings;
  const now = parts.clock.now();
  const rows = (await markEnded(em, selection, reason, now)).map((row) => ({
    ...row,
    // No access token is younger than its session's row says, even where the clock was stepped back since.
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
