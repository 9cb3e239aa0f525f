import type { InferKyselyDB } from '@mikro-orm/sql';
import { type ExpressionBuilder, sql } from 'kysely';
import { compileChange } from '../database/compiled-query.ts';
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

/** One that is to be taken from a budget. The times are milliseconds since 1970. */
interface Taking {
  readonly id: string;
  readonly now: number;
  readonly share: number;
  /** What the row says of an unused budget after this. */
  readonly first: number;
  /** What it may say at most before. */
  readonly most: number;
  /** A row that says more is from before a step back of the clock, which is further than the clocks of processes differ. */
  readonly latest: number;
  readonly expiresAt: Date;
}

const taking = compileChange<Tables, Taking>((tables, given) =>
  tables
    .insertInto('AuthRateLimit')
    .values({ id: given.id, tries: 0, until: given.first, expiresAt: given.expiresAt })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((row) => ({
          until: sql<number>`${usedUntil(row, given)} + ${given.share}`,
          expiresAt: given.expiresAt,
        }))
        .where((row) => sql<boolean>`${usedUntil(row, given)} <= ${given.most}`),
    )
    .returning('id'),
);

/** Now, if nothing is used. */
function usedUntil(row: Rows, { now, latest }: Pick<Taking, 'now' | 'latest'>) {
  const until = row.ref('AuthRateLimit.until');
  return sql<number>`case when ${until} between ${now} and ${latest} then ${until} else ${now} end`;
}

/**
 * Takes one from a budget that refills evenly (the generic cell rate algorithm): the row moves towards the future by the share
 * of one, and may be one window ahead at most. It is one statement, so no two requests take the same one.
 *
 * @returns 0 if there was one to take; otherwise the milliseconds until there is one.
 */
export async function takeOne(em: EntityManager, id: string, { checks, window }: Budget, now: number): Promise<number> {
  const share = window / checks;
  const [first, most, latest] = [now + share, now + window - share, now + 2 * window];
  if ((await taking(em, { id, now, share, first, most, latest, expiresAt: new Date(now + window) })) === 1) return 0;
  const until = (await findUntil(em, id)) ?? now;
  return Math.max(1, until + share - window - now);
}

/**
 * Counts a try as failed, if the delay after the last one is over. It counts before the try is made, so tries that are made
 * at once count too. `forgetTries` follows if it succeeds.
 *
 * @returns 0 if the try may be made; otherwise the milliseconds until one may.
 */
export type TryCounter = (em: EntityManager, id: string, now: number) => Promise<number>;

/** A try to be counted. A row whose time is after `latest` is from before a step back of the clock, as above. */
interface Try {
  readonly id: string;
  readonly now: number;
  readonly latest: number;
  readonly forgottenAt: Date;
  readonly seriesForgottenAt: Date;
}

/** @param delays - in the order of their failures. */
export function createTryCounter(delays: readonly Delay[]): TryCounter {
  const longest = Math.max(...delays.map(({ wait }) => wait));
  const counting = compileChange<Tables, Try>((tables, given) =>
    tables
      .insertInto('AuthRateLimit')
      .values({ id: given.id, tries: 1, until: given.now, expiresAt: given.forgottenAt })
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((row) => ({
            tries: sql<number>`${row.ref('AuthRateLimit.tries')} + 1`,
            // PostgreSQL would otherwise take the parameter for an integer.
            until: sql<number>`cast(${given.now} as double precision) + ${waitAfter(row, delays)}`,
            expiresAt: given.seriesForgottenAt,
          }))
          .where((row) =>
            row.or([row('AuthRateLimit.until', '<=', given.now), row('AuthRateLimit.until', '>', given.latest)]),
          ),
      )
      .returning('id'),
  );
  return async (em, id, now) => {
    const forgottenAt = new Date(now + MEMORY.ofOne);
    const seriesForgottenAt = new Date(now + MEMORY.ofSeveral);
    if ((await counting(em, { id, now, latest: now + 2 * longest, forgottenAt, seriesForgottenAt })) === 1) return 0;
    const until = (await findUntil(em, id)) ?? now;
    return Math.max(1, until - now);
  };
}

function waitAfter(row: Rows, delays: readonly Delay[]) {
  const tries = row.ref('AuthRateLimit.tries');
  const cases = delays.toReversed().map(({ failures, wait }) => sql`when ${tries} + 1 >= ${failures} then ${wait}`);
  return sql<number>`case ${sql.join(cases, sql` `)} else 0 end`;
}

const forgetting = compileChange<Tables, { id: string }>((tables, { id }) =>
  tables.deleteFrom('AuthRateLimit').where('id', '=', id),
);

/** Forgets the failures, because a try has succeeded. */
export async function forgetTries(em: EntityManager, id: string): Promise<void> {
  await forgetting(em, { id });
}

async function findUntil(em: EntityManager, id: string): Promise<number | null> {
  const row = await tablesOf<Tables>(em)
    .selectFrom('AuthRateLimit')
    .select('until')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.until ?? null;
}
