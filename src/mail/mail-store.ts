import type { InferKyselyDB } from '@mikro-orm/sql';
import { type ByProperty, type EntityManager, tablesOf } from '../database/tables.ts';
import type { MailEntity, QueuedMail } from './mail.entity.ts';

type Tables = InferKyselyDB<MailEntity, ByProperty>;

/** A mail to be queued. */
export type MailOrder = Omit<QueuedMail, 'attempts' | 'lastError' | 'nextAttemptAt'>;

/** Queues a mail, in the transaction of what it reports. */
export async function queueMail(em: EntityManager, mail: MailOrder, now: number): Promise<void> {
  await tablesOf<Tables>(em)
    .insertInto('AuthMail')
    .values({ ...mail, attempts: 0, lastError: null, nextAttemptAt: new Date(now) })
    .execute();
}

/** The mail whose attempt is due for longest. */
export async function findDueMail(em: EntityManager, now: number): Promise<QueuedMail | null> {
  return (
    (await tablesOf<Tables>(em)
      .selectFrom('AuthMail')
      .selectAll()
      .where('nextAttemptAt', '<=', new Date(now))
      .orderBy('nextAttemptAt')
      .limit(1)
      .executeTakeFirst()) ?? null
  );
}

/** Takes a mail for an attempt. Of several processes, the database lets one win. */
export async function claimMail(em: EntityManager, mail: QueuedMail, until: number): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .updateTable('AuthMail')
    .set({ nextAttemptAt: new Date(until), attempts: mail.attempts + 1 })
    .where('id', '=', mail.id)
    .where('attempts', '=', mail.attempts)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function postponeMail(em: EntityManager, id: string, lastError: string, until: number): Promise<void> {
  await tablesOf<Tables>(em)
    .updateTable('AuthMail')
    .set({ nextAttemptAt: new Date(until), lastError })
    .where('id', '=', id)
    .execute();
}

/** The mails whose last attempt failed, the oldest first. */
export async function findFailedMails(em: EntityManager, most: number): Promise<QueuedMail[]> {
  return tablesOf<Tables>(em)
    .selectFrom('AuthMail')
    .selectAll()
    .where('lastError', 'is not', null)
    .orderBy('id')
    .limit(most)
    .execute();
}

export async function removeMail(em: EntityManager, id: string): Promise<void> {
  await tablesOf<Tables>(em).deleteFrom('AuthMail').where('id', '=', id).execute();
}
