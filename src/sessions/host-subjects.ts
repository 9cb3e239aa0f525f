import { NO_DEVICE } from '../device.ts';
import { record } from '../events/security-event-store.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import { findHostUser, type HostUsers, isHostId, type KnownHostUser } from '../users/host-users.ts';
import type { Subject, Subjects } from '../users/subject.ts';
import {
  addUserState,
  changeUserState,
  findUserState,
  lockStateForLogin,
  raiseTokenVersion,
  removeUserState,
} from '../users/user-state-store.ts';
import type { UserState } from '../users/user-state.entity.ts';
import { endWithin } from './end-sessions.ts';
import type { EndReason } from './end-reason.ts';
import type { SessionServices } from './services.ts';
import { hasSessions } from './session-store.ts';

/** A user whom the host keeps. */
export interface HostSubject extends Subject {
  readonly stamp: string;
  readonly passwordHash: string | null;
  /** Whether an administrator has deactivated the user here, whatever the host says. */
  readonly isDeactivatedHere: boolean;
  view(): object;
}

/** The users of the host, each with its state. */
export interface HostSubjects extends Subjects {
  find(id: string): Promise<HostSubject | null>;
  /** Makes the state of the user if there is none. */
  findForLogin(id: string): Promise<HostSubject | null>;
  /** Acts on a change of the user that the host reports. All sessions end if there is a reason. */
  change(id: string, endReason: EndReason | null): Promise<void>;
  /** Acts on a deletion that the host reports. */
  remove(id: string): Promise<void>;
}

type Services = Pick<SessionServices, 'settings' | 'clock' | 'database' | 'mirror'>;

/**
 * Joins the host's users with their states. The state is read before the host's user: whatever the host changes and reports after
 * that raises the version, and what was decided with the older one does not count. What the host does not report is found here.
 */
export function createHostSubjects(services: Services, users: HostUsers): HostSubjects {
  const { database } = services;

  async function find(id: string, known: UserState | null = null): Promise<HostSubject | null> {
    let row = known;
    return retryIfChanged(async (): Promise<HostSubject | null | typeof CHANGED> => {
      const state = row ?? (await database.read((em) => findUserState(em, id)));
      row = null;
      if (state === null) return null;
      const user = await findHostUser(users, id);
      if (user === null) return remove(services, id).then(() => null);
      if (user.stamp !== state.stamp) return restart(services, state, user.stamp).then(() => CHANGED);
      if (!user.isActive) await endSessionsOf(services, state);
      return toHostSubject(state, user);
    });
  }

  return Object.freeze({
    isId: isHostId,
    find: (id) => find(id),
    fromRow: (row) => find(row.id, row as UserState),
    async findForLogin(id) {
      const state = await database.read((em) => findUserState(em, id));
      if (state === null) {
        const user = await findHostUser(users, id);
        if (user === null) return null;
        await database.transaction((em) => addUserState(em, user));
      }
      return find(id);
    },
    lockForLogin: (em, subject, now) => lockStateForLogin(em, subject as HostSubject, now),
    async change(id, endReason) {
      const done = await database.transaction(async (em) => {
        const raised = await raiseTokenVersion(em, id, services.clock.now());
        if (raised === null) return null;
        const ended = endReason === null ? [] : await endWithin(em, services, { userId: id }, endReason, NO_DEVICE);
        return { raised, ended };
      });
      if (done === null) return;
      services.mirror.add(done.ended);
      services.mirror.raise([done.raised]);
      await find(id);
    },
    remove: (id) => remove(services, id),
  } satisfies HostSubjects);
}

function toHostSubject(
  state: UserState,
  { id, stamp, roles, isActive, passwordHash, user }: KnownHostUser,
): HostSubject {
  return {
    id,
    stamp,
    tokenVersion: state.tokenVersion,
    roles,
    isActive: isActive && state.deactivatedAt === null,
    isDeactivatedHere: state.deactivatedAt !== null,
    hasLoggedIn: state.lastLoginAt !== null,
    passwordHash,
    view: () => user,
  };
}

/** Ends all sessions of a user whom the host has deleted, and forgets the user. */
async function remove(services: Services, id: string): Promise<void> {
  const ended = await services.database.transaction(async (em) => {
    const sessions = await endWithin(em, services, { userId: id }, 'USER_DELETED', NO_DEVICE);
    if (sessions.length > 0) await record(em, [{ type: 'USER_DELETED', userId: id }], NO_DEVICE, services.clock.now());
    await removeUserState(em, id);
    return sessions;
  });
  services.mirror.add(ended);
}

/** Begins anew with an id that the host has given to another user. The sessions of the earlier one end. */
async function restart(services: Services, state: UserState, stamp: string): Promise<void> {
  const now = services.clock.now();
  const ended = await services.database.transaction(async (em) => {
    const change = { stamp, deactivatedAt: null, lastLoginAt: null };
    if (!(await changeUserState(em, state, change, now))) return [];
    return endWithin(em, services, { userId: state.id }, 'USER_DELETED', NO_DEVICE);
  });
  services.mirror.add(ended);
}

/** Ends the sessions of a user whom the host has deactivated without a report. A login under way does not count either. */
async function endSessionsOf(services: Services, state: UserState): Promise<void> {
  // A refused login comes here too, and should take no longer than others.
  if (!(await services.database.read((em) => hasSessions(em, state.id)))) return;
  const now = services.clock.now();
  const ended = await services.database.transaction(async (em) => {
    const sessions = await endWithin(em, services, { userId: state.id }, 'USER_DEACTIVATED', NO_DEVICE);
    if (sessions.length > 0) await changeUserState(em, state, {}, now);
    return sessions;
  });
  services.mirror.add(ended);
}
