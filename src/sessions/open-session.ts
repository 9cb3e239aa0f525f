import type { EntityManager } from '../database/tables.ts';
import type { TokenDelivery } from '../delivery.ts';
import type { Device } from '../device.ts';
import { record } from '../events/security-event-store.ts';
import type { SecurityEventType } from '../events/security-event-type.ts';
import { newId } from '../id.ts';
import { CHANGED } from '../retry.ts';
import type { Subject } from '../users/subject.ts';
import { endWithin } from './end-sessions.ts';
import { issueTokens, planRefreshToken, type TokenPair } from './issue-tokens.ts';
import { findKnownDevices, isSameDevice } from './known-devices.ts';
import { notify } from './notify.ts';
import type { SessionServices } from './services.ts';
import { findSurplusSessions, insertSession } from './session-store.ts';
import type { Session } from './session.entity.ts';

/** The device that a session is opened for, and how the tokens reach it. */
export interface Opening {
  readonly device: Device;
  readonly delivery: TokenDelivery;
}

/** A session whose row is still to be inserted, and its first tokens. */
export interface PreparedSession {
  readonly session: Session;
  readonly pair: TokenPair;
}

/**
 * Opens a session for a user whose identity has been proved. If the user has too many, the oldest ends.
 *
 * @param consumeProof - uses the proof up in the same transaction, and says whether it was still good.
 * @returns CHANGED if the proof was not good any more, or the user was changed since it was read: the proof may no longer hold.
 */
export async function openSession(
  services: SessionServices,
  subject: Subject,
  opening: Opening,
  consumeProof: (em: EntityManager) => Promise<boolean> = async () => true,
): Promise<TokenPair | typeof CHANGED> {
  const now = services.clock.now();
  const { maxSessions, leeway } = services.settings;
  const loggedIn = { ...subject, view: () => subject.view(new Date(now)) };
  const prepared = await prepareSession(services, loggedIn, opening);
  const isNewDevice = await isToBeNoticed(services, subject, opening.device);
  const ended = await services.database.transaction(async (em) => {
    if (!(await consumeProof(em)) || !(await services.subjects.lockForLogin(em, subject, now))) return CHANGED;
    const surplus = await findSurplusSessions(em, subject.id, maxSessions - 1, now - leeway);
    const surplusEnded = await endWithin(em, services, { ids: surplus }, 'SESSION_LIMIT', opening.device);
    await insertPrepared(em, services, prepared, 'LOGGED_IN', opening.device);
    if (isNewDevice) await notify(em, services, 'NEW_DEVICE', prepared.session, opening.device);
    return surplusEnded;
  });
  if (ended === CHANGED) return CHANGED;
  services.mirror.add(ended);
  return prepared.pair;
}

/** Whether somebody who has logged in before does so from a new device, and is to be told. */
async function isToBeNoticed(
  { database, settings }: SessionServices,
  { id, hasLoggedIn }: Subject,
  device: Device,
): Promise<boolean> {
  if (!hasLoggedIn || !settings.notices.includes('NEW_DEVICE')) return false;
  const known = await database.read((em) => findKnownDevices(em, id));
  return !known.some((each) => isSameDevice(each, device));
}

/** Makes a session and signs its first tokens. Nothing is written. */
export async function prepareSession(
  services: SessionServices,
  subject: Subject,
  opening: Opening,
): Promise<PreparedSession> {
  const session = newSession(services, subject, opening);
  return { session, pair: await issueTokens(services, session, subject) };
}

/** Inserts a prepared session and records why it was opened. */
export async function insertPrepared(
  em: EntityManager,
  services: SessionServices,
  { session }: PreparedSession,
  type: SecurityEventType,
  device: Device,
): Promise<void> {
  await insertSession(em, session);
  await record(em, [{ type, userId: session.user, sessionId: session.id }], device, services.clock.now());
}

function newSession(services: SessionServices, { id: user }: Subject, { device, delivery }: Opening): Session {
  const now = services.clock.now();
  const { sessionLifetime } = services.settings;
  const expiresAt = sessionLifetime === null ? null : new Date(Math.floor(now / 1000) * 1000 + sessionLifetime);
  return {
    id: newId(now),
    user,
    delivery,
    ...planRefreshToken(services, now, expiresAt),
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
