import { freshPostgres, runSql } from './support/databases.ts';
import { nativeClient, type PgPool } from './support/driver-faults.ts';
import { countBy } from './support/outcomes.ts';
import { hasPgBouncer, startPgBouncer } from './support/pgbouncer.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function startBehind(statement?: (database: string) => string) {
  const database = await freshPostgres();
  if (statement !== undefined) await runSql(database.url, statement(new URL(database.url).pathname.slice(1)));
  const pgbouncer = await startPgBouncer(database.url);
  cleanups.push(() => pgbouncer.stop(), database.remove);
  return start({ databaseUrl: pgbouncer.url });
}

// npm does not bring PgBouncer. Where it is not installed, jest lists these as skipped.
const testIfInstalled = hasPgBouncer ? test : test.skip;

testIfInstalled('behind PgBouncer in transaction mode, many clients refresh, ask and log out at once', async () => {
  const { auth, client } = await startBehind();
  const { user } = await client.register();
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async () => {
      const opened = await auth.openSession({ userId: user.id });
      let token = { accessToken: opened?.accessToken ?? '', refreshToken: opened?.refreshToken ?? '' };
      for (let left = 5; left > 0; left -= 1) {
        const next = await client.refresh(token.refreshToken);
        expect((await client.me(next.accessToken)).errors).toEqual([]);
        token = next;
      }
      const { data } = await client.logout(token.accessToken);
      return String(data?.logout.endedSessions);
    }),
  );
  expect(countBy(outcomes, String)).toEqual({ '1': 40 });
});

testIfInstalled('behind PgBouncer, a token is exchanged once however many clients present it', async () => {
  const { client } = await startBehind();
  const { refreshToken } = await client.register();
  const answers = await Promise.all(Array.from({ length: 30 }, () => client.tryRefresh(refreshToken)));
  expect(answers.filter(({ data }) => data?.refreshToken)).toHaveLength(1);
});

testIfInstalled('behind PgBouncer, no connection is without the limits of its database', async () => {
  const { orm } = await startBehind((name) => `alter database "${name}" set statement_timeout = '3500ms'`);
  const pool = await nativeClient<PgPool>(orm);
  const connections = await Promise.all(Array.from({ length: 8 }, async () => pool.connect()));
  const limits = await Promise.all(
    connections.map(async (connection) => {
      const { rows } = (await connection.query('show statement_timeout')) as { rows: { statement_timeout: string }[] };
      return rows[0]?.statement_timeout;
    }),
  );
  for (const connection of connections) connection.release();
  // A server sets its own limit on the connections that it is the first to get.
  for (const limit of limits) expect(['3500ms', '4s']).toContain(limit);
});
