import { hookEveryStatement } from '../tests/support/driver-faults.ts';

/**
 * Loaded before the program (`node --import`). SIGUSR2 starts the upkeep that is due in some minutes. Each deleted batch is
 * reported on standard error, with the time when its transaction began and ended, in milliseconds since 1970.
 */
const LONG = 60_000;
const { setTimeout } = globalThis;
globalThis.setTimeout = ((work: () => void, delay?: number, ...words: unknown[]) => {
  if (delay !== undefined && delay > LONG) process.once('SIGUSR2', work);
  return setTimeout(work, delay, ...words);
}) as typeof setTimeout;

const BATCH = /^delete from /;
const COMMIT = /^commit$/i;
const begun = new WeakMap<object, number>();

hookEveryStatement({
  before(sql, connection) {
    if (BATCH.test(sql)) begun.set(connection, performance.now());
  },
  after(sql, connection) {
    const time = begun.get(connection);
    if (!COMMIT.test(sql) || time === undefined) return;
    begun.delete(connection);
    process.stderr.write(`batch ${performance.timeOrigin + time} ${performance.timeOrigin + performance.now()}\n`);
  },
});
