import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database/tables.ts';

/** What a mail is about. */
export type MailPurpose =
  | 'PASSWORD_RESET'
  | 'EMAIL_VERIFICATION'
  | 'EMAIL_CHANGE'
  | 'EMAIL_REVERT'
  | 'EMAIL_TAKEN'
  | 'LOGIN'
  | 'INVITATION'
  | 'NEW_DEVICE'
  | 'PASSWORD_CHANGED'
  | 'REUSE_DETECTED';

/** Why a mail is queued. What it is about is decided when it is sent. */
export type QueuedPurpose = Exclude<MailPurpose, 'EMAIL_TAKEN'> | 'REGISTRATION';

/** A mail that is to be sent. It holds what the mail is made of, and no text and no code. */
export const defineMail = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    name: 'AuthMail',
    tableName: `${tablePrefix}mail`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      /** That of the request which asked for it. */
      id: p.uuid().primary(),
      purpose: p.string().length(32).$type<QueuedPurpose>(),
      /** In the form of `normalizeEmail`. Nobody may have it. */
      email: p.string().length(254),
      /** Null if the user is the one who has the e-mail. */
      userId: p.uuid().nullable(),
      /** The session that the mail is about, if it is about one. */
      sessionId: p.uuid().nullable(),
      language: p.string().length(35).nullable(),
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
