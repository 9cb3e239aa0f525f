import type { InferKyselyDB } from '@mikro-orm/sql';
import { compileOnce } from '../compiled-query.ts';
import { type AgedRows, type ByProperty, type EntityManager, tablesOf } from '../database.ts';
import type { KnownDevice } from '../device.ts';
import type { UserEntity } from '../users/user.entity.ts';
import type { EndReason } from './end-reason.ts';
import type { Session, SessionEntity } from './session.entity.ts';

type Tables = InferKyselyDB<SessionEntity | UserEntity, ByProperty>;

/** The columns that a rotation writes. */
export type Rotation = Pick<
  Session,
  'refreshJti' | 'refreshKeyId' | 'refreshIssuedAt' | 'refreshExpiresAt' | 'previousRefreshJti' | 'retryKeyHash'
>;

/** Selects sessions by id, or all of a user, possibly except one. */
export type SessionSelection =
  | { readonly ids: readonly string[]; readonly userId?: string }
  | { readonly userId: string; readonly exceptId?: string };

/** The columns of a session that has just ended. */
export type EndedRow = Pick<Session, 'id' | 'user' | 'refreshJti' | 'refreshIssuedAt' | 'refreshExpiresAt'>;

/** Rows that may be purged: those whose tokens have all expired. */
export const agedSessions: AgedRows = { entity: 'AuthSession', age: 'refreshExpiresAt' };

export async function insertSession(em: EntityManager, session: Session): Promise<void> {
  await tablesOf<Tables>(em).insertInto('AuthSession').values(session).execute();
}

const sessionById = compileOnce<Tables, { id: string }, Session>('AuthSession', (tables, { id }) =>
  tables.selectFrom('AuthSession').selectAll().where('id', '=', id),
);

export async function findSession(em: EntityManager, id: string): Promise<Session | null> {
  const [session = null] = (await sessionById(em, { id })).rows;
  return session;
}

/** The sessions of a user that are alive at a moment, last used first. */
export async function findLiveSessions(em: EntityManager, userId: string, at: number): Promise<Session[]> {
  return liveSessions(em, userId, at).selectAll().orderBy('refreshIssuedAt', 'desc').orderBy('id', 'desc').execute();
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

/** The ids of a user's live sessions, without the `most` youngest. */
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

interface RotationBindings extends Rotation {
  readonly sessionId: string;
  readonly presentedJti: string;
  readonly userId: string;
  readonly tokenVersion: number;
  readonly idleAt: Date;
  readonly absoluteAt: Date;
}

const rotation = compileOnce<Tables, RotationBindings>('AuthSession', (tables, given) =>
  tables
    .updateTable('AuthSession')
    .set({
      refreshJti: given.refreshJti,
      refreshKeyId: given.refreshKeyId,
      refreshIssuedAt: given.refreshIssuedAt,
      refreshExpiresAt: given.refreshExpiresAt,
      previousRefreshJti: given.previousRefreshJti,
      retryKeyHash: given.retryKeyHash,
    })
    .where('id', '=', given.sessionId)
    .where('refreshJti', '=', given.presentedJti)
    .where('endedAt', 'is', null)
    .where('refreshExpiresAt', '>', given.idleAt)
    .where((row) => row.or([row('expiresAt', 'is', null), row('expiresAt', '>', given.absoluteAt)]))
    .where((row) =>
      row.exists(
        row
          .selectFrom('AuthUser')
          .select('AuthUser.id')
          .where('AuthUser.id', '=', given.userId)
          .where('AuthUser.tokenVersion', '=', given.tokenVersion)
          .where('AuthUser.deactivatedAt', 'is', null),
      ),
    ),
);

/**
 * Moves a live session from the presented refresh token to its successor, if the presented one is still current and the
 * user is unchanged since the successor was signed. It is one statement, so the database decides which request was first.
 */
export async function rotateSession(
  em: EntityManager,
  session: Session,
  next: Rotation,
  user: { readonly id: string; readonly tokenVersion: number },
  at: { readonly idle: number; readonly absolute: number },
): Promise<boolean> {
  const { changed } = await rotation(em, {
    ...next,
    sessionId: session.id,
    presentedJti: session.refreshJti,
    userId: user.id,
    tokenVersion: user.tokenVersion,
    idleAt: new Date(at.idle),
    absoluteAt: new Date(at.absolute),
  });
  return changed === 1;
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

function liveSessions(em: EntityManager, userId: string, at: number) {
  return tablesOf<Tables>(em)
    .selectFrom('AuthSession')
    .where('user', '=', userId)
    .where('endedAt', 'is', null)
    .where('refreshExpiresAt', '>', new Date(at));
}
