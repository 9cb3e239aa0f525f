import type { Device } from '../device.ts';
import { BadUserInputError, InputRefusalReason } from '../errors.ts';
import type { User } from '../users/user.entity.ts';
import { changeAccount } from './change-account.ts';
import type { AccountParts } from './parts.ts';

const ROLE = /^[A-Za-z0-9_.:-]{1,64}$/;
const MOST_ROLES = 32;

/** Gives a user these roles and no others, in force at once; no session ends. */
export async function setUserRoles(
  parts: AccountParts,
  id: string,
  roles: readonly string[],
  device: Device,
): Promise<User> {
  const given = checkRoles(roles);
  const change = (user: User) => (isSame(user.roles, given) ? null : { roles: given });
  return changeAccount(parts, id, { change, endReason: null, eventType: 'ROLES_CHANGED' }, device);
}

/**
 * Checks a list of roles, and leaves each in it once.
 *
 * @throws BadUserInputError if one cannot be a role, or there are too many.
 */
export function checkRoles(roles: readonly string[]): string[] {
  const once = [...new Set(roles)];
  if (once.length <= MOST_ROLES && once.every((role) => ROLE.test(role))) return once;
  throw new BadUserInputError([{ path: 'input.roles', reason: InputRefusalReason.ROLE_INVALID }]);
}

/** Whatever their order: each is there once. */
function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((role) => others.includes(role));
}
