import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { defineEntity, MikroORM, type Options, p, UnderscoreNamingStrategy } from '@mikro-orm/core';
import { graphql } from 'graphql';
import {
  type Auth,
  authEntities,
  buildGuardedSchema,
  createAuth,
  createAuthEntities,
  generateKeys,
} from '../src/index.ts';
import { deleteUser } from '../src/accounts/delete-user.ts';
import { NO_DEVICE } from '../src/device.ts';
import { scopeOf } from '../src/request/context.ts';
import { OPERATOR } from '../src/sessions/caller.ts';
import { databaseOptions } from '../server/src/database/open-database.ts';
import { freshSqlite, holdWriteLock, onEachDatabase, runSql } from './support/databases.ts';
import { importDocumentedCode } from './support/documented-code.ts';
import { hookStatements } from './support/driver-faults.ts';
import { PASSWORD } from './support/graphql-client.ts';

type Entities = typeof authEntities;

/** A naming strategy as a host with an old database has one. */
class LoudNamingStrategy extends UnderscoreNamingStrategy {
  override propertyToColumnName(propertyName: string): string {
    return `C_${super.propertyToColumnName(propertyName).toUpperCase()}`;
  }
  override joinKeyColumnName(entityName: string): string {
    return `C_${super.joinKeyColumnName(entityName).toUpperCase()}`;
  }
}

onEachDatabase((database) => {
  const opened: { auth: Auth; orm: MikroORM }[] = [];
  afterEach(async () => {
    for (const { auth, orm } of opened.splice(0)) {
      await auth.close();
      await orm.close();
    }
  });

  /** A host's ORM, with its tables made by the schema generator. */
  async function openHost(entities: readonly object[], options: Partial<Options> = {}, url?: string) {
    const databaseUrl = url ?? (await database.fresh());
    const isSqlite = databaseUrl.startsWith('sqlite:');
    const orm = await MikroORM.init({
      entities: entities as unknown as Entities,
      driver: (await databaseOptions(databaseUrl, [])).driver,
      ...(isSqlite ? { dbName: databaseUrl.slice('sqlite:'.length) } : { clientUrl: databaseUrl }),
      ...options,
    } as Options);
    await orm.schema.update({ safe: true });
    const auth = await createAuth({ orm, keys: generateKeys(), issuer: 'https://auth.test', bcryptCost: 4 });
    opened.push({ auth, orm });
    return { auth, orm, databaseUrl };
  }

  const refreshOf = (token: string) =>
    `mutation { refreshToken(input: { refreshToken: "${token}" }) { accessToken refreshToken } }`;

  /** Refreshes two sessions at once, which on PostgreSQL is one statement that succeeds. */
  async function refreshTogether(orm: MikroORM, run: (source: string) => Promise<unknown>, tokens: readonly string[]) {
    let succeeded = 0;
    await hookStatements(orm, {
      after(sql) {
        if (sql.includes('"given"')) succeeded += 1;
      },
    });
    await Promise.all(tokens.map(async (token) => run(refreshOf(token))));
    expect(succeeded).toBe(database.name === 'PostgreSQL' ? 1 : 0);
  }

  /**
   * Uses every statement: an account, a session, rotations, a role, the end of sessions and the purge.
   *
   * @returns the statements that the tables would still need.
   */
  async function exerciseAll({ auth, orm }: { auth: Auth; orm: MikroORM }): Promise<string> {
    const schema = await buildGuardedSchema({ resolvers: auth.resolvers });
    const run = async (source: string, accessToken = '') => {
      const headers = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` };
      const { data, errors } = await graphql({ schema, source, contextValue: auth.context({ headers }) });
      expect(errors).toBeUndefined();
      return data as Record<string, Record<string, unknown>>;
    };
    const admin = await auth.createUser({ email: 'admin@example.com', password: PASSWORD, roles: ['ADMIN'] });
    const input = `input: { email: "ada@example.com", password: "${PASSWORD}" }`;
    const { register } = await run(`mutation { register(${input}) { refreshToken user { id } } }`);
    const { refreshToken: refreshed } = await run(refreshOf(String(register?.['refreshToken'])));
    const { login } = await run(`mutation { login(${input}) { accessToken refreshToken } }`);
    await refreshTogether(orm, run, [String(refreshed?.['refreshToken']), String(login?.['refreshToken'])]);
    const session = await auth.openSession({ userId: admin.id });
    const { id } = (register as { user: { id: string } }).user;
    const token = String(session?.accessToken);
    await run(`mutation { setUserRoles(input: { id: "${id}", roles: ["ADMIN"] }) { id } }`, token);
    await run(`mutation { deactivateUser(input: { id: "${id}" }) { id } }`, token);
    await run('{ users { edges { node { id } } } sessions { id } securityEvents { edges { node { id } } } }', token);
    await run(`mutation { deleteUser(input: { id: "${id}" }) { id } }`, token);
    await auth.purge();
    return orm.schema.getUpdateSchemaSQL({ wrap: false });
  }

  test('a naming strategy with a prefix and upper-case columns is followed', async () => {
    expect(await exerciseAll(await openHost(authEntities, { namingStrategy: LoudNamingStrategy }))).toBe('');
  });

  test('two table prefixes work side by side in one database', async () => {
    const first = await openHost(createAuthEntities({ tablePrefix: 'first_' }));
    expect(await exerciseAll(first)).toBe('');
    const options = { schemaGenerator: { skipTables: [/^first_/] } };
    expect(
      await exerciseAll(await openHost(createAuthEntities({ tablePrefix: 'second_' }), options, first.databaseUrl)),
    ).toBe('');
  });

  test('the tables of a Django program stay as they are', async () => {
    const databaseUrl = await database.fresh();
    await runSql(databaseUrl, 'create table auth_user (id integer primary key, username varchar(150) not null)');
    await runSql(databaseUrl, "insert into auth_user (id, username) values (1, 'ada')");
    const { auth, orm } = await openHost(authEntities, { schemaGenerator: { skipTables: ['auth_user'] } }, databaseUrl);
    expect(await exerciseAll({ auth, orm })).toBe('');
    expect(await orm.em.getConnection().execute('select id, username from auth_user')).toEqual([
      { id: 1, username: 'ada' },
    ]);
  });

  test('a use case inside a transaction of the host is refused at once', async () => {
    const { auth, orm } = await openHost(authEntities);
    const user = { email: 'ada@example.com', password: PASSWORD };
    const { id } = await auth.createUser(user);
    const useCases = {
      createUser: () => auth.createUser({ ...user, email: 'b@example.com' }),
      openSession: () => auth.openSession({ userId: id }),
      purge: () => auth.purge(),
      'openSession of a context': () => auth.context({ headers: {} }).auth.openSession({ userId: id }),
    };
    for (const [name, run] of Object.entries(useCases)) {
      const outcome = orm.em.fork().transactional(async () => run());
      await expect(outcome.then(() => name)).rejects.toThrow('inside a transaction of your ORM');
    }
  });

  test('createUser joins the transaction whose entity manager it receives', async () => {
    const { auth, orm } = await openHost(authEntities);
    const user = { email: 'ada@example.com', password: PASSWORD };
    const rolledBack = orm.em.fork().transactional(async (em) => {
      await auth.createUser(user, { em });
      throw new Error('the host changes its mind');
    });
    await expect(rolledBack).rejects.toThrow('the host changes its mind');

    const created = await orm.em.fork().transactional(async (em) => auth.createUser(user, { em }));
    expect(await auth.openSession({ userId: created.id })).not.toBeNull();
    await expect(auth.createUser(user, { em: orm.em.fork() })).rejects.toThrow('not in a transaction');
  });

  test('a user to whom a row of the host refers is not deleted, and nothing else of the deletion happens', async () => {
    const entities = createAuthEntities();
    const [AuthUser] = entities;
    const Note = defineEntity({
      name: 'Note',
      properties: { id: p.integer().primary(), author: () => p.manyToOne(AuthUser).mapToPk() },
    });
    const { auth, orm } = await openHost([...entities, Note]);
    const admin = await auth.createUser({ email: 'admin@example.com', password: PASSWORD, roles: ['ADMIN'] });
    const ada = await auth.createUser({ email: 'ada@example.com', password: PASSWORD });
    const session = await auth.openSession({ userId: ada.id });
    await orm.em.fork().insert(Note, { id: 1, author: ada.id });

    const { services } = scopeOf(auth.context({ headers: {} }));
    await expect(deleteUser(services, OPERATOR, ada.id, NO_DEVICE)).rejects.toMatchObject({
      fields: [{ path: 'input.id', reason: 'USER_REFERENCED' }],
    });
    expect(await auth.verifyToken(String(session?.accessToken))).toMatchObject({ isValid: true });
    await orm.em.fork().nativeDelete(Note, { id: 1 });
    expect(await deleteUser(services, OPERATOR, ada.id, NO_DEVICE)).toMatchObject({ id: ada.id });
    expect(admin.id).not.toBe(ada.id);
  });

  test('an address with a zone and a user agent with a NUL are stored', async () => {
    const { auth, orm } = await openHost(authEntities);
    const { id } = await auth.createUser({ email: 'ada@example.com', password: PASSWORD });
    const ipAddress = `fe80::1%${'z'.repeat(200)}`;
    const pair = await auth.openSession({ userId: id, ipAddress, userAgent: `${'\u{1F600}'.repeat(300)}\0` });
    const [row] = await orm.em
      .getConnection()
      .execute<{ ip_address: string }[]>('select ip_address from simplejwt_session where id = ?', [pair?.session.id]);
    expect(row?.ip_address).toBe('fe80::1');
  });

  if (database.name === 'PostgreSQL') {
    test.each([
      ['the schema of the ORM', 'app', authEntities, { schema: 'app' }],
      ['a schema of their own', 'auth', createAuthEntities({ schema: 'auth' }), {}],
    ])('the tables are in %s', async (_where, expected, entities, options) => {
      const databaseUrl = await database.fresh();
      await runSql(databaseUrl, 'create schema app');
      await runSql(databaseUrl, 'create schema auth');
      const { auth, orm } = await openHost(entities, options, databaseUrl);
      expect(await exerciseAll({ auth, orm })).toBe('');
      const schemas: { table_schema: string }[] = await orm.em
        .getConnection()
        .execute("select distinct table_schema from information_schema.tables where table_name like 'simplejwt%'");
      expect(schemas).toEqual([{ table_schema: expected }]);
    });
  }
});

test('a table prefix of another form is refused', () => {
  for (const tablePrefix of ['', 'Upper_', 'a-b_', '1st_', 'a'.repeat(21)])
    expect(() => createAuthEntities({ tablePrefix })).toThrow('tablePrefix must be');
});

test('a host that opens SQLite as the docs say is not blocked by another writer', async () => {
  const { module, remove } = await importDocumentedCode('embedding.md', 'On SQLite, open the');
  const { url, remove: removeDatabase } = freshSqlite();
  const dbName = url.slice('sqlite:'.length);
  const orm = await MikroORM.init({ ...(module as { default: Options }).default, dbName });
  await orm.schema.create();
  const auth = await createAuth({ orm, keys: generateKeys(), issuer: 'https://auth.test', bcryptCost: 4 });
  const release = holdWriteLock(dbName);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();

  const creating = auth.createUser({ email: 'ada@example.com', password: PASSWORD });
  await pause(2_000);
  release();
  await creating;

  delay.disable();
  // The driver's own default would block for all of the two seconds.
  expect(delay.max / 1e6).toBeLessThan(1_000);
  await auth.close();
  await orm.close();
  await removeDatabase();
  remove();
});
