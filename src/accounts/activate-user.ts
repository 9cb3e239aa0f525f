import type { Device } from '../device.ts';
import type { Caller } from '../sessions/caller.ts';
import type { AuthUser } from '../users/auth-user.ts';
import { changeAccount } from './change-account.ts';
import type { AccountServices } from './services.ts';

/** Activates a deactivated user. Ended sessions stay ended. Throws as `changeAccount` does. */
export async function activateUser(
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
      change: ({ deactivatedAt }) => (deactivatedAt === null ? null : { deactivatedAt: null }),
      endReason: null,
      eventType: 'USER_ACTIVATED',
    },
    device,
  );
}
