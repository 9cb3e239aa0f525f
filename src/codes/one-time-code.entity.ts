import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database.ts';

/** What a one-time code is good for. */
export type CodePurpose = 'PASSWORD_RESET' | 'EMAIL_VERIFICATION';

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
      /** That of the user. A change of the password, for example, voids the code. */
      tokenVersion: p.integer(),
      /** How often digits were tried. */
      tries: p.integer().default(0),
      expiresAt: p.datetime(3).index(),
    },
  });
export type OneTimeCodeEntity = ReturnType<typeof defineOneTimeCode>;
export type OneTimeCode = Row<OneTimeCodeEntity>;
