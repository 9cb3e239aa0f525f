import { freshPostgres, freshSqlite, onEachDatabase, POSTGRES_URL, runSql } from './support/databases.ts';
import { cut, hookStatements, nativeClient, type PgPool, type SqliteConnection } from './support/driver-faults.ts';
import type { Answer, GraphQLClient } from './support/graphql-client.ts';
import { MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, countBy, refusalOf } from './support/outcomes.ts';
import { type Postgres, startPostgres } from './support/postgres.ts';
import { commitOfSession, SESSION_UPDATE } from './support/rotation-statement.ts';
import { startSilentProxy } from './support/silent-proxy.ts';
import { lockSqlite } from './support/sqlite-lock.ts';
import { startTestAuth, type TestAuth, type TestAuthOptions } from './support/start-test-auth.ts';
import { waitUntil } from './support/wait-until.ts';

const KEY = 'a-key-of-one-refresh-0123456789';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: TestAuthOptions): Promise<TestAuth> {
  const server = await startTestAuth(options);
  cleanups.push(() => server.stop());
  return server;
}

async function startOnPostgres(options: TestAuthOptions = {}): Promise<TestAuth> {
  const { url, remove } = await freshPostgres();
  cleanups.push(remove);
  return start({ databaseUrl: url, ...options });
}

async function startOnSqlite(options: TestAuthOptions = {}): Promise<TestAuth> {
  const { url, remove } = freshSqlite();
  cleanups.push(remove);
  return start({ databaseUrl: url, ...options });
}

function outcomeOf(answer: Answer): string {
  return answer.data?.refreshToken ? 'good' : refusalOf(answer);
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Makes PostgreSQL run a statement of PL/pgSQL at each rotation, which makes it fail. */
async function failRotations(databaseUrl: string, statement: string): Promise<void> {
  await runSql(
    databaseUrl,
    `create sequence rotations;
    create function fail() returns trigger language plpgsql as $$ begin ${statement}; return new; end $$;
    create trigger fail before update of refresh_jti on simplejwt_session for each row execute function fail()`,
  );
}

describe('conflicts between transactions on PostgreSQL', () => {
  describe.each(['serialization_failure', 'deadlock_detected'])('%s', (condition) => {
    const failures = (most: number) =>
      `if nextval('rotations') <= ${most} then raise exception using errcode = '${condition}'; end if`;

    test('a conflict that is gone after three tries is invisible to the client', async () => {
      const { client, databaseUrl } = await startOnPostgres();
      const { refreshToken } = await client.register();
      await failRotations(databaseUrl, failures(3));
      expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
    });

    test('a conflict that persists answers SERVICE_UNAVAILABLE, and the token is still good', async () => {
      const { client, databaseUrl } = await startOnPostgres();
      const { refreshToken } = await client.register();
      await failRotations(databaseUrl, failures(4));
      expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('SERVICE_UNAVAILABLE');
      expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
    });
  });

  test('a refresh that PostgreSQL aborts because of a deadlock is tried again and succeeds', async () => {
    const { client, databaseUrl, orm } = await startOnPostgres();
    const { refreshToken, session } = await client.register();
    const pool = await nativeClient<PgPool>(orm);
    const rival = await pool.connect();
    // The rival holds the second lock that the refresh asks for, and then asks for the first, which the refresh holds.
    await rival.query(`begin; set local deadlock_timeout = '1min'`);
    await rival.query(
      `insert into simplejwt_blacklisted_token (jti, session_id, reason, blacklisted_at, expires_at)
      select refresh_jti, id, 'ROTATED', now(), now() from simplejwt_session`,
    );
    const refreshing = client.tryRefresh(refreshToken);
    const isWaiting = async () => {
      const { rows } = (await pool.connect().then(async (connection) => {
        const result = await connection.query(`select 1 from pg_locks where not granted`);
        connection.release();
        return result;
      })) as { rows: unknown[] };
      return rows.length > 0;
    };
    await waitUntil(isWaiting);
    await rival.query(`update simplejwt_session set user_agent = 'rival' where id = '${session.id}'`);
    await rival.query('rollback');
    rival.release();
    expect(outcomeOf(await refreshing)).toBe('good');
    expect(databaseUrl).toContain('postgresql');
  });
});

describe('an unavailable PostgreSQL', () => {
  test('connections that are lost in the middle of a transaction do not shrink the pool', async () => {
    const { client, databaseUrl, orm } = await startOnPostgres();
    const { refreshToken } = await client.register();
    await failRotations(databaseUrl, 'perform pg_terminate_backend(pg_backend_pid())');
    for (let left = 15; left > 0; left -= 1) {
      expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('SERVICE_UNAVAILABLE');
    }
    await runSql(databaseUrl, 'drop trigger fail on simplejwt_session');
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
    const pool = await nativeClient<PgPool>(orm);
    await waitUntil(() => pool.totalCount === pool.idleCount);
  });

  test('a rotation whose connection is lost when it is committed is not tried again, and the client succeeds by a retry with its key', async () => {
    const { client, databaseUrl, orm } = await startOnPostgres();
    const { refreshToken, session } = await client.register();
    const commit = commitOfSession(databaseUrl);
    const seen: string[] = [];
    let isCut = false;
    await hookStatements(orm, {
      before: (sql) => void seen.push(sql),
      after(sql, connection) {
        if (!commit.test(sql) || isCut) return;
        isCut = true;
        cut(connection);
        throw new Error('Connection terminated unexpectedly');
      },
    });
    expect(outcomeOf(await client.tryRefresh(refreshToken, KEY))).toBe('SERVICE_UNAVAILABLE');
    expect(seen.filter((sql) => SESSION_UPDATE.test(sql))).toHaveLength(1);
    const retried = await client.refresh(refreshToken, KEY);
    expect(retried.session.id).toBe(session.id);
    expect(outcomeOf(await client.tryRefresh(retried.refreshToken))).toBe('good');
  });

  test('a connection that falls silent is given up in bounded time, and so are the polls of the blacklist', async () => {
    const { url, remove } = await freshPostgres();
    cleanups.push(remove);
    const { hostname, port } = new URL(url);
    const proxy = await startSilentProxy({ host: hostname, port: Number(port) });
    cleanups.push(() => proxy.close());
    const through = new URL(url);
    through.port = String(proxy.port);
    const { client, clock } = await start({ databaseUrl: through.href });
    const { accessToken, refreshToken } = await client.register();

    proxy.fallSilent();
    let answer: Answer | undefined;
    const waited = await elapsed(async () => (answer = await client.tryRefresh(refreshToken)));
    expect(answer && outcomeOf(answer)).toBe('SERVICE_UNAVAILABLE');
    expect(waited).toBeLessThan(12_000);
    proxy.speak();
    clock.advance(MINUTE);
    await waitUntil(async () => accessOf(await client.me(accessToken)) === 'good', 12_000);
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test('a database that has been dropped answers SERVICE_UNAVAILABLE', async () => {
    const { client, databaseUrl } = await startOnPostgres();
    const { refreshToken } = await client.register();
    await runSql(
      process.env[POSTGRES_URL] ?? '',
      `drop database ${new URL(databaseUrl).pathname.slice(1)} with (force)`,
    );
    await waitUntil(async () => outcomeOf(await client.tryRefresh(refreshToken)) === 'SERVICE_UNAVAILABLE');
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('SERVICE_UNAVAILABLE');
  });

  test('an exhausted pool answers SERVICE_UNAVAILABLE in bounded time', async () => {
    const { client, orm } = await startOnPostgres();
    const { refreshToken } = await client.register();
    const pool = await nativeClient<PgPool>(orm);
    const held = await Promise.all(Array.from({ length: 10 }, () => pool.connect()));
    let answer: Answer | undefined;
    const waited = await elapsed(async () => (answer = await client.tryRefresh(refreshToken)));
    expect(answer && outcomeOf(answer)).toBe('SERVICE_UNAVAILABLE');
    expect(waited).toBeLessThan(10_000);
    for (const connection of held) connection.release();
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test('a row that is locked elsewhere answers SERVICE_UNAVAILABLE in bounded time', async () => {
    const { client, orm } = await startOnPostgres();
    const { refreshToken } = await client.register();
    const pool = await nativeClient<PgPool>(orm);
    const holder = await pool.connect();
    await holder.query('begin');
    await holder.query('select 1 from simplejwt_session for update');
    let answer: Answer | undefined;
    const waited = await elapsed(async () => (answer = await client.tryRefresh(refreshToken)));
    expect(answer && outcomeOf(answer)).toBe('SERVICE_UNAVAILABLE');
    expect(waited).toBeLessThan(10_000);
    await holder.query('rollback');
    holder.release();
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test('a full disk answers SERVICE_UNAVAILABLE, tokens are still verified, and free space is enough to recover', async () => {
    const { client, databaseUrl } = await startOnPostgres();
    const { accessToken, refreshToken } = await client.register();
    await failRotations(databaseUrl, `raise exception using errcode = 'disk_full'`);
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('SERVICE_UNAVAILABLE');
    expect(await client.verify(refreshToken)).toMatchObject({ isValid: true });
    expect(accessOf(await client.me(accessToken))).toBe('good');
    await runSql(databaseUrl, 'drop trigger fail on simplejwt_session');
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test('PostgreSQL ends a transaction that is idle or takes more than ten seconds', async () => {
    const { orm } = await startOnPostgres();
    const connection = await (await nativeClient<PgPool>(orm)).connect();
    const { rows } = (await connection.query(
      `select name, setting::int as value from pg_settings where name like '%timeout' and source = 'session' order by name`,
    )) as { rows: { name: string; value: number }[] };
    connection.release();
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual({
      idle_in_transaction_session_timeout: 4 * SECOND,
      lock_timeout: 3 * SECOND,
      statement_timeout: 4 * SECOND,
      transaction_timeout: 10 * SECOND,
    });
  });
});

describe('a server whose PostgreSQL is killed and restarted', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres({ isDurable: true });
  });
  afterAll(() => postgres.stop());

  test('answers SERVICE_UNAVAILABLE meanwhile, still verifies access tokens, and serves again within two seconds', async () => {
    const { client } = await start({ databaseUrl: postgres.url('postgres') });
    const { accessToken, refreshToken } = await client.register();
    const hammer = await hammerWithRefreshes(client);
    try {
      await waitUntil(() => hammer.answers.length > 20);
      postgres.kill();
      await waitUntil(() => hammer.answers.includes('SERVICE_UNAVAILABLE'));
      expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('SERVICE_UNAVAILABLE');
      expect((await client.currentToken(accessToken)).data.currentToken.type).toBe('ACCESS');
      await postgres.restart();
      const isServed = async () => outcomeOf(await client.tryRefresh(refreshToken, KEY)) === 'good';
      expect(await elapsed(() => waitUntil(isServed, 5_000))).toBeLessThan(2_000);
    } finally {
      await hammer.stop();
    }
    expect(Object.keys(countBy(hammer.answers, (answer) => answer)).toSorted()).toEqual([
      'SERVICE_UNAVAILABLE',
      'good',
    ]);
  });
});

/** Four clients that refresh without pause, each with its idempotency key until it is answered. */
async function hammerWithRefreshes(client: GraphQLClient) {
  const answers: string[] = [];
  let isOver = false;
  const names = ['a', 'b', 'c', 'd'];
  const pairs = await Promise.all(names.map((name) => client.register(`hammer-${name}@example.com`)));
  const running = pairs.map(async (pair) => {
    let { refreshToken } = pair;
    while (!isOver) {
      const answer = await client.tryRefresh(refreshToken, KEY);
      answers.push(outcomeOf(answer));
      refreshToken = answer.data?.refreshToken?.refreshToken ?? refreshToken;
    }
  });
  return {
    answers,
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}

describe('SQLite', () => {
  test('a refresh waits while another process holds the write lock, and everything else goes on', async () => {
    const { client, databaseUrl } = await startOnSqlite();
    const { accessToken, refreshToken } = await client.register();
    const lock = await lockSqlite(databaseUrl);
    let isAnswered = false;
    const refreshing = client.tryRefresh(refreshToken).finally(() => (isAnswered = true));
    expect(await client.verify(accessToken)).toMatchObject({ isValid: true });
    expect(await client.verify(refreshToken)).toMatchObject({ isValid: true });
    expect(isAnswered).toBe(false);
    await lock.release();
    expect(outcomeOf(await refreshing)).toBe('good');
  });

  test('a write lock that another process does not release answers SERVICE_UNAVAILABLE, and nothing is half-written', async () => {
    const { client, clock, databaseUrl } = await startOnSqlite();
    const { refreshToken } = await client.register();
    const lock = await lockSqlite(databaseUrl);
    const refreshing = client.tryRefresh(refreshToken);
    await client.currentToken();
    clock.advance(6 * SECOND);
    expect(outcomeOf(await refreshing)).toBe('SERVICE_UNAVAILABLE');
    await lock.release();
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test('a full disk answers writes with SERVICE_UNAVAILABLE, tokens are still verified, and free space is enough to recover', async () => {
    const { client, orm } = await startOnSqlite();
    const { refreshToken: rotated } = await client.register();
    const { accessToken, refreshToken } = await client.refresh(rotated);
    const connection = await nativeClient<SqliteConnection>(orm);
    const pages = Number(connection.pragma('page_count', { simple: true }));
    connection.pragma(`max_page_count = ${pages}`);

    let login = await client.tryLogin();
    for (let left = 100; left > 0 && login.errors.length === 0; left -= 1) login = await client.tryLogin();
    expect(refusalOf(login)).toBe('SERVICE_UNAVAILABLE');
    expect(refusalOf(await client.tryLogin())).toBe('SERVICE_UNAVAILABLE');
    expect(await client.verify(accessToken)).toMatchObject({ isValid: true });
    expect(await client.verify(refreshToken)).toMatchObject({ isValid: true });
    // Repeated until there is no room left to record the event, and beyond.
    for (let left = 100; left > 0; left -= 1)
      expect(refusalOf(await client.tryRefresh(rotated))).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
    expect(await client.verify(rotated)).toMatchObject({ isValid: false, reason: 'TOKEN_ROTATED' });
    expect(accessOf(await client.me(accessToken))).toBe('good');

    connection.pragma(`max_page_count = ${pages + 100}`);
    expect((await client.tryLogin()).errors).toEqual([]);
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_FULL', 'SQLITE_BUSY'])(
    'a COMMIT that fails with %s leaves the connection usable',
    async (code) => {
      const { client, clock, orm } = await startOnSqlite();
      const { refreshToken } = await client.register();
      const connection = await nativeClient<SqliteConnection>(orm);
      let isFailing = true;
      await hookStatements(orm, {
        before(sql) {
          if (sql !== 'commit' || !isFailing) return;
          // SQLite rolls back by itself after such an error, and then refuses to ROLLBACK.
          if (code !== 'SQLITE_BUSY') connection.prepare('rollback').run();
          throw Object.assign(new Error('injected'), { code });
        },
      });
      const refreshing = client.tryRefresh(refreshToken);
      await client.currentToken();
      clock.advance(6 * SECOND);
      expect(outcomeOf(await refreshing)).toBe('SERVICE_UNAVAILABLE');
      isFailing = false;
      expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
    },
  );
});

onEachDatabase((database) => {
  async function startHere(options: TestAuthOptions = {}): Promise<TestAuth> {
    return start({ databaseUrl: await database.fresh(), ...options });
  }

  test('a transaction that has taken more than ten seconds does not commit', async () => {
    const { client, clock, orm } = await startHere();
    const { accessToken, refreshToken } = await client.register();
    let isSlow = true;
    await hookStatements(orm, {
      after(sql) {
        if (isSlow && SESSION_UPDATE.test(sql)) clock.advance(11 * SECOND);
      },
    });
    expect(refusalOf(await client.logout(accessToken))).toBe('SERVICE_UNAVAILABLE');
    isSlow = false;
    expect(accessOf(await client.me(accessToken))).toBe('good');
    expect(outcomeOf(await client.tryRefresh(refreshToken))).toBe('good');
  });

  test('access tokens are good up to the limit while the blacklist cannot be read, then refused, and good again once it can', async () => {
    const { client, clock, databaseUrl, log } = await startHere({ blacklistStaleness: '60s' });
    const { accessToken } = await client.register();
    await runSql(databaseUrl, 'alter table simplejwt_blacklisted_token rename to hidden');
    await waitUntil(() => log().includes('simplejwt_blacklisted_token'));

    clock.advance(MINUTE - 1);
    expect(accessOf(await client.me(accessToken))).toBe('good');
    clock.advance(1);
    expect(accessOf(await client.me(accessToken))).toBe('SERVICE_UNAVAILABLE');
    expect(refusalOf(await client.currentToken(accessToken))).toBe('SERVICE_UNAVAILABLE');

    await runSql(databaseUrl, 'alter table hidden rename to simplejwt_blacklisted_token');
    await waitUntil(async () => accessOf(await client.me(accessToken)) === 'good');
  });

  test('a logout ends its session even if the blacklist has not been read for too long', async () => {
    const { client, clock } = await startHere({ blacklistPoll: '30s' });
    const { accessToken } = await client.register();
    clock.advance(MINUTE);
    expect(accessOf(await client.me(accessToken))).toBe('SERVICE_UNAVAILABLE');
    expect((await client.logout(accessToken)).data?.logout.endedSessions).toBe(1);
    expect(accessOf(await client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });
});
