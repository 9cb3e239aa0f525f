import type { Device } from '../device.ts';
import { NotFoundError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import { ADMIN } from '../users/roles.ts';
import { changeUserState } from '../users/user-state-store.ts';
import type { HostLoginServices } from './login-host-user.ts';

/**
 * Deactivates or activates a user whom the host keeps, in the user's state. Deactivation ends every session at once. The user can
 * log in only if the host's own `isActive` allows it too.
 *
 * @throws ForbiddenError unless the caller is an administrator or the operator.
 * @throws NotFoundError if there is no such user.
 */
export async function setHostUserActive(
  services: HostLoginServices,
  caller: Caller,
  id: string,
  isActive: boolean,
  device: Device,
): Promise<object> {
  requireRole(caller, ADMIN);
  const { subjects, database, clock, mirror } = services;
  return retryIfChanged(async (): Promise<object | typeof CHANGED> => {
    const subject = subjects.isId(id) ? await subjects.findForLogin(id) : null;
    if (subject === null) throw new NotFoundError();
    if (subject.isDeactivatedHere !== isActive) return subject.view();
    const now = clock.now();
    const deactivatedAt = isActive ? null : new Date(now);
    const type = isActive ? 'USER_ACTIVATED' : 'USER_DEACTIVATED';
    const ended = await database.transaction(async (em) => {
      if (!(await changeUserState(em, subject, { deactivatedAt }, now))) return CHANGED;
      await record(em, [{ type, userId: id }], device, now);
      return isActive ? [] : endWithin(em, services, { userId: id }, 'USER_DEACTIVATED', device);
    });
    if (ended === CHANGED) return CHANGED;
    mirror.add(ended);
    mirror.raise([{ id, tokenVersion: subject.tokenVersion + 1 }]);
    return subject.view();
  });
}
