import type { InferKyselyDB } from '@mikro-orm/sql';
import { byProperty, type EntityManager } from '../database.ts';
import { User } from './user.entity.ts';

type Tables = InferKyselyDB<typeof User, typeof byProperty>;

/** Finds somebody by an e-mail in its one spelling. */
export async function findUserByEmail(em: EntityManager, email: string): Promise<User | null> {
  return (await tables(em).selectFrom('User').selectAll().where('email', '=', email).executeTakeFirst()) ?? null;
}

export async function findUser(em: EntityManager, id: string): Promise<User | null> {
  return (await tables(em).selectFrom('User').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** Adds somebody. A second account with the same e-mail is a unique violation. */
export async function addUser(em: EntityManager, user: User): Promise<void> {
  await tables(em).insertInto('User').values(user).execute();
}

/**
 * Locks the user's row until the transaction ends, if it still is as it was read: whoever changes the account waits, or
 * was first. It is an UPDATE, so that it takes the lock on SQLite too.
 */
export async function lockUserForLogin(em: EntityManager, user: User, now: number): Promise<boolean> {
  const result = await tables(em)
    .updateTable('User')
    .set({ lastLoginAt: new Date(now) })
    .where('id', '=', user.id)
    .where('tokenVersion', '=', user.tokenVersion)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

function tables(em: EntityManager) {
  return em.getKysely<Tables, typeof byProperty>(byProperty);
}
