import type { Device } from '../device.ts';
import { NotFoundError } from '../errors.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { ADMIN } from '../users/roles.ts';
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
  const { subjects } = services;
  const subject = subjects.isId(id) ? await subjects.find(id) : null;
  if (subject === null) throw new NotFoundError();
  return endSessions(services, { userId: subject.id }, 'ENDED_BY_ADMIN', device);
}
