import { createRequire } from 'node:module';

/**
 * Loaded before the program (`node --import`), wraps the drivers below it and kills the process where a rotation has
 * come to CRASH_POINT for the CRASH_COUNT-th time. The program itself has no hook for this.
 */
const point = process.env['CRASH_POINT'];
let left = Number(process.env['CRASH_COUNT']);

const ROTATION = /^update .auth_session. set .refresh_jti/;
const COMMIT = /^commit$/i;

const require = createRequire(import.meta.url);
/** Connections that have a rotation in their open transaction. */
const rotating = new WeakSet<object>();

function before(connection: object, sql: string): void {
  if (ROTATION.test(sql)) {
    if (point === 'before-update') strike();
    rotating.add(connection);
  }
  if (COMMIT.test(sql) && point === 'before-commit' && rotating.has(connection)) strike();
}

function after(connection: object, sql: string): void {
  if (COMMIT.test(sql) && rotating.delete(connection) && point === 'after-commit') strike();
}

function strike(): void {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

interface SqliteStatement {
  all(...values: unknown[]): unknown;
  run(...values: unknown[]): unknown;
}
const Sqlite = require('better-sqlite3') as { prototype: { prepare(sql: string): SqliteStatement } };
const prepare = Sqlite.prototype.prepare;
Sqlite.prototype.prepare = function hooked(sql) {
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

const { Client } = require('pg') as { Client: { prototype: { query(...words: unknown[]): unknown } } };
const query = Client.prototype.query;
Client.prototype.query = function hooked(...words) {
  const sql = String(words[0]);
  before(this, sql);
  const result = query.apply(this, words);
  if (!(result instanceof Promise)) return result;
  return result.then((rows) => {
    after(this, sql);
    return rows;
  });
};
