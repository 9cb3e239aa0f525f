import { defineBlacklistedToken } from './blacklist/blacklisted-token.entity.ts';
import { defineOneTimeCode } from './codes/one-time-code.entity.ts';
import { defineSecurityEvent } from './events/security-event.entity.ts';
import { defineRateLimit } from './limits/rate-limit.entity.ts';
import { defineMail } from './mail/mail.entity.ts';
import { defineSession } from './sessions/session.entity.ts';
import { defineUserState } from './users/user-state.entity.ts';
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
  checkPrefix(tablePrefix);
  const options = { tablePrefix, schema, userId: 'uuid' } as const;
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

/**
 * Makes the entities for a host that keeps its own users. In place of the table of users there is `simplejwt_user_state`, and
 * there are no tables for codes and mails.
 *
 * @throws TypeError if the prefix has another form.
 *
 * @example
 * ```ts
 * import { createHostAuthEntities } from 'graphql-simplejwt';
 *
 * export const entities = createHostAuthEntities();
 * ```
 */
export function createHostAuthEntities({ tablePrefix = 'simplejwt_', schema }: AuthEntitiesOptions = {}) {
  checkPrefix(tablePrefix);
  const options = { tablePrefix, schema, userId: 'text' } as const;
  const state = defineUserState(options);
  return [
    state,
    defineSession(options, state),
    defineBlacklistedToken(options),
    defineSecurityEvent(options),
    defineRateLimit(options),
  ] as const;
}

function checkPrefix(tablePrefix: string): void {
  if (!PREFIX.test(tablePrefix))
    throw new TypeError('tablePrefix must be 1 to 20 lower-case letters, digits and `_`, and not begin with a digit.');
}

/** The entities of this library. Add them to the entities of your ORM. Their tables begin with `simplejwt_`. */
export const authEntities = createAuthEntities();
