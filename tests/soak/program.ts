import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildProgram } from '../support/build-program.ts';
import { waitUntil } from '../support/wait-until.ts';

type Library = typeof import('../../src/index.ts');
type OpenDatabase = typeof import('../../server/src/database/open-database.ts');

/** The built program and the built library, and a folder for what they write. */
export interface Build {
  readonly main: string;
  readonly library: Library;
  readonly openDatabase: OpenDatabase['openDatabase'];
  readonly migrate: OpenDatabase['migrate'];
  readonly folder: string;
}

/** Builds what is tested. It is removed, and every process started from it ended, when this process ends. */
export async function makeBuild(): Promise<Build> {
  const { main, library: libraryPath, remove } = buildProgram();
  const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-soak-'));
  process.once('exit', () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    remove();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const library = (await import(libraryPath)) as Library;
  const { openDatabase, migrate } = (await import(join(main, '../database/open-database.js'))) as OpenDatabase;
  return { main, library, openDatabase, migrate, folder };
}

const children = new Set<ChildProcess>();

export interface ProgramOptions {
  readonly databaseUrl: string;
  readonly keysFile: string;
  readonly port: number;
  readonly env?: Record<string, string>;
  /** A module that is loaded before the program. */
  readonly preload?: string;
}

/** A process of the program, as it runs in production. */
export class Program {
  readonly url: string;
  readonly #build: Build;
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;
  #errors = '';

  constructor(build: Build, options: ProgramOptions) {
    this.#build = build;
    this.#options = options;
    this.url = `http://127.0.0.1:${options.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** What it has written to its standard error, which is its log. */
  get errors(): string {
    return this.#errors;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Whether it was ended by `kill -9`, which it cannot have done to itself by a fault. */
  get wasKilled(): boolean {
    return this.#child?.signalCode === 'SIGKILL';
  }

  /** Starts it, and waits until it serves. Where it is killed before that, it is simply not running. */
  async start(env: Record<string, string> = {}): Promise<void> {
    const { preload } = this.#options;
    const words = preload === undefined ? [this.#build.main] : ['--import', preload, this.#build.main];
    const child = spawn(process.execPath, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environmentOf(this.#options), ...env },
    });
    this.#child = child;
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stderr.on('data', (chunk) => (this.#errors += String(chunk)));
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    await waitUntil(() => output.includes('is serving') || !this.isRunning, 30_000);
  }

  /**
   * For how long its event loop was blocked at most since the last call, in milliseconds. It needs `delay-probe.ts` as its
   * preload.
   */
  async longestBlock(): Promise<number> {
    const before = this.#errors.length;
    this.#child?.kill('SIGUSR2');
    await waitUntil(() => this.#errors.indexOf('\n', before) !== -1, 10_000);
    return Number(/blocked (-?[\d.]+)/.exec(this.#errors.slice(before))?.[1] ?? Number.NaN);
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Lets it end by itself. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

/** Makes the tables and the keys, as a deployment does. */
export function prepare(build: Build, options: ProgramOptions): void {
  execFileSync(process.execPath, [build.main, 'migrate', '--create'], { env: environmentOf(options) });
}

function environmentOf({ databaseUrl, keysFile, port, env }: ProgramOptions): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    AUTH_ISSUER: ISSUER,
    AUTH_KEYS_FILE: keysFile,
    AUTH_REGISTRATION: 'open',
    AUTH_MAX_SESSIONS: '10000',
    // All come from one address.
    AUTH_LOGIN_BUDGET: '100000/1m',
    AUTH_REGISTER_BUDGET: '100000/1m',
    AUTH_REFRESH_BUDGET: '100000/1m',
    ...env,
  };
}

export const ISSUER = 'https://auth.example.com';
