import type { InferKyselyDB } from '@mikro-orm/sql';
import { type AgedRows, type ByProperty, type EntityManager, tablesOf } from '../database.ts';
import type { OneTimeCode, OneTimeCodeEntity } from './one-time-code.entity.ts';

type Tables = InferKyselyDB<OneTimeCodeEntity, ByProperty>;

/** How often the digits of one request may be tried. */
const MOST_TRIES = 5;

/** Codes that may be purged. */
export const agedOneTimeCodes: AgedRows = { entity: 'AuthOneTimeCode', age: 'expiresAt' };

/**
 * Inserts a code, unless it is there already, and voids the earlier ones of the same user and purpose.
 *
 * @returns whether it is the latest one.
 */
export async function insertCode(em: EntityManager, code: OneTimeCode): Promise<boolean> {
  await tablesOf<Tables>(em)
    .insertInto('AuthOneTimeCode')
    .values(code)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
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
export async function consumeCode(em: EntityManager, id: string): Promise<boolean> {
  const result = await tablesOf<Tables>(em).deleteFrom('AuthOneTimeCode').where('id', '=', id).executeTakeFirst();
  return result.numDeletedRows === 1n;
}
