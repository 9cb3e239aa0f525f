import type { InferKyselyDB } from '@mikro-orm/sql';
import { sql } from 'kysely';
import { type AgedRows, type ByProperty, type EntityManager, inPortions, tablesOf } from '../database/tables.ts';
import { newId } from '../id.ts';
import { type BlacklistedTokenEntity, ROTATED } from './blacklisted-token.entity.ts';

type Tables = InferKyselyDB<BlacklistedTokenEntity, ByProperty>;

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
    await tablesOf<Tables>(em)
      .insertInto('AuthBlacklistedToken')
      .values(portion)
      .onConflict((conflict) => conflict.column('jti').doNothing())
      .execute();
  }
}

/** Whether this refresh token was exchanged before. */
export async function isRotated(em: EntityManager, jti: string): Promise<boolean> {
  const row = await tablesOf<Tables>(em)
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
    tablesOf<Tables>(em)
      .selectFrom('AuthBlacklistedToken')
      .select(['sessionId', 'expiresAt'])
      // A literal, as in the partial index: SQLite does not use that index for a parameter.
      .where('reason', '<>', sql.lit(ROTATED))
  );
}
