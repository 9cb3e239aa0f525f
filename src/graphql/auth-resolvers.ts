import type { NonEmptyArray } from 'type-graphql';
import { AuthResolver } from './auth.resolver.ts';
import { RegistrationResolver } from './registration.resolver.ts';
import { SessionResolver } from './session.resolver.ts';

/**
 * The resolvers that an `Auth` has. They alone are enough to print the schema, with no database and no keys.
 *
 * @param registration where it is `closed`, there is no `register`.
 */
export function authResolvers(registration: 'open' | 'closed' = 'open'): NonEmptyArray<Function> {
  return registration === 'open'
    ? [AuthResolver, SessionResolver, RegistrationResolver]
    : [AuthResolver, SessionResolver];
}
