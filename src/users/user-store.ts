import type { InferKyselyDB } from '@mikro-orm/sql';
import { type ExpressionBuilder, sql } from 'kysely';
import { compileChange, compileQuery } from '../database/compiled-query.ts';
import { compileLookup } from '../database/grouped-statement.ts';
import { type ByProperty, type EntityManager, tablesOf } from '../database/tables.ts';
import { type PagePosition, pageOf } from '../page.ts';
import { HASH_HEAD, HASH_TAIL_LENGTH } from './password-hasher.ts';
import { ADMIN } from './roles.ts';
import type { User, UserEntity } from './user.entity.ts';

type Tables = InferKyselyDB<UserEntity, ByProperty>;

/** A user as it was read. Any change since then has raised the version. */
type Known = Pick<User, 'id' | 'tokenVersion'>;

/** Finds a user by a normalised e-mail, in the same time whether or not there is one. */
export async function findUserByEmail(em: EntityManager, email: string): Promise<User | null> {
  const row = await findUserOrOther(em, 'email', email);
  return row?.email === email ? row : null;
}

/** Finds a user by id, in the same time whether or not there is one. */
export async function findUserInEvenTime(em: EntityManager, id: string): Promise<User | null> {
  const row = await findUserOrOther(em, 'id', id);
  return row?.id === id ? row : null;
}

const userOrOtherBy = (column: 'email' | 'id') =>
  compileQuery<Tables, { value: string }, { user: User }>({ user: 'AuthUser' }, (tables, columns, { value }) =>
    tables
      .selectFrom('AuthUser')
      .select(columns)
      .where((user) =>
        user.or([
          user(column, '=', value),
          user('id', '=', user.selectFrom('AuthUser').select('id').orderBy('id').limit(1)),
        ]),
      )
      .orderBy((user) => user.case().when(column, '=', value).then(0).else(1).end())
      .limit(1),
  );

const userOrOther = { email: userOrOtherBy('email'), id: userOrOtherBy('id') };

/**
 * Reads somebody else if nobody has the value, because a row takes longer to read than none. The time would otherwise reveal
 * who has an account.
 */
export async function findUserOrOther(
  em: EntityManager,
  column: 'email' | 'id',
  value: string,
): Promise<User | undefined> {
  const [found] = await userOrOther[column](em, { value });
  return found?.user;
}

const userById = compileLookup<Tables, { user: User }>('user', { user: 'AuthUser' }, (tables, columns, id) =>
  tables.selectFrom('AuthUser').select(columns).where('id', '=', id),
);

export async function findUser(em: EntityManager, id: string): Promise<User | null> {
  const found = await userById(em, id);
  return found?.user ?? null;
}

/** A page of all users, latest first, and one more row. */
export async function findUsers(em: EntityManager, position: PagePosition): Promise<User[]> {
  return pageOf(tablesOf<Tables>(em).selectFrom('AuthUser').selectAll(), position).execute();
}

/** The users whose version was raised at or after a moment. */
export async function findVersionsRaisedSince(em: EntityManager, since: number): Promise<Known[]> {
  return tablesOf<Tables>(em)
    .selectFrom('AuthUser')
    .select(['id', 'tokenVersion'])
    .where('tokenVersionRaisedAt', '>=', new Date(since))
    .execute();
}

/** The keys that stored password hashes name. It reads every row. */
export async function findDigestKeys(em: EntityManager): Promise<string[]> {
  const rows = await tablesOf<Tables>(em)
    .selectFrom('AuthUser')
    .select((row) => {
      const hash = row.ref('passwordHash');
      const start = sql.lit(HASH_HEAD.length + 1);
      const rest = sql.lit(HASH_HEAD.length + HASH_TAIL_LENGTH);
      return sql<string>`substr(${hash}, ${start}, length(${hash}) - ${rest})`.as('kid');
    })
    .distinct()
    .where('passwordHash', 'like', `${HASH_HEAD}%`)
    .execute();
  return rows.map(({ kid }) => kid);
}

/** Inserts a user. A second user with the same e-mail is a unique violation. */
export async function addUser(em: EntityManager, user: User): Promise<void> {
  await tablesOf<Tables>(em).insertInto('AuthUser').values(user).execute();
}

/** Inserts a user, unless somebody has the e-mail. */
export async function addUserIfFree(em: EntityManager, user: User): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .insertInto('AuthUser')
    .values(user)
    .onConflict((conflict) => conflict.column('email').doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

const loginOfUser = compileChange<Tables, Known & { lastLoginAt: Date }>((tables, given) =>
  tables
    .updateTable('AuthUser')
    .set({ lastLoginAt: given.lastLoginAt })
    .where((row) => isAsRead(row, given))
    .where('deactivatedAt', 'is', null),
);

/**
 * Locks the user's row until the transaction ends, if the user is active and unchanged. A concurrent change either waits or
 * came first. It is an UPDATE, so it takes the lock on SQLite too.
 */
export async function lockUserForLogin(em: EntityManager, { id, tokenVersion }: Known, now: number): Promise<boolean> {
  return (await loginOfUser(em, { id, tokenVersion, lastLoginAt: new Date(now) })) === 1;
}

/** Changes a user who is unchanged since it was read, and raises the version, so older access tokens are outdated. */
export async function changeUser(
  em: EntityManager,
  user: Known,
  change: Partial<Pick<User, 'email' | 'passwordHash' | 'roles' | 'deactivatedAt' | 'lastLoginAt' | 'emailVerifiedAt'>>,
  now: number,
): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .updateTable('AuthUser')
    .set({ ...change, tokenVersion: user.tokenVersion + 1, tokenVersionRaisedAt: new Date(now) })
    .where((row) => isAsRead(row, user))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Records that the address of a user was proved, if the user is unchanged since it was read. The version stays. */
export async function verifyUserEmail(em: EntityManager, user: Known, now: number): Promise<boolean> {
  const result = await tablesOf<Tables>(em)
    .updateTable('AuthUser')
    .set({ emailVerifiedAt: new Date(now) })
    .where((row) => isAsRead(row, user))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Stores a new hash of the same password. The version stays. */
export async function replacePasswordHash(em: EntityManager, user: User, passwordHash: string): Promise<void> {
  await tablesOf<Tables>(em)
    .updateTable('AuthUser')
    .set({ passwordHash })
    .where('id', '=', user.id)
    .where('passwordHash', '=', user.passwordHash)
    .execute();
}

/** Deletes a user and, by the foreign key, the user's sessions. */
export async function removeUser(em: EntityManager, id: string): Promise<void> {
  await tablesOf<Tables>(em).deleteFrom('AuthUser').where('id', '=', id).execute();
}

/**
 * Locks the rows of all active administrators until the transaction ends, so two concurrent changes cannot each rely on
 * the other administrator.
 */
export async function lockAdministrators(em: EntityManager): Promise<string[]> {
  const rows = await tablesOf<Tables>(em)
    .updateTable('AuthUser')
    .set((row) => ({ tokenVersion: row.ref('tokenVersion') }))
    .where('deactivatedAt', 'is', null)
    .where((row) => sql<boolean>`cast(${row.ref('roles')} as text) like ${`%"${ADMIN}"%`}`)
    .returning(['id', 'roles'])
    .execute();
  // SQLite's LIKE ignores case.
  return rows.filter(({ roles }) => roles.includes(ADMIN)).map(({ id }) => id);
}

function isAsRead(row: ExpressionBuilder<Tables, 'AuthUser'>, user: Known) {
  return row.and([row('id', '=', user.id), row('tokenVersion', '=', user.tokenVersion)]);
}
