import type { Device } from '../device.ts';
import type { Caller } from '../sessions/caller.ts';
import type { AuthUser } from '../users/auth-user.ts';
import { areSameRoles, parseRoles } from '../users/roles.ts';
import type { User } from '../users/user.entity.ts';
import { changeAccount } from './change-account.ts';
import type { AccountServices } from './services.ts';

/** Replaces a user's roles, effective at once. No session ends. Throws as `changeAccount` does. */
export async function setUserRoles(
  services: AccountServices,
  caller: Caller,
  id: string,
  roles: readonly string[],
  device: Device,
): Promise<AuthUser> {
  const given = parseRoles(roles);
  return changeAccount(
    services,
    caller,
    id,
    {
      change: (user: User) => (areSameRoles(user.roles, given) ? null : { roles: given }),
      endReason: null,
      eventType: 'ROLES_CHANGED',
    },
    device,
  );
}
