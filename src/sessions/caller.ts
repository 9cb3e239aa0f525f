import { ForbiddenError } from '../errors.ts';
import type { CurrentUser } from './authenticate.ts';

/** Whoever runs the server, acting through code: the command line or `auth.createUser`. No request is ever the operator. */
export const OPERATOR = Symbol('operator');

/** Who asks for a use case that needs a right: the user whom a guard let pass, or the operator. */
export type Caller = CurrentUser | typeof OPERATOR;

/** @throws ForbiddenError unless the caller has the role. The operator has every role. */
export function requireRole(caller: Caller, role: string): void {
  if (!hasRole(caller, role)) throw new ForbiddenError();
}

export function hasRole(caller: Caller, role: string): boolean {
  return caller === OPERATOR || caller.roles.some((each) => each === role);
}
