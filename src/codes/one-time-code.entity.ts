import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database/tables.ts';

/** What a one-time code is good for. */
export type CodePurpose =
  'PASSWORD_RESET' | 'INVITATION' | 'EMAIL_VERIFICATION' | 'EMAIL_CHANGE' | 'EMAIL_REVERT' | 'LOGIN' | 'SESSION_END';

/** The purposes whose codes no change of the account voids: a thief could make such a change. */
export const OUTLASTING_PURPOSES: ReadonlySet<CodePurpose> = new Set<CodePurpose>(['EMAIL_REVERT']);

/**
 * A code that was mailed. The row holds no code: the digits and the token of the link are computed from it. It has no foreign
 * key, because there is one for an e-mail without an account too.
 */
export const defineOneTimeCode = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    name: 'AuthOneTimeCode',
    tableName: `${tablePrefix}one_time_code`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      /** The `requestId`. */
      id: p.uuid().primary(),
      purpose: p.string().length(32).$type<CodePurpose>(),
      /** An arbitrary id if nobody has the e-mail. */
      userId: p.uuid().index(),
      /** That of the user. A change of the password, for example, voids the code. 0 if such a change must not void it. */
      tokenVersion: p.integer(),
      /** The new address of a change, or the old one that a revert brings back. It is reserved while the revert is possible. */
      email: p.string().length(254).nullable().index(),
      /** The session that may use the code, or that it ends; null for every one. */
      sessionId: p.uuid().nullable(),
      /** How often digits were tried. */
      tries: p.integer().default(0),
      expiresAt: p.datetime(3).index(),
      /** A code that was used stays until it expires, so that a mail that is sent twice does not bring it back. */
      usedAt: p.datetime(3).nullable(),
    },
  });
export type OneTimeCodeEntity = ReturnType<typeof defineOneTimeCode>;
export type OneTimeCode = Row<OneTimeCodeEntity>;
