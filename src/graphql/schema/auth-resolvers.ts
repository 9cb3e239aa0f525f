import type { NonEmptyArray } from 'type-graphql';
import { registerOwnResolvers } from '../guards/own-resolvers.ts';
import { AccountResolver } from './account.resolver.ts';
import { AdminResolver } from './admin.resolver.ts';
import { RegistrationResolver } from './registration.resolver.ts';
import { SessionResolver } from './session.resolver.ts';
import { TokenResolver } from './token.resolver.ts';

const ALL = [TokenResolver, SessionResolver, AccountResolver, AdminResolver, RegistrationResolver];
registerOwnResolvers(ALL);

const ALWAYS: NonEmptyArray<Function> = [TokenResolver, SessionResolver, AccountResolver, AdminResolver];

/**
 * The resolvers of this library. They alone are enough to print the schema, without a database and without keys.
 *
 * @param registration With `closed`, there is no `register`.
 */
export function authResolvers(registration: 'open' | 'closed' = 'open'): NonEmptyArray<Function> {
  return registration === 'open' ? [...ALWAYS, RegistrationResolver] : ALWAYS;
}
