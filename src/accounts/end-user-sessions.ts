import type { Device } from '../device.ts';
import { NotFoundError } from '../errors.ts';
import { isId } from '../id.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { findUser } from '../users/user-directory.ts';
import type { AccountParts } from './parts.ts';

/**
 * Ends all sessions of a user; whoever has the password may open new ones.
 *
 * @returns the ids of those that were alive.
 * @throws NotFoundError if there is no such user.
 */
export async function endUserSessions(parts: AccountParts, id: string, device: Device): Promise<string[]> {
  const user = isId(id) ? await parts.database.read((em) => findUser(em, id)) : null;
  if (user === null) throw new NotFoundError();
  return endSessions(parts, { userId: user.id }, 'ENDED_BY_ADMIN', device);
}
