import type { Device } from '../device.ts';
import type { User } from '../users/user.entity.ts';
import { changeAccount } from './change-account.ts';
import type { AccountParts } from './parts.ts';

/** Locks somebody out: every session ends at once, and no new one can be opened. */
export async function deactivateUser(parts: AccountParts, id: string, device: Device): Promise<User> {
  const now = new Date(parts.clock.now());
  const change = ({ deactivatedAt }: User) => (deactivatedAt === null ? { deactivatedAt: now } : null);
  return changeAccount(parts, id, { change, endReason: 'USER_DEACTIVATED', eventType: 'USER_DEACTIVATED' }, device);
}

/** Lets somebody in again. What has ended stays ended. */
export async function activateUser(parts: AccountParts, id: string, device: Device): Promise<User> {
  return changeAccount(
    parts,
    id,
    {
      change: ({ deactivatedAt }) => (deactivatedAt === null ? null : { deactivatedAt: null }),
      endReason: null,
      eventType: 'USER_ACTIVATED',
    },
    device,
  );
}
