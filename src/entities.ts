import { defineBlacklistedToken } from './blacklist/blacklisted-token.entity.ts';
import { defineOneTimeCode } from './codes/one-time-code.entity.ts';
import { defineSecurityEvent } from './events/security-event.entity.ts';
import { defineRateLimit } from './limits/rate-limit.entity.ts';
import { defineMail } from './mail/mail.entity.ts';
import { defineSession } from './sessions/session.entity.ts';
import { defineUser } from './users/user.entity.ts';

/** The names of the tables. */
export interface AuthEntitiesOptions {
  /**
   * Begins the name of each table. At most 20 characters: lower-case letters, digits and `_`.
   * @defaultValue `'simplejwt_'`
   */
  readonly tablePrefix?: string;
  /** The PostgreSQL schema of the tables. @defaultValue the schema of your ORM */
  readonly schema?: string;
}

const PREFIX = /^[a-z_][a-z0-9_]{0,19}$/;

/**
 * Makes the entities of this library for tables of other names, for example for two deployments in one database. Add them
 * to the entities of your ORM in place of `authEntities`.
 *
 * @throws TypeError if the prefix has another form.
 *
 * @example
 * ```ts
 * import { createAuthEntities } from 'graphql-simplejwt';
 *
 * export const entities = createAuthEntities({ tablePrefix: 'shop_auth_', schema: 'shop' });
 * ```
 */
export function createAuthEntities({ tablePrefix = 'simplejwt_', schema }: AuthEntitiesOptions = {}) {
  if (!PREFIX.test(tablePrefix))
    throw new TypeError('tablePrefix must be 1 to 20 lower-case letters, digits and `_`, and not begin with a digit.');
  const options = { tablePrefix, schema };
  const user = defineUser(options);
  return [
    user,
    defineSession(options, user),
    defineBlacklistedToken(options),
    defineSecurityEvent(options),
    defineRateLimit(options),
    defineOneTimeCode(options),
    defineMail(options),
  ] as const;
}

/** The entities of this library. Add them to the entities of your ORM. Their tables begin with `simplejwt_`. */
export const authEntities = createAuthEntities();
