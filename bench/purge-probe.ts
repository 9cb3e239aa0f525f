import { createRequire } from 'node:module';

/**
 * Loaded before the program (`node --import`): SIGUSR2 starts the upkeep that would come in some minutes, and each batch
 * that was deleted is told on standard error, with the milliseconds for which its transaction held its locks.
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

function before(connection: object, sql: string): void {
  if (BATCH.test(sql)) begun.set(connection, performance.now());
}

function after(connection: object, sql: string): void {
  const time = begun.get(connection);
  if (!COMMIT.test(sql) || time === undefined) return;
  begun.delete(connection);
  process.stderr.write(`batch ${performance.now() - time}\n`);
}

interface SqliteStatement {
  all(...values: unknown[]): unknown;
  run(...values: unknown[]): unknown;
}
const require = createRequire(import.meta.url);
const Sqlite = require('better-sqlite3') as { prototype: { prepare: (this: object, sql: string) => SqliteStatement } };
const { prepare } = Sqlite.prototype;
Sqlite.prototype.prepare = function probed(sql) {
  const statement = prepare.call(this, sql);
  for (const method of ['all', 'run'] as const) {
    const run = statement[method].bind(statement);
    statement[method] = (...values) => {
      before(this, sql);
      const result = run(...values);
      after(this, sql);
      return result;
    };
  }
  return statement;
};

const { Client } = require('pg') as {
  Client: { prototype: { query: (this: object, ...words: unknown[]) => unknown } };
};
const { query } = Client.prototype;
Client.prototype.query = function probed(...words) {
  const sql = String(words[0]);
  before(this, sql);
  const result = query.apply(this, words);
  return result instanceof Promise ? result.finally(() => after(this, sql)) : result;
};
