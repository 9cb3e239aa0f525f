import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { type Constructor, type EntitySchema, MikroORM, type Options } from '@mikro-orm/core';
import { type Migration, Migrator } from '@mikro-orm/migrations';
import { CompiledQuery, type DatabaseConnection } from 'kysely';
import { StartError } from '../environment.ts';
import { type DatabaseAddress, parseDatabaseUrl } from './database-url.ts';

/** Milliseconds. SQLite blocks the event loop while it waits, so the wait is short and the library retries. */
const SQLITE_BUSY_TIMEOUT = 20;

/** Milliseconds to wait for a new connection, or for a free one of the pool. */
const CONNECT_TIMEOUT = 3_000;
/** The same, for a command that nobody's request waits for. */
const PATIENT_CONNECT_TIMEOUT = 30_000;
/** Milliseconds after which a silent connection is closed. Longer than any statement may take. */
const LONGEST_SILENCE = 6_000;
/**
 * Limits that PostgreSQL enforces on each connection. A transaction that ends sessions must be short, because the other
 * processes look back one minute. `transaction_timeout` is new in PostgreSQL 17. In older versions the others suffice.
 */
const POSTGRESQL_LIMITS = {
  statement_timeout: '4s',
  lock_timeout: '3s',
  idle_in_transaction_session_timeout: '4s',
  transaction_timeout: '10s',
};

type Entities = readonly EntitySchema[];

/** The ORM's options for a `sqlite:` or `postgresql:` URL. The ORM's command line uses them too. Only the driver in use is loaded. */
export async function databaseOptions(databaseUrl: string, entities: Entities): Promise<Partial<Options>> {
  const address = parseDatabaseUrl(databaseUrl);
  return address.dialect === 'sqlite' ? sqliteOptions(address.path, entities) : postgresqlOptions(address, entities);
}

/**
 * Opens the database, and connects when it is first used. `migrate` creates its tables.
 *
 * @throws StartError if its file cannot be made.
 */
export async function openDatabase(databaseUrl: string, entities: Entities): Promise<MikroORM> {
  return orStartError(async () => {
    const address = parseDatabaseUrl(databaseUrl);
    if (address.dialect === 'sqlite') createPrivateFile(address.path);
    return MikroORM.init((await databaseOptions(databaseUrl, entities)) as Options);
  });
}

/**
 * Creates the database if it does not exist.
 *
 * @throws StartError if it cannot be created.
 */
export async function createDatabase(databaseUrl: string): Promise<void> {
  if (await databaseExists(databaseUrl)) return;
  await orStartError(async () => {
    const address = parseDatabaseUrl(databaseUrl);
    if (address.dialect === 'sqlite') return createPrivateFile(address.path);
    const url = new URL(databaseUrl);
    const name = decodeURIComponent(url.pathname.slice(1));
    url.pathname = '/postgres';
    await onConnection(url.href, `create database "${name.replaceAll('"', '""')}"`);
  });
}

/**
 * Whether the database exists. It is not created.
 *
 * @throws StartError if nobody can tell.
 */
export async function databaseExists(databaseUrl: string): Promise<boolean> {
  const address = parseDatabaseUrl(databaseUrl);
  if (address.dialect === 'sqlite') return address.path === ':memory:' || existsSync(address.path);
  return orStartError(async () => {
    try {
      await onConnection(databaseUrl, 'select 1');
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === '3D000') return false;
      throw error;
    }
  });
}

/** Says in one line what the driver or the system says. */
async function orStartError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A host name with several addresses fails with an error for each.
    const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
    if (!(first instanceof Error) || first instanceof TypeError) throw error;
    throw new StartError([`DATABASE_URL: ${first.message}`]);
  }
}

/** Runs one statement without any entity. */
async function onConnection(databaseUrl: string, statement: string): Promise<void> {
  const options = { ...(await databaseOptions(databaseUrl, [])), discovery: { warnWhenNoEntities: false } };
  const orm = await MikroORM.init(withoutLimits(options) as Options);
  try {
    await orm.em.getConnection().execute(statement);
  } finally {
    await orm.close();
  }
}

/** Only the owner may read the database, which holds e-mails and password hashes. SQLite's other files inherit the mode. */
function createPrivateFile(path: string): void {
  if (path === ':memory:' || existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
}

/**
 * Applies the pending migrations and returns their names. Processes that do so at the same time take turns.
 *
 * @throws StartError if they cannot be applied.
 */
export async function migrate(orm: MikroORM): Promise<string[]> {
  const { path } = orm.config.get('migrations');
  return orStartError(() => (path === migrationsOf('postgresql') ? migratePostgresql(orm) : migrateSqlite(orm)));
}

/**
 * The names of the pending migrations.
 *
 * @throws StartError if they cannot be read.
 */
export async function pendingMigrations(orm: MikroORM): Promise<string[]> {
  return orStartError(async () => namesOf(await orm.migrator.getPending()));
}

/** An arbitrary number that no other program uses on the same database. */
const MIGRATION_LOCK = 7_276_318_053;

/** Uses connections without limits, because changing a table may take long. */
async function migratePostgresql({ config }: MikroORM): Promise<string[]> {
  const orm = await MikroORM.init(withoutLimits(config.getAll()) as Options);
  try {
    return await orm.em.transactional(async (em) => {
      await em
        .getConnection()
        .execute(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`, [], 'run', em.getTransactionContext());
      return namesOf(await orm.migrator.up());
    });
  } finally {
    await orm.close();
  }
}

function withoutLimits(options: Partial<Options>): Partial<Options> {
  const { onConnect: _limit, ...driverOptions } = options.driverOptions as Record<string, unknown>;
  return { ...options, driverOptions: { ...driverOptions, connectionTimeoutMillis: PATIENT_CONNECT_TIMEOUT } };
}

const MOST_TURNS = 20;

/** Each migration is one transaction. If another process was faster, it fails and leaves nothing behind. */
async function migrateSqlite(orm: MikroORM): Promise<string[]> {
  for (let turn = 1; ; turn += 1) {
    try {
      return namesOf(await orm.migrator.up());
    } catch (error) {
      if (turn === MOST_TURNS) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * turn));
    }
  }
}

function namesOf(migrations: readonly { readonly name: string }[]): string[] {
  return migrations.map(({ name }) => name);
}

async function sqliteOptions(path: string, entities: Entities): Promise<Partial<Options>> {
  const { SqliteDriver } = await import('@mikro-orm/sqlite');
  const { migrationsList } = await import('./migrations/sqlite.ts');
  return {
    ...commonOptions('sqlite', migrationsList, entities),
    driver: SqliteDriver,
    dbName: path,
    driverOptions: { timeout: SQLITE_BUSY_TIMEOUT },
    onCreateConnection: async (connection: unknown) => {
      for (const pragma of ['journal_mode = WAL', 'synchronous = FULL'])
        await (connection as DatabaseConnection).executeQuery(CompiledQuery.raw(`pragma ${pragma}`));
    },
  };
}

type PostgresqlAddress = Extract<DatabaseAddress, { dialect: 'postgresql' }>;

async function postgresqlOptions(address: PostgresqlAddress, entities: Entities): Promise<Partial<Options>> {
  const { PostgreSqlDriver } = await import('@mikro-orm/postgresql');
  const { migrationsList } = await import('./migrations/postgresql.ts');
  const { url, connectionString, schema, options } = address;
  const common = commonOptions('postgresql', migrationsList, entities);
  return {
    ...common,
    // With a schema, unqualified names lead there by the search path. The migrator looks for its own table by name.
    migrations: { ...common.migrations, ...(schema === null ? {} : { schema }) },
    driver: PostgreSqlDriver,
    clientUrl: url,
    driverOptions: {
      connectionString,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      // Less than the silence, so that an idle connection is closed in the protocol's own way.
      idleTimeoutMillis: LONGEST_SILENCE - 1_000,
      keepAlive: true,
      onConnect: async (client: PgClient) => limit(client, options),
    },
  };
}

/** The part of a connection of the driver `pg` that is used here. */
interface PgClient {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
  readonly connection: { readonly stream: Socket };
}

/** Without limits, a connection that hangs would block its user forever. */
async function limit(client: PgClient, urlOptions: string): Promise<void> {
  const { stream } = client.connection;
  stream.setTimeout(LONGEST_SILENCE, () => stream.destroy());
  const limits = Object.entries(POSTGRESQL_LIMITS).filter(([name]) => !urlOptions.includes(`${name}=`));
  await client.query(
    `select set_config(name, value, false)
    from unnest($1::text[], $2::text[]) as limits (name, value)
    where current_setting(name, true) is not null`,
    [limits.map(([name]) => name), limits.map(([, value]) => value)],
  );
}

function migrationsOf(dialect: DatabaseAddress['dialect']): string {
  return join(import.meta.dirname, 'migrations', dialect);
}

function commonOptions(
  dialect: DatabaseAddress['dialect'],
  migrationsList: readonly Constructor<Migration>[],
  entities: Entities,
): Partial<Options> {
  const path = migrationsOf(dialect);
  return {
    entities: [...entities],
    extensions: [Migrator],
    migrations: {
      // Not found by their path, so that a bundle has them.
      migrationsList: [...migrationsList],
      path,
      pathTs: path,
      tableName: 'simplejwt_migration',
      snapshotName: 'snapshot',
      snapshotOnMigrate: false,
      silent: true,
    },
  };
}
