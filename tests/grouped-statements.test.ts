import { type ExecutionResult, graphql } from 'graphql';
import { openDatabase } from '../server/src/database/open-database.ts';
import type { EntityManager } from '../src/database/tables.ts';
import { newId } from '../src/id.ts';
import { authEntities, buildGuardedSchema } from '../src/index.ts';
import { rotateSession } from '../src/sessions/rotate-session.ts';
import { findSessionOfUser, type SessionOfUser } from '../src/sessions/session-store.ts';
import { freshPostgres, runSql } from './support/databases.ts';
import { hookStatements, nativeClient, type PgPool } from './support/driver-faults.ts';
import type { Pair } from './support/graphql-client.ts';
import { DAY, SECOND } from './support/manual-clock.ts';
import { queryPlans } from './support/query-plans.ts';
import { GROUP_ROTATION, ROTATION } from './support/rotation-statement.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { PersonType, startTestHost } from './support/start-test-host.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

type Data = Record<string, Record<string, string>>;

/** A request, as its document and its access token. */
type Request = readonly [document: string, accessToken?: string];

/** Answers requests that arrive in one turn of the event loop. */
type Ask = (requests: readonly Request[]) => Promise<ExecutionResult<Data>[]>;

async function askTogether({ auth }: TestAuth, userType?: typeof PersonType): Promise<Ask> {
  const schema = await buildGuardedSchema({ resolvers: auth.resolvers, ...(userType && { userType }) });
  return async (requests) =>
    Promise.all(
      requests.map(async ([source, accessToken]) => {
        const headers = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
        const contextValue = auth.context({ headers });
        return graphql({ schema, source, contextValue }) as Promise<ExecutionResult<Data>>;
      }),
    );
}

interface Together extends TestAuth {
  readonly users: readonly Pair[];
  /** The statements since the server was started. */
  readonly statements: string[];
  readonly ask: Ask;
}

/** A server on PostgreSQL with so many users, each with a session. */
async function startTogether(count: number, { blacklistAfterRotation = true } = {}): Promise<Together> {
  const { url: databaseUrl, remove } = await freshPostgres();
  cleanups.push(remove);
  // The statements of a poll belong to no request.
  const server = await start({
    databaseUrl,
    blacklistAfterRotation,
    blacklistPoll: '5m',
    blacklistStaleness: '10m',
  });
  const users: Pair[] = [];
  for (let index = 0; index < count; index += 1) users.push(await server.client.register(someEmail()));
  const ask = await askTogether(server);
  const statements: string[] = [];
  await hookStatements(server.orm, { before: (sql) => void statements.push(sql) });
  return { ...server, users, statements, ask };
}

const KEY = 'k'.repeat(22);
const refreshOf = (refreshToken: string, key = KEY): Request => [
  `mutation { refreshToken(input: { refreshToken: "${refreshToken}", idempotencyKey: "${key}" }) { refreshToken } }`,
];
const meOf = ({ accessToken }: Pair): Request => ['{ me { email } }', accessToken];

/** The successor that an answer gave, or the code and the reason of its error. */
function outcomeOf({ data, errors }: ExecutionResult<Data>): string {
  const token = data?.['refreshToken']?.['refreshToken'];
  if (token !== undefined) return token;
  const { code, reason } = (errors?.[0]?.extensions ?? {}) as { readonly code?: string; readonly reason?: string };
  return [code, reason].filter(Boolean).join(' ');
}

const isToken = (outcome: string) => outcome.startsWith('ey');

/** Runs a statement in a transaction of its own, which is open until the result is called. */
async function holdOpen(databaseUrl: string, statement: string): Promise<() => Promise<void>> {
  const orm = await openDatabase(databaseUrl, authEntities);
  const connection = await (await nativeClient<PgPool>(orm)).connect();
  await connection.query('begin');
  await connection.query(statement);
  return async () => {
    await connection.query('rollback');
    connection.release();
    await orm.close();
  };
}

/** What may happen to a session, or its user, after it was read. */
const CHANGES = {
  'good: nothing': 'select 1',
  rotated: "update simplejwt_session set refresh_jti = gen_random_uuid() where id = 'SESSION'",
  ended: "update simplejwt_session set ended_at = now() where id = 'SESSION'",
  'past its idle limit': "update simplejwt_session set refresh_expires_at = '2000-01-01' where id = 'SESSION'",
  'past its absolute limit': "update simplejwt_session set expires_at = '2000-01-01' where id = 'SESSION'",
  'good: an absolute limit ahead': "update simplejwt_session set expires_at = '3000-01-01' where id = 'SESSION'",
  'of a changed user': "update simplejwt_user set token_version = token_version + 1 where id = 'USER'",
  'of a deactivated user': "update simplejwt_user set deactivated_at = now() where id = 'USER'",
  deleted: "delete from simplejwt_session where id = 'SESSION'",
};

describe('requests that arrive together on PostgreSQL', () => {
  test.each([true, false])(
    'refresh with two statements and one commit, with the blacklist of rotated tokens %s',
    async (blacklistAfterRotation) => {
      const { users, ask, statements, orm } = await startTogether(16, { blacklistAfterRotation });
      const outcomes = (await ask(users.map(({ refreshToken }) => refreshOf(refreshToken)))).map(outcomeOf);
      expect(outcomes.filter(isToken)).toHaveLength(16);
      expect(statements).toEqual([expect.stringMatching(/^select /), expect.stringMatching(GROUP_ROTATION)]);
      const [row] = await orm.em.getConnection().execute('select count(*)::int as n from simplejwt_blacklisted_token');
      expect(row).toEqual({ n: blacklistAfterRotation ? 16 : 0 });

      // Each got the successor of its own session.
      const successors = await ask(outcomes.map((token) => refreshOf(token)));
      expect(successors.map(outcomeOf).filter(isToken)).toHaveLength(16);
    },
  );

  test('read their users with one statement, each its own', async () => {
    const { users, ask, statements } = await startTogether(16);
    const answers = await ask(users.map(meOf));
    expect(answers.map(({ data }) => data?.['me']?.['email'])).toEqual(users.map(({ user }) => user.email));
    expect(statements).toHaveLength(1);
  });

  test('are answered 64 by one statement at most', async () => {
    const { users, ask, statements } = await startTogether(2);
    const answers = await ask(Array.from({ length: 130 }, (_, index) => meOf(users[index % 2] as Pair)));
    expect(answers.map(({ data }) => data?.['me']?.['email'])).toEqual(
      answers.map((_, index) => users[index % 2]?.user.email),
    );
    expect(statements).toHaveLength(3);
  });

  test('share statements if the host keeps the users', async () => {
    const { url: databaseUrl, remove } = await freshPostgres();
    const server = await startTestHost({ databaseUrl });
    try {
      const users: Pair[] = [];
      for (let index = 0; index < 4; index += 1) {
        const login = someEmail();
        await server.people.add(login);
        users.push(await server.client.login(login));
      }
      const ask = await askTogether(server, PersonType);
      const succeeded: string[] = [];
      await hookStatements(server.orm, { after: (sql) => void succeeded.push(sql) });
      const hasRotated = () => succeeded.some((sql) => GROUP_ROTATION.test(sql));
      let tokens = users.map(({ refreshToken }) => refreshToken);
      // The host reads its users one by one, so their sessions may rotate in different turns.
      for (let round = 0; !hasRotated() && round < 50; round += 1) {
        tokens = (await ask(tokens.map((token) => refreshOf(token)))).map(outcomeOf);
        expect(tokens.filter(isToken)).toHaveLength(4);
      }
      expect(hasRotated()).toBe(true);
      expect(succeeded).toContainEqual(expect.stringMatching(/^select .*json/));
    } finally {
      await server.stop();
      await remove();
    }
  });

  test('exchange a token once, however often one statement has it', async () => {
    const { users, ask, client } = await startTogether(2);
    const [first, second] = users as [Pair, Pair];
    const requests = Array.from({ length: 12 }, () => refreshOf(first.refreshToken));
    const outcomes = (await ask([...requests, refreshOf(second.refreshToken)])).map(outcomeOf);
    // All of one key are retries of one refresh, and have its answer.
    expect(outcomes.every(isToken)).toBe(true);
    const jtis = new Set(outcomes.slice(0, 12).map((token) => token.split('.')[1]));
    expect(jtis.size).toBe(1);
    expect((await client.refresh(outcomes[12] as string)).user.email).toBe(second.user.email);
  });

  test('are refused one by one', async () => {
    const { users, ask, auth, client } = await startTogether(6);
    const [, rotated, ended, deactivated, missing] = users as [Pair, Pair, Pair, Pair, Pair, Pair];
    await client.refresh(rotated.refreshToken);
    await client.logout(ended.accessToken);
    const admin = await auth.createUser({ email: someEmail(), password: 'correct horse battery', roles: ['ADMIN'] });
    const { accessToken } = (await auth.openSession({ userId: admin.id })) as { accessToken: string };
    await ask([[`mutation { deactivateUser(input: { id: "${deactivated.user.id}" }) { id } }`, accessToken]]);
    await ask([[`mutation { deleteUser(input: { id: "${missing.user.id}" }) { id } }`, accessToken]]);
    const outcomes = (await ask(users.map(({ refreshToken }) => refreshOf(refreshToken)))).map(outcomeOf);
    expect(outcomes.map((outcome) => (isToken(outcome) ? 'good' : outcome))).toEqual([
      'good',
      'INVALID_REFRESH_TOKEN TOKEN_ROTATED',
      'INVALID_REFRESH_TOKEN TOKEN_REVOKED',
      'INVALID_REFRESH_TOKEN TOKEN_REVOKED',
      'INVALID_REFRESH_TOKEN TOKEN_REVOKED',
      'good',
    ]);
  });

  test.each([true, false])(
    'rotate what each would rotate alone, with the blacklist of rotated tokens %s',
    async (blacklistAfterRotation) => {
      const changes = Object.entries(CHANGES);
      const { users, orm, clock, statements } = await startTogether(2 * changes.length, { blacklistAfterRotation });
      const em = orm.em.fork() as unknown as EntityManager;
      const rules = { now: clock.now(), leeway: 5 * SECOND, blacklistAfterRotation };
      const rotate = async ({ session, user }: SessionOfUser) => {
        const next = {
          refreshJti: newId(clock.now()),
          refreshKeyId: "it's",
          refreshIssuedAt: new Date(clock.now() + 1),
          refreshExpiresAt: new Date(clock.now() + DAY + 1),
          previousRefreshJti: session.refreshJti,
          retryKeyHash: null,
        };
        return rotateSession(em, session, next, { id: user.id, tokenVersion: user.tokenVersion }, rules);
      };
      /** Changes half of the sessions after they were read, and reports what the rotations then did to each. */
      const outcomes = async (half: readonly Pair[], run: (found: readonly SessionOfUser[]) => Promise<boolean[]>) => {
        const found: SessionOfUser[] = [];
        for (const { session } of half) found.push((await findSessionOfUser(em, session.id)) as SessionOfUser);
        for (const [index, [, change]] of changes.entries()) {
          const { session, user } = found[index] as SessionOfUser;
          await em.getConnection().execute(change.replace('SESSION', session.id).replace('USER', user.id));
        }
        const isMade = await run(found);
        const rows: unknown[] = [];
        for (const [index, { session }] of found.entries()) {
          const [row] = await em.getConnection().execute(
            `select refresh_key_id, refresh_issued_at, refresh_expires_at, previous_refresh_jti = '${session.refreshJti}' as is_next,
               (select json_build_object('reason', reason, 'at', blacklisted_at, 'is_right', session_id = '${session.id}')
                  from simplejwt_blacklisted_token where jti = '${session.refreshJti}') as blacklisted
               from simplejwt_session where id = '${session.id}'`,
          );
          rows.push([changes[index]?.[0], isMade[index], row]);
        }
        return rows;
      };
      const alone = await outcomes(users.slice(changes.length), async (found) => {
        const isMade: boolean[] = [];
        for (const each of found) isMade.push(await rotate(each));
        return isMade;
      });
      statements.splice(0);
      const together = await outcomes(users.slice(0, changes.length), async (found) => Promise.all(found.map(rotate)));
      const rotations = statements.filter((sql) => ROTATION.test(sql));
      // The group finds no row of the session that is deleted, and leaves it out.
      expect(rotations.map((sql) => GROUP_ROTATION.test(sql))).toEqual([true, false]);
      expect(together).toEqual(alone);
      expect(alone.map((row) => (row as unknown[])[1])).toEqual(changes.map(([name]) => name.startsWith('good')));
    },
  );

  test('find and lock their rows by an index', async () => {
    const server = await startTogether(3);
    const { users, ask } = server;
    const plans = await queryPlans(server, /json/, async () => {
      await ask(users.map(meOf));
      await ask(users.map(({ refreshToken }) => refreshOf(refreshToken)));
    });
    expect(plans).toHaveLength(3);
    for (const plan of plans) expect(plan).not.toMatch(/seq scan/i);
  });

  test('find nobody where there is nobody', async () => {
    const { users, auth, statements } = await startTogether(2);
    const ids = [users[0]?.user.id, '01890000-0000-7000-8000-000000000000', users[1]?.user.id, users[0]?.user.id];
    const found = await Promise.all(ids.map(async (id) => auth.findUser(id as string)));
    expect(found.map((user) => user?.id)).toEqual([ids[0], undefined, ids[2], ids[0]]);
    expect(statements).toHaveLength(1);
  });

  test('do not wait for a session that another transaction has locked', async () => {
    const { users, ask, databaseUrl, statements } = await startTogether(3);
    const [locked, ...others] = users as [Pair, Pair, Pair];
    const release = await holdOpen(
      databaseUrl,
      `select * from simplejwt_session where id = '${locked.session.id}' for update`,
    );
    const all = users.map(async ({ refreshToken }) => outcomeOf((await ask([refreshOf(refreshToken)]))[0] ?? {}));
    expect((await Promise.all(all.slice(1))).filter(isToken)).toHaveLength(others.length);
    expect(statements.filter((sql) => GROUP_ROTATION.test(sql))).toHaveLength(1);
    // Nor does what comes while the one that is locked waits.
    const [late] = await ask([meOf(others[0])]);
    expect(late?.data?.['me']?.['email']).toBe(others[0]?.user.email);
    await release();
    expect(isToken(await (all[0] as Promise<string>))).toBe(true);
  });

  test('go on behind a statement that takes long', async () => {
    const { users, ask, databaseUrl, statements } = await startTogether(2);
    const [slow, quick] = users as [Pair, Pair];
    const release = await holdOpen(
      databaseUrl,
      `select * from simplejwt_session where id = '${slow.session.id}' for update`,
    );
    const waiting = ask([refreshOf(slow.refreshToken)]);
    await waitUntil(async () => statements.some((sql) => ROTATION.test(sql)));
    // A host's test may have faked the timers.
    const { setTimeout: real } = globalThis;
    globalThis.setTimeout = (() => ({ unref() {} })) as unknown as typeof setTimeout;
    try {
      const [answer = {}] = await ask([refreshOf(quick.refreshToken)]);
      expect(isToken(outcomeOf(answer))).toBe(true);
    } finally {
      globalThis.setTimeout = real;
    }
    await release();
    expect(isToken(outcomeOf((await waiting)[0] ?? {}))).toBe(true);
  });

  const REFUSALS = [
    ['0A000', 'a statement that the engine does not know', 2],
    ['42601', 'a syntax that the engine does not know', 2],
    ['42883', 'a function that the engine does not know', 2],
    ['42P01', 'a table that is not there yet', 3],
    ['40001', 'a conflict', 3],
    ['40P01', 'a deadlock', 3],
    ['22P02', 'a value', 3],
  ] as const;

  test.each(REFUSALS)(
    'are answered alone if the database refuses their statement with %s: %s',
    async (code, _meaning, groups) => {
      const { users, ask, orm } = await startTogether(4);
      const refused: string[] = [];
      await hookStatements(orm, {
        before(sql) {
          if (!GROUP_ROTATION.test(sql)) return;
          refused.push(sql);
          throw Object.assign(new Error('injected'), { code });
        },
      });
      let tokens = users.map(({ refreshToken }) => refreshToken);
      for (let round = 0; round < 3; round += 1) {
        const outcomes = (await ask(tokens.map((token) => refreshOf(token)))).map(outcomeOf);
        expect(outcomes.filter(isToken)).toHaveLength(4);
        tokens = outcomes;
      }
      expect(refused).toHaveLength(groups);
    },
  );

  test('share a statement again after a column has got another type', async () => {
    const { users, ask, statements, databaseUrl } = await startTogether(4);
    await ask(users.map(meOf));
    await runSql(databaseUrl, 'alter table simplejwt_user alter column email type varchar(400)');
    for (let round = 0; round < 3; round += 1) {
      const answers = await ask(users.map(meOf));
      expect(answers.map(({ data }) => data?.['me']?.['email'])).toEqual(users.map(({ user }) => user.email));
    }
    statements.splice(0);
    await ask(users.map(meOf));
    expect(statements).toHaveLength(1);
  });

  test('get their answers again if the connection is lost before the database can say that it has rotated', async () => {
    const { users, ask, orm } = await startTogether(4);
    let isLost = false;
    await hookStatements(orm, {
      after(sql) {
        if (isLost || !ROTATION.test(sql)) return;
        isLost = true;
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
      },
    });
    const requests = users.map(({ refreshToken }) => refreshOf(refreshToken));
    expect((await ask(requests)).map(outcomeOf)).toEqual(Array.from({ length: 4 }, () => 'SERVICE_UNAVAILABLE'));
    const outcomes = (await ask(requests)).map(outcomeOf);
    expect(outcomes.filter(isToken)).toHaveLength(4);
    expect((await ask(outcomes.map((token) => refreshOf(token)))).map(outcomeOf).filter(isToken)).toHaveLength(4);
  });
});
