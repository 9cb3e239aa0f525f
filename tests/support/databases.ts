import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MikroORM, type Options } from '@mikro-orm/core';
import { authEntities } from '../../src/entities.ts';
import { databaseOptions } from '../../server/src/database/open-database.ts';

/** Where the run's shared PostgreSQL is: `global-setup.ts` starts it, `global-teardown.ts` stops it. */
export const POSTGRES_URL = 'TEST_POSTGRES_URL';

/** A kind of database that the tests run on. */
export interface TestDatabase {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** The URL of an empty database of one's own. It is removed when the tests of the block are over. */
  fresh(): Promise<string>;
}

/** What the database decides is tested on each. Every server that a test starts there must be stopped by it. */
export function onEachDatabase(body: (database: TestDatabase) => void): void {
  describe.each(['SQLite', 'PostgreSQL'] as const)('on %s', (name) => {
    const cleanups: (() => Promise<void>)[] = [];
    body({
      name,
      async fresh() {
        const { url, remove } = name === 'SQLite' ? freshSqlite() : await freshPostgres();
        cleanups.push(remove);
        return url;
      },
    });
    // jest runs these in the order of their declaration, so the block's own come first and stop its servers.
    afterAll(async () => {
      for (const cleanup of cleanups.splice(0)) await cleanup();
    }, LONGEST_CLEANUP);
  });
}

/** Milliseconds. Each test of a file has left a database. */
const LONGEST_CLEANUP = 180_000;

interface FreshDatabase {
  readonly url: string;
  readonly remove: () => Promise<void>;
}

/** An empty SQLite file in a folder of its own. */
export function freshSqlite(): FreshDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-'));
  return {
    url: `sqlite:${join(folder, 'auth.db')}`,
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface SqliteFile {
  exec(sql: string): void;
  close(): void;
}

/** Holds the write lock of a SQLite file, as another process does, until the result is called. */
export function holdWriteLock(path: string): () => void {
  const File = createRequire(import.meta.url)('better-sqlite3') as new (path: string) => SqliteFile;
  const file = new File(path);
  file.exec('begin immediate');
  return () => {
    file.exec('rollback');
    file.close();
  };
}

/** An empty database on the shared PostgreSQL. */
export async function freshPostgres(server = process.env[POSTGRES_URL]): Promise<FreshDatabase> {
  if (server === undefined) throw new Error(`${POSTGRES_URL} is not set: was jest started without its configuration?`);
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  await runSql(server, `create database ${name}`);
  return { url: url.href, remove: async () => runSql(server, `drop database if exists ${name} with (force)`) };
}

/** Runs one statement over a connection of its own. */
export async function runSql(databaseUrl: string, statement: string): Promise<void> {
  const orm = await openPatiently(databaseUrl);
  try {
    await orm.em.getConnection().execute(statement);
  } finally {
    await orm.close();
  }
}

/** Opens a database that others use, on a machine that may be busy: it waits longer than a server does for a connection or a lock. */
export async function openPatiently(databaseUrl: string): Promise<MikroORM> {
  const options = await databaseOptions(databaseUrl, authEntities);
  const patience = databaseUrl.startsWith('sqlite:') ? { timeout: 10_000 } : { connectionTimeoutMillis: 30_000 };
  const driverOptions = { ...(options.driverOptions as object), ...patience };
  return MikroORM.init({ ...options, driverOptions } as Options);
}
