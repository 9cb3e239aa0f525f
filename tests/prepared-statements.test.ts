import { onEachDatabase, runSql } from './support/databases.ts';
import { nativeClient, type PgPool } from './support/driver-faults.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

onEachDatabase(({ name, fresh }) => {
  const startHere = async () => {
    const server = await start({ databaseUrl: await fresh() });
    const pair = await server.client.register();
    // The statements are known to the database from now on.
    const next = await server.client.refresh(pair.refreshToken);
    expect((await server.client.me(next.accessToken)).errors).toEqual([]);
    const expectWorking = async () => {
      const me = await server.client.me(next.accessToken);
      expect(me.data.me.email).toBe(pair.user.email);
      const after = await server.client.refresh(next.refreshToken);
      expect(after.user).toEqual(next.user);
      expect(after.session).toMatchObject({ id: pair.session.id });
    };
    /** So many at once that each connection of the pool is used. */
    const expectAllWorking = async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => server.client.me(next.accessToken)));
      expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    };
    return { ...server, expectWorking, expectAllWorking };
  };

  test('a column that another process adds does not disturb a server that runs', async () => {
    const { databaseUrl, expectWorking } = await startHere();
    await runSql(databaseUrl, 'alter table simplejwt_user add column note text');
    await runSql(databaseUrl, 'alter table simplejwt_session add column note text');
    await expectWorking();
  });

  if (name !== 'PostgreSQL') return;

  test('a column that gets another type does not disturb a server that runs', async () => {
    const { databaseUrl, expectWorking } = await startHere();
    await runSql(databaseUrl, 'alter table simplejwt_user alter column email type varchar(400)');
    await runSql(databaseUrl, 'alter table simplejwt_session alter column user_agent type text');
    await expectWorking();
  });

  test('the compiled statements stay prepared on a connection', async () => {
    const { orm } = await startHere();
    const pool = await nativeClient<PgPool>(orm);
    const connections = await Promise.all(Array.from({ length: pool.totalCount }, async () => pool.connect()));
    const prepared = await Promise.all(
      connections.map(async (connection) => connection.query('select statement from pg_prepared_statements')),
    );
    for (const connection of connections) connection.release();
    const statements = prepared.flatMap((result) => (result as { rows: { statement: string }[] }).rows);
    for (const { statement } of statements) expect(statement).not.toContain('*');
    // A registration has three, a refresh two, and `me` and the mirror have one each.
    expect(new Set(statements.map(({ statement }) => statement)).size).toBe(7);
  });

  test('a connection that has lost its prepared statements does not disturb a server that runs', async () => {
    const { orm, expectWorking, expectAllWorking } = await startHere();
    await expectAllWorking();
    const pool = await nativeClient<PgPool>(orm);
    const connections = await Promise.all(Array.from({ length: pool.totalCount }, async () => pool.connect()));
    for (const connection of connections) await connection.query('deallocate all');
    for (const connection of connections) connection.release();
    await expectAllWorking();
    await expectWorking();
  });
});
