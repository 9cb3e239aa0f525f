import { consumeCode } from '../codes/one-time-code-store.ts';
import type { Device } from '../device.ts';
import { record } from '../events/security-event-store.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import { insertPrepared, type PreparedSession } from '../sessions/open-session.ts';
import { changeUser } from '../users/user-store.ts';
import { NO_PASSWORD, type User } from '../users/user.entity.ts';
import type { CheckedCode } from './check-code.ts';
import type { MailServices } from './mail-services.ts';

/** The user as the owner of the address has it: without the password that a stranger may have chosen. */
export function takenOver(user: User, now: number): User {
  return {
    ...user,
    emailVerifiedAt: new Date(now),
    passwordHash: NO_PASSWORD,
    tokenVersion: user.tokenVersion + 1,
  };
}

/**
 * Gives an account to the owner of its address alone, who has sent a code: the password is void, and every session ends.
 *
 * @param changed - from `takenOver`, possibly with the time of a login.
 * @param prepared - the session that is opened then; null if none is.
 * @returns false if the code was used meanwhile, or the user was changed.
 */
export async function takeOver(
  services: MailServices,
  { code, user }: CheckedCode,
  changed: User,
  prepared: PreparedSession | null,
  device: Device,
): Promise<boolean> {
  const now = services.clock.now();
  const { emailVerifiedAt, passwordHash, lastLoginAt } = changed;
  const ended = await services.database.transaction(async (em) => {
    if (!(await consumeCode(em, code.id, now))) return null;
    if (!(await changeUser(em, user, { emailVerifiedAt, passwordHash, lastLoginAt }, now))) return null;
    await record(em, [{ type: 'EMAIL_VERIFIED', userId: user.id }], device, now);
    const allEnded = await endWithin(em, services, { userId: user.id }, 'EMAIL_VERIFIED', device);
    if (prepared !== null) await insertPrepared(em, services, prepared, 'LOGGED_IN', device);
    return allEnded;
  });
  if (ended === null) return false;
  services.mirror.add(ended);
  services.mirror.raise([changed]);
  return true;
}
