import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freshPostgres, freshSqlite } from '../support/databases.ts';
import { startPostgres, type Postgres } from '../support/postgres.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { HonestClient } from './honest-client.ts';
import { judge, openStage } from './honest-stage.ts';
import { describeMachine, endAfter, sqliteVersion, Stopwatch } from './machine.ts';
import { makeBuild } from './program.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    /** One part of three: `sqlite`, `postgresql`, `database`. */
    only: { type: 'string' },
  },
});
const ROTATIONS = values.short ? 50 : 10_000;
const RANDOM_KILLS = values.short ? 2 : 30;
const KILLS_PER_POINT = values.short ? 1 : 100;
const DATABASE_KILLS = values.short ? 1 : 20;
const CLIENTS = 8;
const POINTS = ['before-update', 'before-commit', 'after-commit'];
/** Milliseconds. */
const SERVED_AGAIN_WITHIN = 2_000;

endAfter(values.short ? 4 : 90);
const failures: string[] = [];
const built = await makeBuild();
const postgres = await startPostgres({ isDurable: true });
console.log(
  `Crashes of the built program in production, and of PostgreSQL, under ${CLIENTS} clients that retry with their keys`,
);
console.log(`${describeMachine()}, ${sqliteVersion()}, ${postgres.version}`);
try {
  const isAsked = (part: string) => values.only === undefined || values.only === part;
  if (isAsked('sqlite')) await killProgram('SQLite', freshSqlite());
  if (isAsked('postgresql')) await killProgram('PostgreSQL', await freshPostgres(postgres.url('postgres')));
  if (isAsked('database')) await killDatabase(postgres);
} finally {
  await postgres.stop();
}
for (const failure of failures.slice(0, 20)) console.error(`FAULT ${failure}`);
console.log(failures.length === 0 ? 'All as promised.' : `${failures.length} faults.`);
process.exit(failures.length === 0 ? 0 : 1);

interface FreshDatabase {
  readonly url: string;
  remove(): Promise<void>;
}

async function killProgram(name: string, database: FreshDatabase): Promise<void> {
  const { clients, program } = await open(database);
  const watch = new Stopwatch();
  let isOver = false;
  const running = Promise.all(clients.map((client) => client.run(() => isOver)));
  const acknowledged = () => sum(clients.map((client) => client.acknowledged));

  let kills = 0;
  while (kills < RANDOM_KILLS || acknowledged() < ROTATIONS) {
    await program.start();
    await pause(Math.random() * 1_500);
    await program.kill();
    if (!program.wasKilled) failures.push(`${name}: ended by itself: ${program.errors.slice(-500)}`);
    kills += 1;
  }
  report(name, `${acknowledged()} rotations acknowledged under ${kills} kills at random in ${watch.seconds} s`);

  for (const point of POINTS) {
    const pointWatch = new Stopwatch();
    const before = acknowledged();
    for (let left = KILLS_PER_POINT; left > 0; left -= 1) {
      const count = 1 + Math.floor(Math.random() * 5);
      await program.start({ CRASH_POINT: point, CRASH_COUNT: String(count) });
      await waitUntil(() => !program.isRunning, 30_000);
      if (!program.wasKilled) failures.push(`${name}: ended by itself: ${program.errors.slice(-500)}`);
    }
    report(
      name,
      `${acknowledged() - before} rotations under ${KILLS_PER_POINT} kills ${point} in ${pointWatch.seconds} s`,
    );
  }

  await program.start();
  isOver = true;
  await running;
  await program.kill();
  await conclude(name, clients, database);
  await database.remove();
}

/** PostgreSQL is killed; the program is not touched. */
async function killDatabase(server: Postgres): Promise<void> {
  const name = 'PostgreSQL killed';
  const database = await freshPostgres(server.url('postgres'));
  const { clients, program } = await open(database);
  await program.start();
  const { pid } = program;
  let isOver = false;
  const running = Promise.all(clients.map((client) => client.run(() => isOver)));
  const acknowledged = () => sum(clients.map((client) => client.acknowledged));

  const delays: number[] = [];
  for (let left = DATABASE_KILLS; left > 0; left -= 1) {
    await pause(200 + Math.random() * 800);
    server.kill();
    await pause(Math.random() * 500);
    await server.restart();
    const up = performance.now();
    const before = clients.map((client) => client.acknowledged);
    await waitUntil(() => clients.every((client, index) => client.acknowledged > (before[index] ?? 0)), 30_000);
    delays.push(performance.now() - up);
  }
  isOver = true;
  await running;
  const slowest = Math.round(Math.max(...delays));
  const codes = [...new Set(clients.flatMap((client) => [...client.codes]))].filter(
    (code) => code !== 'INVALID_REFRESH_TOKEN',
  );
  report(
    name,
    `${acknowledged()} rotations under ${DATABASE_KILLS} kills of the database: served again at most ${slowest} ms after it ` +
      `was up, errors meanwhile: ${codes.join(', ') || 'none'}, retries: ${sum(clients.map((client) => client.retries))}`,
  );
  if (slowest > SERVED_AGAIN_WITHIN) failures.push(`${name}: served again after ${slowest} ms`);
  if (codes.some((code) => code !== 'SERVICE_UNAVAILABLE')) failures.push(`${name}: ${codes.join(', ')}`);
  if (program.pid !== pid || !program.isRunning) failures.push(`${name}: the program did not live through it`);
  await program.kill();
  await conclude(name, clients, database);
  await database.remove();
}

async function open(database: FreshDatabase) {
  const preload = join(import.meta.dirname, 'crash-points.ts');
  return openStage(built, { databaseUrl: database.url, clients: CLIENTS, preload });
}

async function conclude(name: string, clients: readonly HonestClient[], database: FreshDatabase): Promise<void> {
  const { faults, summary } = await judge(built, clients, database.url);
  failures.push(...faults.map((fault) => `${name}: ${fault}`));
  report(name, summary);
}

function report(name: string, text: string): void {
  console.log(`${name}: ${text}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
