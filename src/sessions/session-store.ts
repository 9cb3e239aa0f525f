import type { InferKyselyDB } from '@mikro-orm/sql';
import type { EndReason } from '../blacklist/blacklisted-token.entity.ts';
import { byProperty, type EntityManager } from '../database.ts';
import { User } from '../users/user.entity.ts';
import { Session } from './session.entity.ts';

type Tables = InferKyselyDB<typeof Session | typeof User, typeof byProperty>;

/** What a rotation writes. */
export type Rotation = Pick<
  Session,
  'refreshJti' | 'refreshKeyId' | 'refreshIssuedAt' | 'refreshExpiresAt' | 'previousRefreshJti' | 'retryKeyHash'
>;

/** Which sessions: some by id, or all of a user but perhaps one. */
export type SessionSelection =
  | { readonly ids: readonly string[]; readonly userId?: string }
  | { readonly userId: string; readonly exceptId?: string };

/** What is left to know of a session that has just ended. */
export type EndedRow = Pick<Session, 'id' | 'user' | 'refreshJti' | 'refreshIssuedAt' | 'refreshExpiresAt'>;

export async function insertSession(em: EntityManager, session: Session): Promise<void> {
  await tables(em).insertInto('AuthSession').values(session).execute();
}

export async function findSession(em: EntityManager, id: string): Promise<Session | null> {
  return (await tables(em).selectFrom('AuthSession').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
}

/** A session and its user, in one query. */
export async function findSessionWithUser(
  em: EntityManager,
  id: string,
): Promise<{ session: Session; user: User } | null> {
  const session = await findSession(em, id);
  if (session === null) return null;
  const user = await tables(em).selectFrom('AuthUser').selectAll().where('id', '=', session.user).executeTakeFirst();
  return user === undefined ? null : { session, user };
}

/** The sessions of a user that are alive at a moment, last used first. */
export async function findLiveSessions(em: EntityManager, userId: string, at: number): Promise<Session[]> {
  return liveSessions(em, userId, at).selectAll().orderBy('refreshIssuedAt', 'desc').orderBy('id', 'desc').execute();
}

/** The ids of all live sessions of a user but the `most` youngest. */
export async function findSurplusSessions(
  em: EntityManager,
  userId: string,
  most: number,
  at: number,
): Promise<string[]> {
  const rows = await liveSessions(em, userId, at)
    .select('id')
    .orderBy('createdAt', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.slice(most).map((row) => row.id);
}

/**
 * Moves a live session from the presented refresh token to its successor, if the presented one is still the current one
 * and the user still is as when the successor was signed. One statement, so the database says who was first.
 */
export async function rotateSession(
  em: EntityManager,
  session: Session,
  next: Rotation,
  user: User,
  at: { readonly idle: number; readonly absolute: number },
): Promise<boolean> {
  const result = await tables(em)
    .updateTable('AuthSession')
    .set(next)
    .where('id', '=', session.id)
    .where('refreshJti', '=', session.refreshJti)
    .where('endedAt', 'is', null)
    .where('refreshExpiresAt', '>', new Date(at.idle))
    .where((row) => row.or([row('expiresAt', 'is', null), row('expiresAt', '>', new Date(at.absolute))]))
    .where((row) =>
      row.exists(
        row
          .selectFrom('AuthUser')
          .select('AuthUser.id')
          .where('AuthUser.id', '=', user.id)
          .where('AuthUser.tokenVersion', '=', user.tokenVersion)
          .where('AuthUser.deactivatedAt', 'is', null),
      ),
    )
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/**
 * Ends those sessions of a selection that have not ended, and says which they were and what their last tokens are. One that
 * has expired is ended too: the clock that says so may be set back.
 */
export async function markEnded(
  em: EntityManager,
  selection: SessionSelection,
  reason: EndReason,
  now: number,
): Promise<EndedRow[]> {
  let update = tables(em)
    .updateTable('AuthSession')
    .set({ endedAt: new Date(now), endReason: reason })
    .where('endedAt', 'is', null);
  if ('ids' in selection) update = update.where('id', 'in', selection.ids);
  if (selection.userId !== undefined) update = update.where('user', '=', selection.userId);
  if ('exceptId' in selection && selection.exceptId !== undefined)
    update = update.where('id', '<>', selection.exceptId);
  return update.returning(['id', 'user', 'refreshJti', 'refreshIssuedAt', 'refreshExpiresAt']).execute();
}

/** Deletes a batch of sessions whose tokens have all expired before a moment. */
export async function purgeSessions(em: EntityManager, before: number, most: number): Promise<number> {
  const result = await tables(em)
    .deleteFrom('AuthSession')
    .where('id', 'in', (row) =>
      row
        .selectFrom('AuthSession')
        .select('id')
        .where('refreshExpiresAt', '<', new Date(before))
        .orderBy('refreshExpiresAt')
        .limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function liveSessions(em: EntityManager, userId: string, at: number) {
  return tables(em)
    .selectFrom('AuthSession')
    .where('user', '=', userId)
    .where('endedAt', 'is', null)
    .where('refreshExpiresAt', '>', new Date(at));
}

function tables(em: EntityManager) {
  return em.getKysely<Tables, typeof byProperty>(byProperty);
}
