import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { ensureKeysFile, readKeysFile } from '../server/src/keys-file.ts';
import { countRows } from './support/accounts.ts';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';
import { freshSqlite, onEachDatabase, openPatiently, runSql } from './support/databases.ts';
import { expiredRows } from './support/expired-rows.ts';
import { ManualClock, MINUTE } from './support/manual-clock.ts';
import { accessOf } from './support/outcomes.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const PATIENCE = 40_000;
jest.setTimeout(2 * PATIENCE);

const TABLES = [
  'simplejwt_session',
  'simplejwt_blacklisted_token',
  'simplejwt_security_event',
  'simplejwt_one_time_code',
];

/** Loaded before the program: delays of minutes take milliseconds, and each is reported on standard error. */
const HURRY = `data:text/javascript,${encodeURIComponent(`
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (work, delay, ...words) => {
    const isLong = delay > ${MINUTE};
    if (isLong) console.error('in ' + delay + ' ms');
    return setTimeout(work, isLong ? delay / 5_000 : delay, ...words);
  };`)}`;

/** A run of the program. */
interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly faults: () => string;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
}

let program: BuiltProgram;
let folder: string;
let keysFile: string;
beforeAll(async () => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-upkeep-'));
  keysFile = join(folder, 'keys.json');
  await ensureKeysFile(keysFile);
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true, force: true });
});

const startServer = useServers();
const runs: Run[] = [];
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function run(databaseUrl: string, words: readonly string[]): Run {
  const child = spawn(process.execPath, words, {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: databaseUrl,
      AUTH_KEYS_FILE: keysFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let faults = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (faults += String(chunk)));
  const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const started = { child, output: () => output, faults: () => faults, ended };
  runs.push(started);
  return started;
}

/** Starts the program as a server whose minutes take milliseconds. */
async function serveInHurry(databaseUrl: string): Promise<Run> {
  const started = run(databaseUrl, ['--import', HURRY, program.main]);
  await waitUntil(() => started.output().includes('is serving') || started.child.exitCode !== null, PATIENCE);
  return started;
}

/** The delays, in milliseconds, after which a process planned to purge. */
function delaysOf({ faults }: Run): number[] {
  return Array.from(faults().matchAll(/^in (\S+) ms$/gm), ([, delay]) => Number(delay));
}

async function open(databaseUrl: string): Promise<MikroORM> {
  const orm = await openPatiently(databaseUrl);
  cleanups.unshift(() => orm.close());
  return orm;
}

async function freshFile(): Promise<string> {
  const { url, remove } = freshSqlite();
  cleanups.unshift(remove);
  return url;
}

async function rowsOf(orm: MikroORM): Promise<number[]> {
  return Promise.all(TABLES.map(async (table) => countRows({ orm }, table)));
}

onEachDatabase((database) => {
  test('the command `purge` deletes only what has expired, and says how much', async () => {
    const databaseUrl = await database.fresh();
    const keys = await readKeysFile(keysFile);
    const server = await startServer({ databaseUrl, keys, clock: new ManualClock(Date.now()) });
    const { accessToken } = await server.client.register();
    const before = await rowsOf(server.orm);
    await expiredRows(server, 450);

    for (const count of [450, 0]) {
      const purge = run(databaseUrl, [program.main, 'purge']);
      expect(await purge.ended).toBe(0);
      expect(purge.output()).toBe(
        `Deleted ${count} sessions, ${count} blacklisted tokens and ${count} security events.\n`,
      );
      expect(purge.faults()).toBe('');
    }

    expect(await rowsOf(server.orm)).toEqual(before);
    expect(accessOf(await server.client.me(accessToken))).toBe('good');
  });
});

test('a server purges again and again on its own, and ends when it is told to', async () => {
  const databaseUrl = await freshFile();
  const started = await serveInHurry(databaseUrl);
  const orm = await open(databaseUrl);

  for (let round = 0; round < 2; round += 1) {
    await expiredRows({ orm, databaseUrl, clock: { now: Date.now } }, 20);
    await waitUntil(async () => (await rowsOf(orm)).every((rows) => rows === 0), PATIENCE);
  }

  started.child.kill('SIGTERM');
  expect(await started.ended).toBe(0);
  expect(started.faults().replaceAll(/^in \S+ ms\n/gm, '')).toBe('');
});

test('a failed purge is logged, and the next one deletes the rest', async () => {
  const databaseUrl = await freshFile();
  const started = await serveInHurry(databaseUrl);
  const orm = await open(databaseUrl);
  await runSql(
    databaseUrl,
    `create trigger keep before delete on simplejwt_security_event begin select raise(abort, 'no more'); end`,
  );
  await expiredRows({ orm, databaseUrl, clock: { now: Date.now } }, 20);

  await waitUntil(() => started.faults().includes('a background task failed'), PATIENCE);
  await waitUntil(async () => (await rowsOf(orm)).join() === '0,0,20,20', PATIENCE);
  await runSql(databaseUrl, 'drop trigger keep');

  await waitUntil(async () => (await rowsOf(orm)).every((rows) => rows === 0), PATIENCE);
  expect(started.child.exitCode).toBeNull();
});

test('a server waits five to fifteen minutes each time, and servers that start together purge at different times', async () => {
  const databaseUrl = await freshFile();
  const started = await Promise.all([serveInHurry(databaseUrl), serveInHurry(databaseUrl)]);
  await waitUntil(() => started.every((each) => delaysOf(each).length >= 5), PATIENCE);

  const delays = started.map(delaysOf);
  for (const delay of delays.flat()) {
    expect(delay).toBeGreaterThanOrEqual(5 * MINUTE);
    expect(delay).toBeLessThan(15 * MINUTE);
  }
  // No two delays are equal, in one process or across both.
  expect(new Set(delays.flat()).size).toBe(delays.flat().length);
});
