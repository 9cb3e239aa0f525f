import type { InferKyselyDB } from '@mikro-orm/sql';
import { sql } from 'kysely';
import { type AgedRows, byProperty, type EntityManager, inPortions } from '../database.ts';
import { newId } from '../id.ts';
import { BlacklistedToken, ROTATED } from './blacklisted-token.entity.ts';

type Tables = InferKyselyDB<typeof BlacklistedToken, typeof byProperty>;

/** A token to be refused from now on. */
export interface BlacklistEntry {
  readonly jti: string;
  readonly sessionId: string;
  /** `ROTATED`, or why the session ended. */
  readonly reason: string;
  /** From then on the row bars nothing. */
  readonly expiresAt: Date;
}

/** A session that has ended, as long as one of its access tokens may be unexpired. */
export interface EndedSession {
  readonly sessionId: string;
  readonly expiresAt: Date;
}

/** Rows that may be purged: those that bar nothing. */
export const agedBlacklistedTokens: AgedRows = { entity: 'AuthBlacklistedToken', age: 'expiresAt' };

/** Puts tokens on the blacklist. A token that is already there is left as it is. */
export async function blacklist(em: EntityManager, entries: readonly BlacklistEntry[], now: number): Promise<void> {
  const rows = entries.map((entry) => ({ ...entry, id: newId(now), blacklistedAt: new Date(now) }));
  for (const portion of inPortions(rows)) {
    await tables(em)
      .insertInto('AuthBlacklistedToken')
      .values(portion)
      .onConflict((conflict) => conflict.column('jti').doNothing())
      .execute();
  }
}

/** Whether this refresh token was exchanged before. */
export async function isRotated(em: EntityManager, jti: string): Promise<boolean> {
  const row = await tables(em)
    .selectFrom('AuthBlacklistedToken')
    .select('id')
    .where('jti', '=', jti)
    .where('reason', '=', ROTATED)
    .executeTakeFirst();
  return row !== undefined;
}

/** The ended sessions whose rows still bar access tokens. */
export async function findEndedSessions(em: EntityManager, now: number): Promise<EndedSession[]> {
  return endedSessions(em).where('expiresAt', '>', new Date(now)).execute();
}

/** The sessions that ended at or after a moment. */
export async function findSessionsEndedSince(em: EntityManager, since: number): Promise<EndedSession[]> {
  return endedSessions(em).where('blacklistedAt', '>=', new Date(since)).execute();
}

function endedSessions(em: EntityManager) {
  return (
    tables(em)
      .selectFrom('AuthBlacklistedToken')
      .select(['sessionId', 'expiresAt'])
      // Exactly the condition of the partial index. SQLite uses the index for no other.
      .where(sql<boolean>`reason <> 'ROTATED'`)
  );
}

function tables(em: EntityManager) {
  return em.getKysely<Tables, typeof byProperty>(byProperty);
}
