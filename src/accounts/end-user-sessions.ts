import type { Device } from '../device.ts';
import { NotFoundError } from '../errors.ts';
import { isId } from '../id.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { ADMIN } from '../users/roles.ts';
import { findUser } from '../users/user-store.ts';
import type { AccountServices } from './services.ts';

/**
 * Ends all sessions of a user, who may open new ones with the password.
 *
 * @returns the ids of the sessions that were alive.
 * @throws ForbiddenError unless the caller is an administrator or the operator.
 * @throws NotFoundError if there is no such user.
 */
export async function endUserSessions(
  services: AccountServices,
  caller: Caller,
  id: string,
  device: Device,
): Promise<string[]> {
  requireRole(caller, ADMIN);
  const user = isId(id) ? await services.database.read((em) => findUser(em, id)) : null;
  if (user === null) throw new NotFoundError();
  return endSessions(services, { userId: user.id }, 'ENDED_BY_ADMIN', device);
}
