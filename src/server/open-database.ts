import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type EntitySchema, MikroORM, type Options } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { SqliteDriver } from '@mikro-orm/sqlite';
import { CompiledQuery, type DatabaseConnection } from 'kysely';

/** Milliseconds. SQLite waits with the event loop held, so not for long; the library tries again without. */
const SQLITE_BUSY_TIMEOUT = 20;

type Entities = readonly EntitySchema[];

/** The ORM's options for a `sqlite:` or `postgresql:` URL; its command line uses the same. */
export function databaseOptions(databaseUrl: string, entities: Entities): Partial<Options> {
  return databaseUrl.startsWith('sqlite:')
    ? sqliteOptions(databaseUrl.slice('sqlite:'.length), entities)
    : postgresqlOptions(databaseUrl, entities);
}

/** Opens the database. Its tables are made by `migrate`. */
export async function openDatabase(databaseUrl: string, entities: Entities): Promise<MikroORM> {
  return MikroORM.init(databaseOptions(databaseUrl, entities) as Options);
}

/** Applies the migrations that are pending, and says which. */
export async function migrate(orm: MikroORM): Promise<string[]> {
  const applied = await orm.migrator.up();
  return applied.map(({ name }) => name);
}

/** The migrations that are still to be applied. */
export async function pendingMigrations(orm: MikroORM): Promise<string[]> {
  const pending = await orm.migrator.getPending();
  return pending.map(({ name }) => name);
}

function sqliteOptions(path: string, entities: Entities): Partial<Options> {
  mkdirSync(dirname(path), { recursive: true });
  return {
    ...commonOptions('sqlite', entities),
    driver: SqliteDriver,
    dbName: path,
    driverOptions: { timeout: SQLITE_BUSY_TIMEOUT },
    onCreateConnection: async (connection: unknown) => {
      for (const pragma of ['journal_mode = WAL', 'synchronous = FULL'])
        await (connection as DatabaseConnection).executeQuery(CompiledQuery.raw(`pragma ${pragma}`));
    },
  };
}

function postgresqlOptions(url: string, entities: Entities): Partial<Options> {
  return { ...commonOptions('postgresql', entities), driver: PostgreSqlDriver, clientUrl: url };
}

function commonOptions(dialect: 'sqlite' | 'postgresql', entities: Entities): Partial<Options> {
  const path = join(import.meta.dirname, 'migrations', dialect);
  return {
    entities: [...entities],
    extensions: [Migrator],
    migrations: { path, pathTs: path, tableName: 'auth_migration', snapshotName: 'snapshot', silent: true },
  };
}
