import type { EntityManager } from '../database.ts';
import type { Device } from '../device.ts';
import { type EventEntry, record } from '../events/event-log.ts';
import { newId } from '../id.ts';
import { lockUserForLogin } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import type { TokenDelivery } from './delivery.ts';
import { endWithin } from './end-sessions.ts';
import { issueTokens, planRefreshToken, type TokenPair } from './issue-tokens.ts';
import type { Parts } from './parts.ts';
import { findSurplusSessions, insertSession } from './session-store.ts';
import type { Session } from './session.entity.ts';

/** For which device a session is opened, and how it gets its tokens. */
export interface Opening {
  readonly device: Device;
  readonly delivery: TokenDelivery;
}

/**
 * Opens a session for a user whose identity has been proved, and ends the oldest where there are too many.
 *
 * @returns null if the user is not as it was read any more: what was proved may not hold.
 */
export async function openSession(parts: Parts, user: User, opening: Opening): Promise<TokenPair | null> {
  const now = parts.clock.now();
  const pair = await prepareSession(parts, user, opening);
  const ended = await parts.database.transaction(async (em) => {
    if (!(await lockUserForLogin(em, user, now))) return null;
    const surplus = await findSurplusSessions(em, user.id, parts.settings.maxSessions - 1, now - parts.settings.leeway);
    const surplusEnded = await endWithin(em, parts, { ids: surplus }, 'SESSION_LIMIT', opening.device);
    await insertFirstPair(em, parts, pair, 'LOGGED_IN', opening.device);
    return surplusEnded;
  });
  if (ended === null) return null;
  parts.mirror.add(ended);
  return { ...pair, user: { ...user, lastLoginAt: new Date(now) } };
}

/** Makes the first pair of a session whose row is still to be inserted. */
export async function prepareSession(parts: Parts, user: User, opening: Opening): Promise<TokenPair> {
  return issueTokens(parts, newSession(parts, user, opening), user);
}

/** Writes what was prepared, and puts on record what it was opened for. */
export async function insertFirstPair(
  em: EntityManager,
  parts: Parts,
  { session, user }: TokenPair,
  type: EventEntry['type'],
  device: Device,
): Promise<void> {
  await insertSession(em, session);
  await record(em, [{ type, userId: user.id, sessionId: session.id }], device, parts.clock.now());
}

function newSession(parts: Parts, user: User, { device, delivery }: Opening): Session {
  const now = parts.clock.now();
  const { sessionLifetime } = parts.settings;
  const expiresAt = sessionLifetime === null ? null : new Date(Math.floor(now / 1000) * 1000 + sessionLifetime);
  return {
    id: newId(now),
    user: user.id,
    delivery,
    ...planRefreshToken(parts, now, expiresAt),
    expiresAt,
    previousRefreshJti: null,
    retryKeyHash: null,
    createdAt: new Date(now),
    userAgent: device.userAgent,
    ipAddress: device.ipAddress,
    endedAt: null,
    endReason: null,
  };
}
