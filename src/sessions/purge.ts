import { agedBlacklistedTokens } from '../blacklist/blacklist-store.ts';
import { agedOneTimeCodes } from '../codes/one-time-code-store.ts';
import { type AgedRows, deleteOldest } from '../database/tables.ts';
import { agedSecurityEvents } from '../events/security-event-store.ts';
import { agedRateLimits } from '../limits/rate-limit-store.ts';
import type { SessionServices } from './services.ts';
import { agedSessions } from './session-store.ts';

/** How many rows a purge deleted. */
export interface PurgeResult {
  readonly sessions: number;
  readonly blacklistedTokens: number;
  readonly securityEvents: number;
  readonly rateLimits: number;
  readonly oneTimeCodes: number;
}

/** The rows of a batch: the first batch, and the limits of the following ones. */
const ROWS = { least: 50, first: 50, most: 500 };
/** Milliseconds that a batch aims to take, and the pause after it, so other writers wait only briefly. */
const AIM = 10;
const PAUSE = 100;
/** Expired rows stay this much longer, in case a clock is stepped back. */
const MARGIN = 3_600_000;

/**
 * Deletes sessions and blacklist rows that have outlived their tokens, old security events, and limits and codes that are over. It may be stopped at any
 * moment, and several processes may run it at once.
 *
 * @param signal stops it after the current batch.
 */
export async function purge(services: SessionServices, signal: AbortSignal | null): Promise<PurgeResult> {
  const now = services.clock.now();
  const outlived = now - services.settings.leeway - MARGIN;
  return {
    sessions: await deleteInBatches(services, agedSessions, outlived, signal),
    blacklistedTokens: await deleteInBatches(services, agedBlacklistedTokens, outlived, signal),
    securityEvents: await deleteInBatches(services, agedSecurityEvents, now - services.settings.eventRetention, signal),
    rateLimits: await deleteInBatches(services, agedRateLimits, now - MARGIN, signal),
    // A host that keeps its own users has no codes.
    oneTimeCodes: services.database.has(agedOneTimeCodes.entity)
      ? await deleteInBatches(services, agedOneTimeCodes, now - MARGIN, signal)
      : 0,
  };
}

async function deleteInBatches(
  { database, clock }: SessionServices,
  rows: AgedRows,
  before: number,
  signal: AbortSignal | null,
): Promise<number> {
  let size = ROWS.first;
  for (let total = 0; ;) {
    if (signal?.aborted) return total;
    const begun = clock.monotonic();
    const deleted = await database.transaction((em) => deleteOldest(em, rows, before, size));
    total += deleted;
    if (deleted < size) return total;
    size = nextSize(size, clock.monotonic() - begun);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** The speed of the disk is unknown, so the duration of the last batch decides the size of the next. */
function nextSize(size: number, took: number): number {
  const fitting = Math.min(2 * size, Math.floor((size * AIM) / took));
  return Math.min(ROWS.most, Math.max(ROWS.least, fitting));
}
