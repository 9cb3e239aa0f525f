import type { InferKyselyDB } from '@mikro-orm/sql';
import { type ExpressionBuilder, sql } from 'kysely';
import { type AgedRows, type ByProperty, type EntityManager, tablesOf } from '../database/tables.ts';
import type { Budget } from '../settings.ts';
import type { RateLimitEntity } from './rate-limit.entity.ts';

type Tables = InferKyselyDB<RateLimitEntity, ByProperty>;
type Rows = ExpressionBuilder<Tables, 'AuthRateLimit'>;

/** After so many failures in a row, the next try has to wait so many milliseconds. */
export interface Delay {
  readonly failures: number;
  readonly wait: number;
}

/** Rows that may be purged: those that limit nothing. */
export const agedRateLimits: AgedRows = { entity: 'AuthRateLimit', age: 'expiresAt' };

/** How long a single failure is remembered, and a series of them. */
const MEMORY = { ofOne: 86_400_000, ofSeveral: 30 * 86_400_000 };

/**
 * Takes one from a budget that refills evenly (the generic cell rate algorithm): the row moves towards the future by the share
 * of one, and may be one window ahead at most. It is one statement, so no two requests take the same one.
 *
 * @returns 0 if there was one to take; otherwise the milliseconds until there is one.
 */
export async function takeOne(em: EntityManager, id: string, { checks, window }: Budget, now: number): Promise<number> {
  const share = window / checks;
  const expiresAt = new Date(now + window);
  const taken = await tablesOf<Tables>(em)
    .insertInto('AuthRateLimit')
    .values({ id, tries: 0, until: now + share, expiresAt })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((row) => ({ until: sql<number>`${usedUntil(row, now, window)} + ${share}`, expiresAt }))
        .where((row) => sql<boolean>`${usedUntil(row, now, window)} <= ${now + window - share}`),
    )
    .returning('id')
    .executeTakeFirst();
  if (taken !== undefined) return 0;
  const until = (await findUntil(em, id)) ?? now;
  return Math.max(1, until + share - window - now);
}

/** Now, if nothing is used. Further ahead than the clocks of processes differ, a row is from before a step back of the clock. */
function usedUntil(row: Rows, now: number, window: number) {
  const until = row.ref('AuthRateLimit.until');
  return sql<number>`case when ${until} between ${now} and ${now + 2 * window} then ${until} else ${now} end`;
}

/**
 * Counts a try as failed, if the delay after the last one is over. It counts before the try is made, so tries that are made
 * at once count too. `forgetTries` follows if it succeeds.
 *
 * @param delays - in the order of their failures.
 * @returns 0 if the try may be made; otherwise the milliseconds until one may.
 */
export async function countTry(em: EntityManager, id: string, delays: readonly Delay[], now: number): Promise<number> {
  const longest = Math.max(...delays.map(({ wait }) => wait));
  const counted = await tablesOf<Tables>(em)
    .insertInto('AuthRateLimit')
    .values({ id, tries: 1, until: now, expiresAt: new Date(now + MEMORY.ofOne) })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((row) => ({
          tries: sql<number>`${row.ref('AuthRateLimit.tries')} + 1`,
          // PostgreSQL would otherwise take the parameter for an integer.
          until: sql<number>`cast(${now} as double precision) + ${waitAfter(row, delays)}`,
          expiresAt: new Date(now + MEMORY.ofSeveral),
        }))
        .where((row) =>
          row.or([
            row('AuthRateLimit.until', '<=', now),
            // From before a step back of the clock, as above.
            row('AuthRateLimit.until', '>', now + 2 * longest),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst();
  if (counted !== undefined) return 0;
  const until = (await findUntil(em, id)) ?? now;
  return Math.max(1, until - now);
}

function waitAfter(row: Rows, delays: readonly Delay[]) {
  const tries = row.ref('AuthRateLimit.tries');
  const cases = delays.toReversed().map(({ failures, wait }) => sql`when ${tries} + 1 >= ${failures} then ${wait}`);
  return sql<number>`case ${sql.join(cases, sql` `)} else 0 end`;
}

/** Forgets the failures, because a try has succeeded. */
export async function forgetTries(em: EntityManager, id: string): Promise<void> {
  await tablesOf<Tables>(em).deleteFrom('AuthRateLimit').where('id', '=', id).execute();
}

async function findUntil(em: EntityManager, id: string): Promise<number | null> {
  const row = await tablesOf<Tables>(em)
    .selectFrom('AuthRateLimit')
    .select('until')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.until ?? null;
}
