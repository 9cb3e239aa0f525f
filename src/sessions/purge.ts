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

/** Small enough that no other writer waits for long. */
const BATCH = 200;
const PAUSE = 10;
/** What is over stays a while longer, in case a clock is stepped back meanwhile. */
const MARGIN = 3_600_000;

type PurgeBatch = (em: EntityManager, before: number, most: number) => Promise<number>;

/**
 * Deletes what bars nothing and proves nothing any more: sessions and blacklist rows that have outlived their tokens, and
 * old events. It may be stopped at any moment, and run by many processes at once.
 */
export async function purge(parts: Parts): Promise<PurgeResult> {
  const now = parts.clock.now();
  const outlived = now - parts.settings.leeway - MARGIN;
  return {
    sessions: await inBatches(parts, purgeSessions, outlived),
    blacklistedTokens: await inBatches(parts, purgeBlacklist, outlived),
    events: await inBatches(parts, purgeEvents, now - parts.settings.eventRetention),
  };
}

async function inBatches(parts: Parts, purgeBatch: PurgeBatch, before: number): Promise<number> {
  for (let total = 0; ;) {
    const deleted = await parts.database.transaction((em) => purgeBatch(em, before, BATCH));
    total += deleted;
    if (deleted < BATCH) return total;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}
