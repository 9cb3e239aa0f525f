import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database.ts';

/** What a mail is about. */
export type MailPurpose = 'PASSWORD_RESET' | 'EMAIL_VERIFICATION';

/** A mail that is to be sent. It holds what the mail is made of, and no text and no code. */
export const defineMail = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    name: 'AuthMail',
    tableName: `${tablePrefix}mail`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      /** That of the request which asked for it. */
      id: p.uuid().primary(),
      purpose: p.string().length(32).$type<MailPurpose>(),
      /** In the form of `normalizeEmail`. Nobody may have it. */
      email: p.string().length(254),
      language: p.string().length(35),
      attempts: p.integer().default(0),
      /** Why the last attempt failed. */
      lastError: p.string().length(255).nullable(),
      /** A process that sends the mail moves this time first, so that no other does. */
      nextAttemptAt: p.datetime(3).index(),
      /** From then on it is of no use. */
      expiresAt: p.datetime(3),
    },
  });
export type MailEntity = ReturnType<typeof defineMail>;
export type QueuedMail = Row<MailEntity>;
