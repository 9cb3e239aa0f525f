import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { freshPostgres, freshSqlite, openPatiently, runSql } from '../tests/support/databases.ts';
import { expiredRows } from '../tests/support/expired-rows.ts';
import { freePort } from '../tests/support/free-port.ts';
import { startPostgres } from '../tests/support/postgres.ts';
import { describeMachine, endAfter, sqliteVersion } from '../tests/soak/machine.ts';
import { ISSUER, makeBuild, Program } from '../tests/soak/program.ts';
import { openSessions } from '../tests/soak/sessions.ts';
import type { Span } from './purge-clients.ts';

const run = promisify(execFile);
const { values } = parseArgs({ options: { rows: { type: 'string', default: '100000' } } });
/** Rows of each of the five tables. */
const TABLES = 5;
const ROWS = Math.ceil(Number(values.rows) / TABLES);
const CLIENTS = 4;
/**
 * How long the program warms up, and how long it is then measured without a purge, in milliseconds. The second is long
 * enough to include a collection of old garbage, which delays some refreshes about once a minute.
 */
const WARM_UP = 10_000;
const BASELINE = 60_000;
const LIMIT = 50;
/** Rows of each table that are added at a time, and milliseconds between: the disk must be free for the clients meanwhile. */
const PORTION = 5_000;
const PORTION_BREAK = 200;

endAfter(15 + Number(values.rows) / 20_000);
let isWithin = true;
const built = await makeBuild();
const postgres = await startPostgres({ isDurable: true });
const probe = join(import.meta.dirname, 'purge-probe.ts');
// Makes PostgreSQL log every wait of a millisecond or more for a lock.
for (const setting of ['log_lock_waits = on', `deadlock_timeout = '1ms'`])
  await runSql(postgres.url('postgres'), `alter system set ${setting}`);
await runSql(postgres.url('postgres'), 'select pg_reload_conf()');
console.log(`Purge of ${TABLES * ROWS} rows while ${CLIENTS} clients refresh, against the built program over HTTP`);
console.log(`${describeMachine()}, ${sqliteVersion()}, ${postgres.version}`);
console.log(`load average before: ${loadavg()[0]?.toFixed(1)}; milliseconds: median / 99 % / longest`);
try {
  for (const by of ['the serving process', 'another process'] as const) {
    await measure('SQLite', by, freshSqlite());
    await measure('PostgreSQL', by, await freshPostgres(postgres.url('postgres')));
  }
} finally {
  await postgres.stop();
}
console.log(isWithin ? `Nobody waited ${LIMIT} ms for a batch.` : `Somebody waited for over ${LIMIT} ms.`);
process.exit(isWithin ? 0 : 1);

async function measure(
  name: string,
  by: 'the serving process' | 'another process',
  database: { url: string; remove(): Promise<void> },
): Promise<void> {
  const keysFile = join(built.folder, `${name} by ${by}.json`);
  const options = { databaseUrl: database.url, keysFile, port: await freePort(), preload: probe };
  const pairs = await openSessions(built, options, CLIENTS);
  const program = new Program(built, options);
  await program.start();
  const workerData = { url: program.url, refreshTokens: pairs.map(({ refreshToken }) => refreshToken) };
  const clients = new Worker(join(import.meta.dirname, 'purge-clients.ts'), { workerData });
  const takeRefreshes = async (): Promise<Span[]> => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
    clients.postMessage('take');
    return ((await once(clients, 'message')) as [Span[]])[0];
  };
  await pause(WARM_UP);
  await takeRefreshes();
  await pause(BASELINE);
  const without = summary(lengths(await takeRefreshes()));

  const orm = await openPatiently(database.url);
  const filled = { orm, databaseUrl: database.url, clock: { now: Date.now } };
  for (let rows = 0; rows < ROWS; rows += PORTION) {
    await expiredRows(filled, Math.min(PORTION, ROWS - rows), rows);
    await pause(PORTION_BREAK);
  }
  // The last table that a purge comes to.
  const isDone = async () =>
    (await orm.em.getConnection().execute('select id from simplejwt_one_time_code limit 1')).length === 0;
  await pause(1_000);
  await takeRefreshes();
  const waitsBefore = lockWaits().length;
  const begun = performance.now();
  let log: string;
  if (by === 'another process') {
    const env = {
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      AUTH_ISSUER: ISSUER,
      AUTH_KEYS_FILE: keysFile,
      AUTH_REGISTRATION: 'open',
    };
    log = (await run(process.execPath, ['--import', probe, built.main, 'purge'], { env, maxBuffer: 10e6 })).stderr;
  } else {
    process.kill(program.pid as number, 'SIGUSR2');
    while (!(await isDone())) await pause(50);
    log = program.errors;
  }
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
  const refreshes = await takeRefreshes();
  const during = summary(lengths(refreshes));
  const waitsForLocks = lockWaits().slice(waitsBefore);
  await clients.terminate();
  await program.kill();
  await orm.close();
  await database.remove();

  const reports = Array.from(log.matchAll(/^batch (.*)$/gm), ([, numbers = '']) => numbers.split(' ').map(Number));
  const batches = reports.map(([begin = 0, end = 0]): Span => [begin, end]);
  const [first, last] = [reports[Math.floor(reports.length / 10)], reports.at(-1)];
  const [delay, before, after] = [last?.[2], first?.[3], last?.[3]].map((figure) => figure?.toFixed(1));
  const held = summary(lengths(batches));
  const beside = summary(refreshes.map((refresh) => timeBeside(refresh, batches)));
  // On SQLite every other writer waits that long. On PostgreSQL a batch locks only rows that no client asks for.
  isWithin &&= name === 'SQLite' ? held.longest < LIMIT : waitsForLocks.length === 0;
  isWithin &&= beside.longest < LIMIT;
  console.log(`${name}, by ${by}: ${batches.length} batches in ${seconds} s, each held its locks ${held.text}`);
  console.log(
    `  ${without.count} refreshes before the purge: ${without.text}; ${during.count} during it: ${during.text}`,
  );
  console.log(`  while a batch held its locks a refresh took ${beside.text}`);
  console.log(
    `  event loop of the purge, 99 %: ${delay} ms late; its memory: ${before} MB after a tenth, ${after} MB at the end`,
  );
  if (name === 'PostgreSQL') {
    console.log(`  ${waitsForLocks.length} waits of a millisecond or more for a lock`);
    for (const wait of waitsForLocks) console.log(`    ${wait}`);
  }
}

/** How long a refresh overlapped with batches: the longest time that they can have kept it waiting. */
function timeBeside([begun, ended]: Span, batches: readonly Span[]): number {
  const common = batches.map(([begin, end]) => Math.max(0, Math.min(ended, end) - Math.max(begun, begin)));
  return common.reduce((sum, time) => sum + time, 0);
}

function lengths(spans: readonly Span[]): number[] {
  return spans.map(([begun, ended]) => ended - begun);
}

/** What has waited for a lock so far, in the words of the database. */
function lockWaits(): string[] {
  return postgres.log().match(/process \d+ still waiting for .*/g) ?? [];
}

function summary(times: readonly number[]) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  const [median, most, longest] = [at(0.5), at(0.99), at(1)];
  const text = [median, most, longest].map((time) => time.toFixed(1)).join(' / ');
  return { count: times.length, median, longest, text };
}
