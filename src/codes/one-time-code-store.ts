import type { InferKyselyDB } from '@mikro-orm/sql';
import { type AgedRows, type ByProperty, type EntityManager, tablesOf } from '../database/tables.ts';
import type { CodePurpose, OneTimeCode, OneTimeCodeEntity } from './one-time-code.entity.ts';

type Tables = InferKyselyDB<OneTimeCodeEntity, ByProperty>;

/** How often the digits of one request may be tried. */
const MOST_TRIES = 5;

/** Codes that may be purged. */
export const agedOneTimeCodes: AgedRows = { entity: 'AuthOneTimeCode', age: 'expiresAt' };

/** Inserts a code, unless it is there already. */
export async function insertCode(em: EntityManager, code: OneTimeCode): Promise<void> {
  await tablesOf<Tables>(em)
    .insertInto('AuthOneTimeCode')
    .values(code)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/**
 * Voids the earlier codes of the same user and purpose.
 *
 * @returns whether this one is the latest.
 */
export async function voidEarlierCodes(em: EntityManager, code: OneTimeCode): Promise<boolean> {
  await tablesOf<Tables>(em)
    .deleteFrom('AuthOneTimeCode')
    .where('userId', '=', code.userId)
    .where('purpose', '=', code.purpose)
    .where('id', '<', code.id)
    .execute();
  const later = await tablesOf<Tables>(em)
    .selectFrom('AuthOneTimeCode')
    .select('id')
    .where('userId', '=', code.userId)
    .where('purpose', '=', code.purpose)
    .where('id', '>', code.id)
    .executeTakeFirst();
  return later === undefined;
}

export async function findCode(em: EntityManager, id: string): Promise<OneTimeCode | null> {
  return (
    (await tablesOf<Tables>(em).selectFrom('AuthOneTimeCode').selectAll().where('id', '=', id).executeTakeFirst()) ??
    null
  );
}

/** Counts a try of the digits. It counts before they are compared, so tries that are made at once count too. */
export async function countCodeTry(em: EntityManager, id: string): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .updateTable('AuthOneTimeCode')
    .set((row) => ({ tries: row('tries', '+', 1) }))
    .where('id', '=', id)
    .where('tries', '<', MOST_TRIES)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Uses a code up. Of several requests with one code, the database lets one win. */
export async function consumeCode(em: EntityManager, id: string, now: number): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .updateTable('AuthOneTimeCode')
    .set({ usedAt: new Date(now) })
    .where('id', '=', id)
    .where('usedAt', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Uses up the codes of a user and purpose that were made after another one. */
export async function consumeLaterCodes(em: EntityManager, code: OneTimeCode, now: number): Promise<void> {
  await tablesOf<Tables>(em)
    .updateTable('AuthOneTimeCode')
    .set({ usedAt: new Date(now) })
    .where('userId', '=', code.userId)
    .where('purpose', '=', code.purpose)
    .where('id', '>', code.id)
    .execute();
}

/** Whether an unused code of somebody else than this user holds an e-mail for one purpose. */
export async function isEmailHeld(
  em: EntityManager,
  { email, purpose, exceptUserId }: { email: string; purpose: CodePurpose; exceptUserId: string },
  now: number,
): Promise<boolean> {
  const code = await tablesOf<Tables>(em)
    .selectFrom('AuthOneTimeCode')
    .select('id')
    .where('email', '=', email)
    .where('purpose', '=', purpose)
    .where('userId', '<>', exceptUserId)
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', new Date(now))
    .executeTakeFirst();
  return code !== undefined;
}

/** Deletes the codes of a user. */
export async function removeCodes(em: EntityManager, userId: string): Promise<void> {
  await tablesOf<Tables>(em).deleteFrom('AuthOneTimeCode').where('userId', '=', userId).execute();
}
