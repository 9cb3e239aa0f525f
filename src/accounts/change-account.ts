import type { EndedSession } from '../blacklist/blacklist-store.ts';
import type { EntityManager } from '../database/tables.ts';
import type { Device } from '../device.ts';
import { BadUserInputError, NotFoundError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import type { SecurityEventType } from '../events/security-event-type.ts';
import { isId } from '../id.ts';
import { InputRefusalReason } from '../reasons.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import type { EndReason } from '../sessions/end-reason.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import { type AuthUser, toAuthUser } from '../users/auth-user.ts';
import { ADMIN } from '../users/roles.ts';
import { changeUser, findUser, lockAdministrators } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import type { AccountServices } from './services.ts';

/** Something that an administrator does to an account. */
export interface AccountChange {
  /** The columns to change; null if the account needs no change. */
  readonly change: (user: User) => Partial<Pick<User, 'roles' | 'deactivatedAt'>> | null;
  /** Why the account's sessions end; null if they go on. */
  readonly endReason: EndReason | null;
  readonly eventType: SecurityEventType;
  /** Further work in the same transaction. */
  readonly finish?: (em: EntityManager) => Promise<void>;
}

/**
 * Changes an account and, if the change requires it, ends its sessions, all in one transaction. Older access tokens are
 * outdated from then on.
 *
 * @throws ForbiddenError unless the caller is an administrator or the operator.
 * @throws NotFoundError if there is no such user.
 * @throws BadUserInputError with LAST_ADMINISTRATOR if no active administrator would be left.
 */
export async function changeAccount(
  services: AccountServices,
  caller: Caller,
  id: string,
  { change, endReason, eventType, finish }: AccountChange,
  device: Device,
): Promise<AuthUser> {
  requireRole(caller, ADMIN);
  return retryIfChanged(async (): Promise<AuthUser | typeof CHANGED> => {
    const user = isId(id) ? await services.database.read((em) => findUser(em, id)) : null;
    if (user === null) throw new NotFoundError();
    const changes = change(user);
    if (changes === null) return toAuthUser(user);
    const now = services.clock.now();
    const changed = { ...user, ...changes, tokenVersion: user.tokenVersion + 1 };
    const ended = await services.database.transaction(async (em): Promise<EndedSession[] | typeof CHANGED> => {
      if (isAdministrator(user) && !isAdministrator(changed)) await refuseIfLast(em, user);
      if (!(await changeUser(em, user, changes, now))) return CHANGED;
      await record(em, [{ type: eventType, userId: user.id }], device, now);
      const sessions = endReason === null ? [] : await endWithin(em, services, { userId: user.id }, endReason, device);
      await finish?.(em);
      return sessions;
    });
    if (ended === CHANGED) return CHANGED;
    services.mirror.add(ended);
    services.mirror.raise([changed]);
    return toAuthUser(changed);
  });
}

async function refuseIfLast(em: EntityManager, user: User): Promise<void> {
  const administrators = await lockAdministrators(em);
  if (administrators.some((id) => id !== user.id)) return;
  throw new BadUserInputError([{ path: 'input.id', reason: InputRefusalReason.LAST_ADMINISTRATOR }]);
}

function isAdministrator(user: Pick<User, 'roles' | 'deactivatedAt'>): boolean {
  return user.deactivatedAt === null && user.roles.includes(ADMIN);
}
