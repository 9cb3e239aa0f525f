/**
 * Sends a mixed load to the built program on SQLite and on PostgreSQL, and watches what the processes hold: `npm run test:load`.
 * Live objects, handles and connections must be flat: less than a tenth more in the last third than in the first. So must the memory
 * of a run of at least an hour. It takes six minutes, and an hour with `-- --minutes 60`.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freshPostgres, freshSqlite } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { GraphQLClient } from '../support/graphql-client.ts';
import { startPostgres } from '../support/postgres.ts';
import { waitUntil } from '../support/wait-until.ts';
import { describeMachine, endAfter, residentMemory } from './machine.ts';
import { MixedClient } from './mixed-client.ts';
import { makeBuild, Program } from './program.ts';
import { openSessions } from './sessions.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '6' } } });
const MINUTES = Number(values.minutes);
const CLIENTS = 8;
/** Milliseconds. V8 gives a process more room for garbage in its first minutes. */
const WARM_UP = Math.max(60_000, MINUTES * 6_000);
const SAMPLE_EVERY = 2_000;
/**
 * Minutes of a run whose memory is judged. For the first half hour, V8 takes room for garbage, and SQLite's cache grows to its
 * sixteen megabytes.
 */
const JUDGED_FROM = 60;
const MOST_GROWTH = 1.1;
/** Short, so that sessions, blacklist rows and entries of the mirror are made and end many times in the time of the run. */
const LIFETIMES = { AUTH_ACCESS_TOKEN_LIFETIME: '1m', AUTH_REFRESH_TOKEN_LIFETIME: '10m', AUTH_BCRYPT_COST: '10' };

interface Sample {
  /** Megabytes that the process holds, and megabytes of its objects. */
  readonly memory: number;
  readonly heap: number;
  /** Its timers, sockets and requests under way; its open files, sockets among them; its sockets. */
  readonly handles: number;
  readonly files: number;
  readonly connections: number;
}

endAfter(1.1 * MINUTES + 5);
const build = await makeBuild();
const postgres = await startPostgres({ isDurable: true });
console.log(`${MINUTES} minutes of a mixed load by ${CLIENTS} clients on each database`);
console.log(`${describeMachine()}, ${postgres.version}`);
const faults = (
  await Promise.all([
    watch('SQLite', freshSqlite().url),
    watch('PostgreSQL', (await freshPostgres(postgres.url('postgres'))).url),
  ])
).flat();
await postgres.stop();
for (const fault of faults.slice(0, 20)) console.error(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'All as promised.' : `${faults.length} faults.`);
process.exit(faults.length === 0 ? 0 : 1);

async function watch(name: string, databaseUrl: string): Promise<string[]> {
  const port = await freePort();
  const options = {
    databaseUrl,
    keysFile: join(build.folder, `keys-${port}.json`),
    port,
    env: LIFETIMES,
    preload: join(import.meta.dirname, 'resource-probe.ts'),
  };
  await openSessions(build, options, 0);
  const program = new Program(build, options);
  await program.start();
  const http = new GraphQLClient(program.url);
  const clients = Array.from({ length: CLIENTS }, (_, index) => new MixedClient(http, `${name}-${index}`));
  let isOver = false;
  const running = Promise.all(clients.map((client) => client.run(() => isOver)));

  await pause(WARM_UP);
  const samples: Sample[] = [];
  const end = performance.now() + MINUTES * 60_000;
  while (performance.now() < end) {
    await pause(SAMPLE_EVERY);
    samples.push(await sample(program));
  }
  isOver = true;
  await running;
  const log = program.errors.replaceAll(/^resources .*\n/gm, '');
  await program.stop();

  const requests = clients.reduce((total, client) => total + client.requests, 0);
  console.log(`${name}: ${requests} requests, ${samples.length} samples`);
  return [
    ...clients.flatMap((client) => client.faults.map((fault) => `${name}: ${fault}`)),
    ...(log === '' ? [] : [`${name}: the log says ${log}`]),
    ...(['memory', 'heap', 'handles', 'files', 'connections'] as const).flatMap((what) => {
      const grown = judge(
        `${name}, ${what}`,
        samples.map((each) => each[what]),
      );
      return what === 'memory' && MINUTES < JUDGED_FROM ? [] : grown;
    }),
  ];
}

async function sample(program: Program): Promise<Sample> {
  const pid = program.pid ?? 0;
  const before = program.errors.length;
  process.kill(pid, 'SIGUSR2');
  await waitUntil(() => program.errors.indexOf('\n', before) !== -1);
  const [, heap, handles] = /resources (\S+) (\d+)/.exec(program.errors.slice(before)) ?? [];
  const files = readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(`/proc/${pid}/fd/${fd}`));
  return {
    memory: residentMemory(pid),
    heap: Number(heap),
    handles: Number(handles),
    files: files.length,
    connections: files.filter((target) => target.startsWith('socket:')).length,
  };
}

/** A file may be closed while it is looked at. */
function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function judge(what: string, measured: readonly number[]): string[] {
  const third = Math.floor(measured.length / 3);
  const [first, second, last] = [0, 1, 2].map((part) => mean(measured.slice(part * third, (part + 1) * third)));
  const growth = (last ?? Number.NaN) / (first ?? Number.NaN);
  const shown = [first, second, last].map((value) => (value ?? Number.NaN).toFixed(1)).join(', ');
  console.log(`  ${what.padEnd(26)} ${shown}: ${growth.toFixed(3)}`);
  return growth < MOST_GROWTH ? [] : [`${what}: ${growth.toFixed(3)} times as much in the last third`];
}

function mean(measured: readonly number[]): number {
  return measured.reduce((total, each) => total + each, 0) / measured.length;
}
