import { readdirSync } from 'node:fs';
import { authEntities } from '../src/index.ts';
import { databaseOptions, migrate, openDatabase, pendingMigrations } from '../server/src/database/open-database.ts';
import { freshPostgres, onEachDatabase } from './support/databases.ts';
import { startSilentProxy } from './support/silent-proxy.ts';

onEachDatabase((database) => {
  test('the migrations make the tables that the entities describe', async () => {
    const orm = await openDatabase(await database.fresh(), authEntities);
    await migrate(orm);
    const missing = await orm.schema.getUpdateSchemaSQL({ wrap: false });
    const isMigrationMissing = await orm.migrator.checkSchema();
    await orm.close();
    expect(missing).toBe('');
    expect(isMigrationMissing).toBe(false);
  });

  test('every file of a migration is in the list of its dialect', async () => {
    const databaseUrl = await database.fresh();
    const { migrations } = await databaseOptions(databaseUrl, authEntities);
    const files = readdirSync(migrations?.path ?? '').filter((name) => name.endsWith('.ts'));
    const orm = await openDatabase(databaseUrl, authEntities);
    const pending = await pendingMigrations(orm);
    await orm.close();
    expect(pending.map((name) => `${name}.ts`)).toEqual(files.toSorted());
  });

  test('applied migrations are not applied again', async () => {
    const orm = await openDatabase(await database.fresh(), authEntities);
    const before = await pendingMigrations(orm);
    const first = await migrate(orm);
    const second = await migrate(orm);
    await orm.close();
    expect(first).toEqual(before);
    expect(first).not.toEqual([]);
    expect(second).toEqual([]);
  });

  test('processes that start on an empty database at the same time all find it migrated', async () => {
    const databaseUrl = await database.fresh();
    const orms = await Promise.all([1, 2, 3].map(() => openDatabase(databaseUrl, authEntities)));
    const outcomes = await Promise.allSettled(orms.map(migrate));
    const pending = await Promise.all(orms.map(pendingMigrations));
    await Promise.all(orms.map((orm) => orm.close()));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(pending).toEqual([[], [], []]);
  });
});

test('a PostgreSQL that lets a connection wait longer than a request would is migrated all the same', async () => {
  const { url, remove } = await freshPostgres();
  const { hostname, port } = new URL(url);
  const proxy = await startSilentProxy({ host: hostname, port: Number(port) });
  const slow = new URL(url);
  slow.port = String(proxy.port);
  const orm = await openDatabase(slow.href, authEntities);
  try {
    proxy.delay(4_000);
    await migrate(orm);
    proxy.delay(0);
    expect(await pendingMigrations(orm)).toEqual([]);
  } finally {
    await orm.close();
    await proxy.close();
    await remove();
  }
});
