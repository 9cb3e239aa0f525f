import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countRows, securityEvents } from './support/accounts.ts';
import { freshPostgres, runSql } from './support/databases.ts';
import { hookStatements, nativeClient, type PgPool } from './support/driver-faults.ts';
import { expiredRows } from './support/expired-rows.ts';
import type { Pair } from './support/graphql-client.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { GROUP_ROTATION } from './support/rotation-statement.ts';
import { waitUntil } from './support/wait-until.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Splits the tables as docs/scaling.md says. */
async function partition(databaseUrl: string): Promise<void> {
  const page = await readFile(join(import.meta.dirname, '../docs/scaling.md'), 'utf8');
  const [, statements = ''] = /## Partitions\n.*?```sql\n(.*?)```/s.exec(page) ?? [];
  await runSql(databaseUrl, statements);
}

/** A server on tables that were split while they had rows. */
async function startPartitioned() {
  const { url: databaseUrl, remove } = await freshPostgres();
  cleanups.push(remove);
  const before = await start({ databaseUrl });
  const { keys, clock } = before;
  const first = await before.client.register();
  const live = await before.client.refresh(first.refreshToken);
  const ended = await before.client.login();
  await before.client.logout(ended.accessToken);
  await before.stop();
  await partition(databaseUrl);
  return { server: await start({ databaseUrl, keys, clock }), first, live, ended };
}

/** The partitions of the sessions that the statements of some work visit. */
async function partitionsOf({ orm }: TestAuth, isAskedFor: RegExp, work: () => Promise<unknown>): Promise<Set<string>> {
  const asked: { readonly text: string; readonly values: readonly unknown[] }[] = [];
  await hookStatements(orm, {
    before(text, _connection, values) {
      if (isAskedFor.test(text)) asked.push({ text, values });
    },
  });
  await work();
  const pool = await nativeClient<PgPool>(orm);
  const connection = await pool.connect();
  try {
    const plans: string[] = [];
    for (const { text, values } of asked) {
      const plan = await connection.query({ text: `explain ${text}`, values });
      plans.push(...(plan as { rows: Record<string, string>[] }).rows.map((row) => row['QUERY PLAN'] ?? ''));
    }
    return new Set(plans.flatMap((line) => / on (simplejwt_session_\d+)\b/.exec(line)?.[1] ?? []));
  } finally {
    connection.release();
  }
}

describe('on tables that PostgreSQL has split', () => {
  test('tokens from before are as good or bad as they were', async () => {
    const { server, first, live, ended } = await startPartitioned();
    const { client } = server;
    expect(await countRows(server, 'simplejwt_session')).toBe(2);
    expect(accessOf(await client.me(live.accessToken))).toBe('good');
    expect(accessOf(await client.me(ended.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect(refusalOf(await client.tryRefresh(ended.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    expect((await client.refresh(live.refreshToken)).user.id).toBe(first.user.id);
    expect(refusalOf(await client.tryRefresh(first.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
  });

  test('sessions open, are listed, rotate and end, and events are recorded', async () => {
    const { server, live } = await startPartitioned();
    const { client } = server;
    const pair = await client.login();
    const next = await client.refresh(pair.refreshToken);
    expect((await client.sessions(next.accessToken)).data.sessions).toHaveLength(2);
    const { data } = await client.logout(next.accessToken, { scope: 'ALL_SESSIONS' });
    expect(data.logout.endedSessions).toBe(2);
    expect(accessOf(await client.me(live.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    const again = await client.login();
    const events = await securityEvents(client, again.accessToken);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['REGISTERED', 'LOGGED_IN', 'SESSION_ENDED']),
    );
  });

  test('a token is exchanged once, however many clients present it', async () => {
    const { server, live } = await startPartitioned();
    const answers = await Promise.all(Array.from({ length: 30 }, () => server.client.tryRefresh(live.refreshToken)));
    expect(answers.filter(({ data }) => data?.refreshToken)).toHaveLength(1);
  });

  test('sessions that refresh at once each get a successor', async () => {
    const { server } = await startPartitioned();
    const pairs: Pair[] = [];
    for (let count = 0; count < 8; count += 1) pairs.push(await server.client.login());
    let groups = 0;
    await hookStatements(server.orm, {
      after(sql) {
        if (GROUP_ROTATION.test(sql)) groups += 1;
      },
    });
    for (let round = 0; groups === 0 && round < 50; round += 1) {
      const refreshed = await Promise.all(
        pairs.splice(0).map(async (pair) => server.client.refresh(pair.refreshToken)),
      );
      expect(new Set(refreshed.map(({ session }) => session.id)).size).toBe(8);
      pairs.push(...refreshed);
    }
    expect(groups).toBeGreaterThan(0);
  });

  test('another process learns of a logout', async () => {
    const { server, live } = await startPartitioned();
    const { databaseUrl, keys, clock } = server;
    const other = await start({ databaseUrl, keys, clock });
    expect(accessOf(await other.client.me(live.accessToken))).toBe('good');
    await server.client.logout(live.accessToken);
    await waitUntil(async () => accessOf(await other.client.me(live.accessToken)) !== 'good');
  });

  test('a purge deletes what has expired', async () => {
    const { server, live } = await startPartitioned();
    await expiredRows(server, 700);
    expect(await server.auth.purge()).toMatchObject({ sessions: 700, blacklistedTokens: 700, securityEvents: 700 });
    expect(accessOf(await server.client.me(live.accessToken))).toBe('good');
  });

  test('a refresh reads and writes its session in one partition, and a list of sessions reads all', async () => {
    const { server, live } = await startPartitioned();
    const { client } = server;
    const ofRefresh = /^(select .* from "simplejwt_session"|with "rotated")/;
    expect((await partitionsOf(server, ofRefresh, () => client.refresh(live.refreshToken))).size).toBe(1);
    const ofList = /^select .* from "simplejwt_session" .* order by/;
    expect((await partitionsOf(server, ofList, () => client.sessions(live.accessToken))).size).toBe(16);
  });
});
