import { createRequire } from 'node:module';
import type { MikroORM } from '@mikro-orm/core';

/** What happens around the statements of a driver, on which connection. To throw is to make a statement fail. */
export interface StatementHooks {
  /** Where this throws, the database never sees the statement. */
  readonly before?: (sql: string, connection: PgClient | SqliteConnection, values: readonly unknown[]) => void;
  /** Where this throws, the database has done what it was asked. */
  readonly after?: (sql: string, connection: PgClient | SqliteConnection) => void;
}

/** A connection of the driver `pg`. */
export interface PgClient {
  query(text: unknown, ...rest: unknown[]): Promise<unknown>;
  readonly connection: { readonly stream: { destroy(): void } };
}
interface PgStatement {
  readonly text: string;
  readonly values?: readonly unknown[];
}
/** A pool of the driver `pg`. */
export interface PgPool {
  readonly totalCount: number;
  readonly idleCount: number;
  connect(): Promise<PgClient & { release(): void }>;
  on(event: 'acquire', listener: (client: PgClient) => void): void;
}
interface SqliteStatement {
  readonly source: string;
  readonly database: SqliteConnection;
  all(...values: unknown[]): unknown;
  run(...values: unknown[]): unknown;
}
/** A connection of the driver better-sqlite3. */
export interface SqliteConnection {
  prepare(sql: string): SqliteStatement;
  pragma(text: string, options?: { simple: boolean }): unknown;
}

/** The pool or the connection below an ORM. */
export async function nativeClient<T extends PgPool | SqliteConnection>(orm: MikroORM): Promise<T> {
  return (orm.em.getConnection() as unknown as { getNativeClient(): Promise<T> }).getNativeClient();
}

/** Wraps the driver below an ORM, from the outside. */
export async function hookStatements(orm: MikroORM, hooks: StatementHooks): Promise<void> {
  const native = await nativeClient(orm);
  if ('prepare' in native) return hookSqlite(native.prepare('select 1'), hooks, native);
  const hooked = new WeakSet<PgClient>();
  native.on('acquire', (client) => {
    if (hooked.has(client)) return;
    hooked.add(client);
    hookPostgres(client, hooks);
  });
}

/** Wraps both drivers of this process, for a program that is loaded after it. */
export function hookEveryStatement(hooks: StatementHooks): void {
  const require = createRequire(import.meta.url);
  const Sqlite = require('better-sqlite3') as new (path: string) => SqliteConnection;
  hookSqlite(new Sqlite(':memory:').prepare('select 1'), hooks);
  hookPostgres((require('pg') as { Client: { prototype: PgClient } }).Client.prototype, hooks);
}

/** Ends a connection to PostgreSQL as a network does that is gone. */
export function cut(connection: PgClient | SqliteConnection): void {
  if ('connection' in connection) connection.connection.stream.destroy();
}

/** Hooks the statements of one connection, or of all. The library keeps statements, so those are hooked that exist already too. */
function hookSqlite(statement: SqliteStatement, { before, after }: StatementHooks, only?: SqliteConnection): void {
  const all = Object.getPrototypeOf(statement) as SqliteStatement;
  for (const method of ['all', 'run'] as const) {
    const run = all[method];
    all[method] = function hooked(this: SqliteStatement, ...values) {
      if (only !== undefined && this.database !== only) return run.apply(this, values);
      before?.(this.source, this.database, values);
      const result = run.apply(this, values);
      after?.(this.source, this.database);
      return result;
    };
  }
}

/** @param target a connection, or what all of them inherit from. */
function hookPostgres(target: PgClient, { before, after }: StatementHooks): void {
  const { query } = target;
  target.query = async function hooked(asked, ...rest) {
    const statement = typeof asked === 'string' ? { text: asked } : (asked as PgStatement);
    const sql = statement.text;
    before?.(sql, this, statement.values ?? (rest[0] as readonly unknown[] | undefined) ?? []);
    const result = await query.call(this, asked, ...rest);
    after?.(sql, this);
    return result;
  };
}
