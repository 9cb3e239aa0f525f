import { BadUserInputError } from '../errors.ts';
import { InputRefusalReason } from '../reasons.ts';

/** The only role that this library itself uses. */
export const ADMIN = 'ADMIN';

const ROLE = /^[A-Za-z0-9_.:-]{1,64}$/;
const MOST_ROLES = 32;

/**
 * Checks a list of roles and removes duplicates.
 *
 * @throws BadUserInputError if one is not a valid role, or there are too many.
 */
export function parseRoles(roles: readonly string[]): string[] {
  const unique = [...new Set(roles)];
  if (unique.length <= MOST_ROLES && unique.every((role) => ROLE.test(role))) return unique;
  throw new BadUserInputError([{ path: 'input.roles', reason: InputRefusalReason.ROLE_INVALID }]);
}

/** Whether two lists without duplicates hold the same roles, in any order. */
export function areSameRoles(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((role) => others.includes(role));
}
