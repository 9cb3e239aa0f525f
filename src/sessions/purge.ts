import { purgeBlacklist } from '../blacklist/blacklist-store.ts';
import type { EntityManager } from '../database.ts';
import { purgeEvents } from '../events/event-log.ts';
import type { Parts } from './parts.ts';
import { purgeSessions } from './session-store.ts';

/** How many rows a purge has deleted. */
export interface PurgeResult {
  readonly sessions: number;
  readonly blacklistedTokens: number;
  readonly events: number;
}

/** How many rows a batch may have; how many the first one has. */
const ROWS = { least: 50, first: 50, most: 500 };
/** Milliseconds that a batch is to take, and between two of them: so little does another writer wait. */
const AIM = 10;
const PAUSE = 100;
/** What is over stays a while longer, in case a clock is stepped back meanwhile. */
const MARGIN = 3_600_000;

type PurgeBatch = (em: EntityManager, before: number, most: number) => Promise<number>;

/**
 * Deletes what bars nothing and proves nothing any more: sessions and blacklist rows that have outlived their tokens, and
 * old events. It may be stopped at any moment, and run by many processes at once.
 *
 * @param signal stops it after the batch that it is at.
 */
export async function purge(parts: Parts, signal: AbortSignal | null): Promise<PurgeResult> {
  const now = parts.clock.now();
  const outlived = now - parts.settings.leeway - MARGIN;
  return {
    sessions: await inBatches(parts, purgeSessions, outlived, signal),
    blacklistedTokens: await inBatches(parts, purgeBlacklist, outlived, signal),
    events: await inBatches(parts, purgeEvents, now - parts.settings.eventRetention, signal),
  };
}

async function inBatches(
  { database, clock }: Parts,
  purgeBatch: PurgeBatch,
  before: number,
  signal: AbortSignal | null,
): Promise<number> {
  let size = ROWS.first;
  for (let total = 0; ;) {
    if (signal?.aborted) return total;
    const begun = clock.monotonic();
    const deleted = await database.transaction((em) => purgeBatch(em, before, size));
    total += deleted;
    if (deleted < size) return total;
    size = nextSize(size, clock.monotonic() - begun);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** How fast rows are deleted is the disk's and the load's affair, so the last batch says how large the next may be. */
function nextSize(size: number, took: number): number {
  const fitting = Math.min(2 * size, Math.floor((size * AIM) / took));
  return Math.min(ROWS.most, Math.max(ROWS.least, fitting));
}
