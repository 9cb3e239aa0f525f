import { monitorEventLoopDelay } from 'node:perf_hooks';
import { hookEveryStatement } from '../tests/support/driver-faults.ts';

/**
 * Loaded before the program (`node --import`). SIGUSR2 starts the upkeep that is due in some minutes. Each deleted batch is
 * reported on standard error: when its transaction began and ended, in milliseconds since 1970, the delay of the event loop
 * since the first batch in milliseconds (99 %), and the megabytes that the process holds.
 */
const LONG = 60_000;
const { setTimeout } = globalThis;
globalThis.setTimeout = ((work: () => void, delay?: number, ...words: unknown[]) => {
  if (delay !== undefined && delay > LONG) process.once('SIGUSR2', work);
  return setTimeout(work, delay, ...words);
}) as typeof setTimeout;

const RESOLUTION = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
const BATCH = /^delete from /;
const COMMIT = /^commit$/i;
const begun = new WeakMap<object, number>();

hookEveryStatement({
  before(sql, connection) {
    if (!BATCH.test(sql)) return;
    delay.enable();
    begun.set(connection, performance.now());
  },
  after(sql, connection) {
    const time = begun.get(connection);
    if (!COMMIT.test(sql) || time === undefined) return;
    begun.delete(connection);
    const span = [time, performance.now()].map((moment) => performance.timeOrigin + moment);
    const delayed = delay.percentile(99) / 1e6 - RESOLUTION;
    process.stderr.write(`batch ${[...span, delayed, process.memoryUsage.rss() / 1_048_576].join(' ')}\n`);
  },
});
