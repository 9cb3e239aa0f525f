import type { InferKyselyDB } from '@mikro-orm/sql';
import type { ExpressionBuilder } from 'kysely';
import { compileChange } from '../database/compiled-query.ts';
import { compileLookup } from '../database/grouped-statement.ts';
import { type ByProperty, type EntityManager, tablesOf } from '../database/tables.ts';
import type { UserState, UserStateEntity } from './user-state.entity.ts';

type Tables = InferKyselyDB<UserStateEntity, ByProperty>;

/** A state as it was read. Any change since then has raised the version or replaced the stamp. */
type Known = Pick<UserState, 'id' | 'stamp' | 'tokenVersion'>;

const stateById = compileLookup<Tables, { state: UserState }>('state', { state: 'AuthUser' }, (tables, columns, id) =>
  tables.selectFrom('AuthUser').select(columns).where('id', '=', id),
);

export async function findUserState(em: EntityManager, id: string): Promise<UserState | null> {
  const found = await stateById(em, id);
  return found?.state ?? null;
}

/** Makes the row of a user, unless there is one. */
export async function addUserState(em: EntityManager, { id, stamp }: Pick<UserState, 'id' | 'stamp'>): Promise<void> {
  await tablesOf<Tables>(em)
    .insertInto('AuthUser')
    .values({ id, stamp, tokenVersion: 0 })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

const loginOfUser = compileChange<Tables, Known & { lastLoginAt: Date }>((tables, given) =>
  tables
    .updateTable('AuthUser')
    .set({ lastLoginAt: given.lastLoginAt })
    .where((row) => isAsRead(row, given))
    .where('deactivatedAt', 'is', null),
);

/** Locks the row until the transaction ends, if the user is active and unchanged, and records the login. */
export async function lockStateForLogin(em: EntityManager, state: Known, now: number): Promise<boolean> {
  const { id, stamp, tokenVersion } = state;
  return (await loginOfUser(em, { id, stamp, tokenVersion, lastLoginAt: new Date(now) })) === 1;
}

/** Changes a state that is unchanged since it was read, and raises the version, so older access tokens are outdated. */
export async function changeUserState(
  em: EntityManager,
  state: Known,
  change: Partial<Pick<UserState, 'stamp' | 'deactivatedAt' | 'lastLoginAt'>>,
  now: number,
): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .updateTable('AuthUser')
    .set({ ...change, tokenVersion: state.tokenVersion + 1, tokenVersionRaisedAt: new Date(now) })
    .where((row) => isAsRead(row, state))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Raises the version, whatever it is. Null if there is no row. */
export async function raiseTokenVersion(
  em: EntityManager,
  id: string,
  now: number,
): Promise<Pick<UserState, 'id' | 'tokenVersion'> | null> {
  const row = await tablesOf<Tables>(em)
    .updateTable('AuthUser')
    .set((each) => ({ tokenVersion: each('tokenVersion', '+', 1), tokenVersionRaisedAt: new Date(now) }))
    .where('id', '=', id)
    .returning(['id', 'tokenVersion'])
    .executeTakeFirst();
  return row ?? null;
}

/** Deletes a row and, by the foreign key, the user's sessions. */
export async function removeUserState(em: EntityManager, id: string): Promise<void> {
  await tablesOf<Tables>(em).deleteFrom('AuthUser').where('id', '=', id).execute();
}

function isAsRead(row: ExpressionBuilder<Tables, 'AuthUser'>, { id, stamp, tokenVersion }: Known) {
  return row.and([row('id', '=', id), row('stamp', '=', stamp), row('tokenVersion', '=', tokenVersion)]);
}
