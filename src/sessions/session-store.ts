import type { InferKyselyDB } from '@mikro-orm/sql';
import type { Kysely } from 'kysely';
import { compileInsert, compileQuery } from '../database/compiled-query.ts';
import { compileLookup } from '../database/grouped-statement.ts';
import { type AgedRows, type ByProperty, type EntityManager, tablesOf } from '../database/tables.ts';
import type { KnownDevice } from '../device.ts';
import type { SubjectRow } from '../users/subject.ts';
import type { UserEntity } from '../users/user.entity.ts';
import type { EndReason } from './end-reason.ts';
import type { Session, SessionEntity } from './session.entity.ts';

type Tables = InferKyselyDB<SessionEntity | UserEntity, ByProperty>;

/** Selects sessions by id, or all of a user, possibly except one. */
export type SessionSelection =
  | { readonly ids: readonly string[]; readonly userId?: string }
  | { readonly userId: string; readonly exceptId?: string };

/** The columns of a session that has just ended. */
export type EndedRow = Pick<Session, 'id' | 'user' | 'refreshJti' | 'refreshIssuedAt' | 'refreshExpiresAt'>;

/** Rows that may be purged: those whose tokens have all expired. */
export const agedSessions: AgedRows = { entity: 'AuthSession', age: 'refreshExpiresAt' };

export const insertSession = compileInsert<Session>('AuthSession');

const sessionById = compileLookup<Tables, { session: Session }>(
  'session',
  { session: 'AuthSession' },
  (tables, columns, id) => tables.selectFrom('AuthSession').select(columns).where('id', '=', id),
);

export async function findSession(em: EntityManager, id: string): Promise<Session | null> {
  const found = await sessionById(em, id);
  return found?.session ?? null;
}

/** A session with its user's row. */
export interface SessionOfUser {
  readonly session: Session;
  readonly user: SubjectRow;
}

const sessionOfUserById = compileLookup<Tables, SessionOfUser>(
  'session',
  { session: 'AuthSession', user: 'AuthUser' },
  (tables, columns, id) =>
    tables
      .selectFrom('AuthSession')
      .innerJoin('AuthUser', 'AuthUser.id', 'AuthSession.user')
      .select(columns)
      .where('AuthSession.id', '=', id),
);

export async function findSessionOfUser(em: EntityManager, id: string): Promise<SessionOfUser | null> {
  return sessionOfUserById(em, id);
}

/** The sessions of a user that are alive at a moment, last used first. */
export async function findLiveSessions(em: EntityManager, userId: string, at: number): Promise<Session[]> {
  const live = liveSessions(tablesOf<Tables>(em), userId, new Date(at));
  return live.selectAll().orderBy('refreshIssuedAt', 'desc').orderBy('id', 'desc').execute();
}

/** Whether a user has sessions that have not ended, expired ones included. */
export async function hasSessions(em: EntityManager, userId: string): Promise<boolean> {
  const row = await tablesOf<Tables>(em)
    .selectFrom('AuthSession')
    .select('id')
    .where('user', '=', userId)
    .where('endedAt', 'is', null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The devices that a user's sessions were opened from, ended ones included. */
export async function findSessionDevices(em: EntityManager, userId: string): Promise<KnownDevice[]> {
  return tablesOf<Tables>(em)
    .selectFrom('AuthSession')
    .select(['ipAddress', 'userAgent'])
    .distinct()
    .where('user', '=', userId)
    .execute();
}

interface LiveOfUser {
  readonly userId: string;
  readonly at: Date;
}

const liveIds = compileQuery<Tables, LiveOfUser, { session: Pick<Session, 'id'> }>(
  { session: { entity: 'AuthSession', properties: ['id'] } },
  (tables, columns, { userId, at }) =>
    liveSessions(tables, userId, at).select(columns).orderBy('createdAt', 'desc').orderBy('id', 'desc'),
);

/** The ids of a user's live sessions, without the `most` youngest. */
export async function findSurplusSessions(
  em: EntityManager,
  userId: string,
  most: number,
  at: number,
): Promise<string[]> {
  const rows = await liveIds(em, { userId, at: new Date(at) });
  return rows.slice(most).map(({ session }) => session.id);
}

/**
 * Marks the sessions of a selection as ended, unless they have ended before, and returns them. Expired sessions are marked
 * too, because the clock may be stepped back later.
 */
export async function markEnded(
  em: EntityManager,
  selection: SessionSelection,
  reason: EndReason,
  now: number,
): Promise<EndedRow[]> {
  let update = tablesOf<Tables>(em)
    .updateTable('AuthSession')
    .set({ endedAt: new Date(now), endReason: reason })
    .where('endedAt', 'is', null);
  if ('ids' in selection) update = update.where('id', 'in', selection.ids);
  if (selection.userId !== undefined) update = update.where('user', '=', selection.userId);
  if ('exceptId' in selection && selection.exceptId !== undefined)
    update = update.where('id', '<>', selection.exceptId);
  return update.returning(['id', 'user', 'refreshJti', 'refreshIssuedAt', 'refreshExpiresAt']).execute();
}

function liveSessions(tables: Kysely<Tables>, userId: string, at: Date) {
  return tables
    .selectFrom('AuthSession')
    .where('user', '=', userId)
    .where('endedAt', 'is', null)
    .where('refreshExpiresAt', '>', at);
}
