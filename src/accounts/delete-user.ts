import { removeCodes } from '../codes/one-time-code-store.ts';
import type { Device } from '../device.ts';
import { isReferenceViolation } from '../database/driver-errors.ts';
import { BadUserInputError } from '../errors.ts';
import { InputRefusalReason } from '../reasons.ts';
import type { Caller } from '../sessions/caller.ts';
import type { AuthUser } from '../users/auth-user.ts';
import { removeUser } from '../users/user-store.ts';
import { changeAccount } from './change-account.ts';
import type { AccountServices } from './services.ts';

/**
 * Deletes a user. Every session ends at once. Revoked tokens stay revoked, and security events stay recorded. Throws as
 * `changeAccount` does.
 *
 * @throws BadUserInputError with USER_REFERENCED if a host's row refers to the user and has no delete rule. Nothing changes.
 */
export async function deleteUser(
  services: AccountServices,
  caller: Caller,
  id: string,
  device: Device,
): Promise<AuthUser> {
  const deletion = changeAccount(
    services,
    caller,
    id,
    {
      change: ({ deactivatedAt }) => ({ deactivatedAt: deactivatedAt ?? new Date(services.clock.now()) }),
      endReason: 'USER_DELETED',
      eventType: 'USER_DELETED',
      async finish(em) {
        // One of them may reserve an address.
        await removeCodes(em, id);
        await removeUser(em, id);
      },
    },
    device,
  );
  return deletion.catch((error: unknown) => {
    if (!isReferenceViolation(error)) throw error;
    throw new BadUserInputError([{ path: 'input.id', reason: InputRefusalReason.USER_REFERENCED }]);
  });
}
