import type { InferKyselyDB } from '@mikro-orm/sql';
import { sql } from 'kysely';
import { byProperty, type EntityManager, inPortions } from '../database.ts';
import { newId } from '../id.ts';
import { BlacklistedToken, type BlacklistReason } from './blacklisted-token.entity.ts';

type Tables = InferKyselyDB<typeof BlacklistedToken, typeof byProperty>;

/** A token to be refused from now on. */
export interface BlacklistEntry {
  readonly jti: string;
  readonly sessionId: string;
  readonly reason: BlacklistReason;
  /** From when on the row bars nothing any more. */
  readonly expiresAt: Date;
}

/** A session that ended, as long as an access token of it may be about. */
export interface EndedSession {
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** Puts tokens on the blacklist. One that is there stays as it is. */
export async function blacklist(em: EntityManager, entries: readonly BlacklistEntry[], now: number): Promise<void> {
  const rows = entries.map((entry) => ({ ...entry, id: newId(now), blacklistedAt: new Date(now) }));
  for (const portion of inPortions(rows)) {
    await tables(em)
      .insertInto('BlacklistedToken')
      .values(portion)
      .onConflict((conflict) => conflict.column('jti').doNothing())
      .execute();
  }
}

/** Whether this refresh token was exchanged before. */
export async function isRotated(em: EntityManager, jti: string): Promise<boolean> {
  const row = await tables(em)
    .selectFrom('BlacklistedToken')
    .select('id')
    .where('jti', '=', jti)
    .where('reason', '=', 'ROTATED')
    .executeTakeFirst();
  return row !== undefined;
}

/** The ended sessions that still bar something. */
export async function findEndedSessions(em: EntityManager, now: number): Promise<EndedSession[]> {
  return endedSessions(em).where('expiresAt', '>', new Date(now)).execute();
}

/** The sessions that ended since a moment. */
export async function findSessionsEndedSince(em: EntityManager, since: number): Promise<EndedSession[]> {
  return endedSessions(em).where('blacklistedAt', '>=', new Date(since)).execute();
}

/** Deletes a batch of rows that have barred nothing since a moment. */
export async function purgeBlacklist(em: EntityManager, before: number, most: number): Promise<number> {
  const result = await tables(em)
    .deleteFrom('BlacklistedToken')
    .where('id', 'in', (row) =>
      row
        .selectFrom('BlacklistedToken')
        .select('id')
        .where('expiresAt', '<', new Date(before))
        .orderBy('expiresAt')
        .limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function endedSessions(em: EntityManager) {
  return (
    tables(em)
      .selectFrom('BlacklistedToken')
      .select(['sessionId', 'expiresAt'])
      // To the letter the condition of the partial index; SQLite uses it for no other.
      .where(sql<boolean>`reason <> 'ROTATED'`)
  );
}

function tables(em: EntityManager) {
  return em.getKysely<Tables, typeof byProperty>(byProperty);
}
