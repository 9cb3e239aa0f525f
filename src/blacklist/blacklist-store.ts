import type { InferKyselyDB } from '@mikro-orm/sql';
import { type ExpressionBuilder, sql } from 'kysely';
import { compileQuery } from '../database/compiled-query.ts';
import { type AgedRows, type ByProperty, type EntityManager, inPortions, tablesOf } from '../database/tables.ts';
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

/** A session that has ended. */
export interface EndedSession {
  readonly sessionId: string;
}

/** The row of one that has ended, as long as one of its access tokens may be unexpired. */
export interface EndedRow extends EndedSession {
  readonly jti: string;
  readonly blacklistedAt: Date;
}

/** Rows that may be purged: those that bar nothing. */
export const agedBlacklistedTokens: AgedRows = { entity: 'AuthBlacklistedToken', age: 'expiresAt' };

/** Puts tokens on the blacklist. A token that is already there is left as it is. */
export async function blacklist(em: EntityManager, entries: readonly BlacklistEntry[], now: number): Promise<void> {
  const rows = entries.map((entry) => ({ ...entry, blacklistedAt: new Date(now) }));
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
    .select('jti')
    .where('jti', '=', jti)
    .where('reason', '=', ROTATED)
    .executeTakeFirst();
  return row !== undefined;
}

interface PortionBindings {
  readonly now: Date;
  readonly blacklistedAt: Date;
  readonly jti: string;
  readonly most: number;
}

const portionOfEnded = compileQuery<Tables, PortionBindings, { row: EndedRow }>(
  { row: { entity: 'AuthBlacklistedToken', properties: ['jti', 'sessionId', 'blacklistedAt'] } },
  (tables, columns, { now, blacklistedAt, jti, most }) =>
    tables
      .selectFrom('AuthBlacklistedToken')
      .select(columns)
      .where(isEnd)
      .where('expiresAt', '>', now)
      .where('blacklistedAt', '>=', blacklistedAt)
      .where((row) => row.or([row('blacklistedAt', '>', blacklistedAt), row('jti', '>', jti)]))
      .orderBy('blacklistedAt')
      .orderBy('jti')
      .limit(most),
);

/** Before every row. */
const START: Pick<EndedRow, 'jti' | 'blacklistedAt'> = {
  jti: '00000000-0000-0000-0000-000000000000',
  blacklistedAt: new Date(0),
};

/**
 * The ended sessions whose rows still bar access tokens, in the order of their rows.
 *
 * @param after - the row before the first.
 * @param most - how many at most.
 */
export async function findEndedSessions(
  em: EntityManager,
  now: number,
  after: EndedRow | null,
  most: number,
): Promise<EndedRow[]> {
  const { jti, blacklistedAt } = after ?? START;
  const found = await portionOfEnded(em, { now: new Date(now), jti, blacklistedAt, most });
  return found.map(({ row }) => row);
}

/** The sessions that ended at or after a moment. */
export async function findSessionsEndedSince(em: EntityManager, since: number): Promise<EndedSession[]> {
  return tablesOf<Tables>(em)
    .selectFrom('AuthBlacklistedToken')
    .select('sessionId')
    .where(isEnd)
    .where('blacklistedAt', '>=', new Date(since))
    .execute();
}

/** A literal, as in the partial index: SQLite does not use that index for a parameter. */
function isEnd(row: ExpressionBuilder<Tables, 'AuthBlacklistedToken'>) {
  return row('reason', '<>', sql.lit(ROTATED));
}
