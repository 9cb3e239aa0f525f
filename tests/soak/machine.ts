import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** The machine that figures come from, in one line. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${cpu?.model.trim()}), ${memory} GB, ${type()} ${release()}, Node ${process.versions.node}`;
}

/** The SQLite that is built into the driver. */
export function sqliteVersion(): string {
  const Database = createRequire(import.meta.url)('better-sqlite3');
  const database = new Database(':memory:');
  const version = database.prepare('select sqlite_version() as version').get().version;
  database.close();
  return `SQLite ${version}`;
}

/** Megabytes of memory that a process holds. */
export function residentMemory(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Ends this process when it takes too long, so that no run is without an end. */
export function endAfter(minutes: number): void {
  setTimeout(() => {
    console.error(`Not finished after ${minutes} minutes.`);
    process.exit(1);
  }, minutes * 60_000).unref();
}

export class Stopwatch {
  readonly #begun = performance.now();

  get seconds(): number {
    return Math.round((performance.now() - this.#begun) / 100) / 10;
  }
}
