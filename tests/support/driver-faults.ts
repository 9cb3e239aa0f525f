import type { MikroORM } from '@mikro-orm/core';

/** What happens around the statements of a driver. To throw is to make a statement fail. */
export interface StatementHooks {
  /** Where this throws, the database never sees the statement. */
  readonly before?: (sql: string) => void;
  /** Where this throws, the database has done what it was asked. `cut` ends a connection to PostgreSQL. */
  readonly after?: (sql: string, cut: () => void) => void;
}

interface PgClient {
  query(text: unknown, ...rest: unknown[]): Promise<unknown>;
  readonly connection: { readonly stream: { destroy(): void } };
}
/** A pool of the driver `pg`. */
export interface PgPool {
  readonly totalCount: number;
  readonly idleCount: number;
  connect(): Promise<PgClient & { release(): void }>;
  on(event: 'acquire', listener: (client: PgClient) => void): void;
}
interface SqliteStatement {
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
  if ('prepare' in native) hookSqlite(native, hooks);
  else hookPostgres(native, hooks);
}

function hookSqlite(connection: SqliteConnection, { before, after }: StatementHooks): void {
  const prepare = connection.prepare.bind(connection);
  connection.prepare = (sql) => {
    const statement = prepare(sql);
    for (const method of ['all', 'run'] as const) {
      const run = statement[method].bind(statement);
      statement[method] = (...values) => {
        before?.(sql);
        const result = run(...values);
        after?.(sql, () => undefined);
        return result;
      };
    }
    return statement;
  };
}

function hookPostgres(pool: PgPool, { before, after }: StatementHooks): void {
  const hooked = new WeakSet<PgClient>();
  pool.on('acquire', (client) => {
    if (hooked.has(client)) return;
    hooked.add(client);
    const query = client.query.bind(client);
    client.query = async (text, ...rest) => {
      before?.(String(text));
      const result = await query(text, ...rest);
      after?.(String(text), () => client.connection.stream.destroy());
      return result;
    };
  });
}
