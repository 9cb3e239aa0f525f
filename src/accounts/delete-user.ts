import type { Device } from '../device.ts';
import { removeUser } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import { changeAccount } from './change-account.ts';
import type { AccountParts } from './parts.ts';

/** Deletes somebody. Every session ends at once; what was revoked stays revoked, and what happened stays on record. */
export async function deleteUser(parts: AccountParts, id: string, device: Device): Promise<User> {
  return changeAccount(
    parts,
    id,
    {
      change: ({ deactivatedAt }) => ({ deactivatedAt: deactivatedAt ?? new Date(parts.clock.now()) }),
      endReason: 'USER_DELETED',
      eventType: 'USER_DELETED',
      finish: (em) => removeUser(em, id),
    },
    device,
  );
}
