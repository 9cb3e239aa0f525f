import type { Device } from '../device.ts';
import type { Caller } from '../sessions/caller.ts';
import type { AuthUser } from '../users/auth-user.ts';
import { removeUser } from '../users/user-store.ts';
import { changeAccount } from './change-account.ts';
import type { AccountServices } from './services.ts';

/**
 * Deletes a user. Every session ends at once. Revoked tokens stay revoked, and security events stay recorded. Throws as
 * `changeAccount` does.
 */
export async function deleteUser(
  services: AccountServices,
  caller: Caller,
  id: string,
  device: Device,
): Promise<AuthUser> {
  return changeAccount(
    services,
    caller,
    id,
    {
      change: ({ deactivatedAt }) => ({ deactivatedAt: deactivatedAt ?? new Date(services.clock.now()) }),
      endReason: 'USER_DELETED',
      eventType: 'USER_DELETED',
      finish: (em) => removeUser(em, id),
    },
    device,
  );
}
