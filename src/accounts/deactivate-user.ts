import type { Device } from '../device.ts';
import type { Caller } from '../sessions/caller.ts';
import type { AuthUser } from '../users/auth-user.ts';
import type { User } from '../users/user.entity.ts';
import { changeAccount } from './change-account.ts';
import type { AccountServices } from './services.ts';

/** Deactivates a user. Every session ends at once, and no new one can be opened. Throws as `changeAccount` does. */
export async function deactivateUser(
  services: AccountServices,
  caller: Caller,
  id: string,
  device: Device,
): Promise<AuthUser> {
  const now = new Date(services.clock.now());
  return changeAccount(
    services,
    caller,
    id,
    {
      change: ({ deactivatedAt }: User) => (deactivatedAt === null ? { deactivatedAt: now } : null),
      endReason: 'USER_DEACTIVATED',
      eventType: 'USER_DEACTIVATED',
    },
    device,
  );
}
