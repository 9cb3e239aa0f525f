import type { NonEmptyArray } from 'type-graphql';
import { AccountResolver } from './account.resolver.ts';
import { AdminResolver } from './admin.resolver.ts';
import { AuthResolver } from './auth.resolver.ts';
import { RegistrationResolver } from './registration.resolver.ts';
import { SessionResolver } from './session.resolver.ts';

const ALWAYS: NonEmptyArray<Function> = [AuthResolver, SessionResolver, AccountResolver, AdminResolver];

/**
 * The resolvers that an `Auth` has. They alone are enough to print the schema, with no database and no keys.
 *
 * @param registration where it is `closed`, there is no `register`.
 */
export function authResolvers(registration: 'open' | 'closed' = 'open'): NonEmptyArray<Function> {
  return registration === 'open' ? [...ALWAYS, RegistrationResolver] : ALWAYS;
}
