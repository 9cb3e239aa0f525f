import type { EndReason } from '../blacklist/blacklisted-token.entity.ts';
import type { EndedSession } from '../blacklist/blacklist-store.ts';
import type { EntityManager } from '../database.ts';
import type { Device } from '../device.ts';
import { BadUserInputError, InputRefusalReason, NotFoundError, ServiceUnavailableError } from '../errors.ts';
import type { AuthEventType } from '../events/auth-event.entity.ts';
import { record } from '../events/event-log.ts';
import { isId } from '../id.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import { changeUser, findUser, lockAdministrators } from '../users/user-directory.ts';
import { ADMIN, type User } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';

/** What an administrator does to an account. */
export interface AccountChange {
  /** What the account is from now on, or null where it is so already. */
  readonly change: (user: User) => Partial<Pick<User, 'roles' | 'deactivatedAt'>> | null;
  /** Why its sessions end; null where they go on. */
  readonly endReason: EndReason | null;
  readonly eventType: AuthEventType;
  /** What else belongs to it, in the same transaction. */
  readonly finish?: (em: EntityManager) => Promise<void>;
}

const MOST_ATTEMPTS = 3;

/**
 * Changes an account: all of it, what becomes of its sessions included, or nothing. Older access tokens are out of date
 * from then on. Where there is nothing to change, nothing happens.
 *
 * @throws NotFoundError if there is no such user.
 * @throws BadUserInputError with LAST_ADMINISTRATOR if nobody would be left to administrate.
 */
export async function changeAccount(
  parts: AccountParts,
  id: string,
  { change, endReason, eventType, finish }: AccountChange,
  device: Device,
): Promise<User> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const user = isId(id) ? await parts.database.read((em) => findUser(em, id)) : null;
    if (user === null) throw new NotFoundError();
    const changes = change(user);
    if (changes === null) return user;
    const now = parts.clock.now();
    const changed = { ...user, ...changes, tokenVersion: user.tokenVersion + 1 };
    const ended = await parts.database.transaction(async (em): Promise<EndedSession[] | null> => {
      if (isAdministrator(user) && !isAdministrator(changed)) await refuseIfLast(em, user);
      if (!(await changeUser(em, user, changes, now))) return null;
      await record(em, [{ type: eventType, userId: user.id }], device, now);
      const sessions = endReason === null ? [] : await endWithin(em, parts, { userId: user.id }, endReason, device);
      await finish?.(em);
      return sessions;
    });
    if (ended === null) continue;
    parts.mirror.add(ended);
    parts.mirror.raise([changed]);
    return changed;
  }
  throw new ServiceUnavailableError();
}

async function refuseIfLast(em: EntityManager, user: User): Promise<void> {
  const administrators = await lockAdministrators(em);
  if (administrators.some((id) => id !== user.id)) return;
  throw new BadUserInputError([{ path: 'input.id', reason: InputRefusalReason.LAST_ADMINISTRATOR }]);
}

function isAdministrator(user: Pick<User, 'roles' | 'deactivatedAt'>): boolean {
  return user.deactivatedAt === null && user.roles.includes(ADMIN);
}
