import { createHash } from 'node:crypto';
import { CompiledQuery } from 'kysely';
import type { EntityManager } from './tables.ts';
import { driverCode, isForgotten } from './driver-errors.ts';
import { ReadGroup } from './read-group.ts';

/** The rows that a statement returned, or how many it changed. */
export interface StatementResult {
  readonly rows: readonly object[];
  readonly count: number;
}

/** The part of better-sqlite3, and of drivers with its interface, that is used here. */
interface SqliteDriver {
  prepare(sql: string): SqliteStatement;
}
interface SqliteStatement {
  readonly reader: boolean;
  all(parameters: readonly unknown[]): object[];
  run(parameters: readonly unknown[]): { readonly changes: number };
}

/**
 * Runs a statement that the database parses once for each connection. Its text must be one of few, and name its columns: SQLite's
 * driver keeps the columns of a `select *` when another process has added one.
 */
export async function runPrepared(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<StatementResult> {
  const sqlite = await sqliteDriverOf(em);
  if (sqlite === null) return runNamed(em, sql, parameters);
  if (em.isInTransaction()) return runKept(sqlite, sql, parameters);
  return readGroupOf(sqlite).run(em, () => runKept(sqlite, sql, parameters));
}

const readGroups = new WeakMap<SqliteDriver, ReadGroup>();

function readGroupOf(driver: SqliteDriver): ReadGroup {
  let group = readGroups.get(driver);
  if (group === undefined) readGroups.set(driver, (group = new ReadGroup()));
  return group;
}

const sqliteDrivers = new WeakMap<object, Promise<SqliteDriver | null>>();

/** Connects the ORM. On SQLite this uses the one connection, so it comes before a transaction that holds the connection. */
export async function connect(em: EntityManager): Promise<void> {
  await sqliteDriverOf(em);
}

/** The driver below an ORM, if statements of it can be kept. A host may have brought another one. */
async function sqliteDriverOf(em: EntityManager): Promise<SqliteDriver | null> {
  const connection = em.getConnection();
  // An ORM that connects again has another one.
  const client = connection.getClient();
  let driver = sqliteDrivers.get(client);
  if (driver === undefined) {
    driver = findSqliteDriver(connection);
    sqliteDrivers.set(client, driver);
  }
  return driver;
}

async function findSqliteDriver(connection: object): Promise<SqliteDriver | null> {
  if (!('getNativeClient' in connection)) return null;
  // It throws if the host has passed a Kysely dialect.
  const native: unknown = await (connection as { getNativeClient(): Promise<unknown> })
    .getNativeClient()
    .catch(() => null);
  return typeof native === 'object' && native !== null && 'prepare' in native ? (native as SqliteDriver) : null;
}

const keptStatements = new WeakMap<SqliteDriver, Map<string, SqliteStatement>>();

function runKept(driver: SqliteDriver, sql: string, parameters: readonly unknown[]): StatementResult {
  let statements = keptStatements.get(driver);
  if (statements === undefined) keptStatements.set(driver, (statements = new Map()));
  let statement = statements.get(sql);
  if (statement === undefined) statements.set(sql, (statement = driver.prepare(sql)));
  if (!statement.reader) return { rows: [], count: statement.run(parameters).changes };
  const rows = statement.all(parameters);
  return { rows, count: rows.length };
}

/** ORMs whose statements do not stay prepared, as behind a pooler that gives each transaction another connection. */
const withoutNames = new WeakSet<object>();
const names = new Map<string, string>();

async function runNamed(em: EntityManager, sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
  const pool = em.getConnection().getClient();
  // Kysely hands the text to the driver as it is, and the driver takes this in its place.
  const text = withoutNames.has(pool) ? sql : ({ name: nameOf(sql), text: sql } as unknown as string);
  try {
    const { rows, numAffectedRows } = await em.getKysely().executeQuery(CompiledQuery.raw(text, [...parameters]));
    return { rows: rows as object[], count: Number(numAffectedRows ?? rows.length) };
  } catch (error) {
    if (isForgotten(driverCode(error))) withoutNames.add(pool);
    throw error;
  }
}

/** The same name must mean the same text in each process, because a pooler shares connections between them. */
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined)
    names.set(sql, (name = `simplejwt_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`));
  return name;
}
