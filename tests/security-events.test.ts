import {
  administrate,
  administrateWell,
  changePassword,
  countRows,
  failInserts,
  NEW_PASSWORD,
  newAdministrator,
  securityEvents,
  tryChangePassword,
  trySecurityEvents,
} from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { expectGood } from './support/expect-tokens.ts';
import { type Answer, type Pair, PASSWORD } from './support/graphql-client.ts';
import { SECOND } from './support/manual-clock.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { TOKEN_PART } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const KEY = 'a-key-of-one-refresh-0123456789';
const NOBODY = '01900000-0000-7000-8000-000000000000';

const start = useServers();

onEachDatabase((database) => {
  let server: TestAuth;
  let administrator: Pair;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh(), maxSessions: 3 });
    administrator = await newAdministrator(server);
  });
  afterAll(() => server.stop());

  const newcomer = () => server.client.register(someEmail());
  /** What is on record of somebody, in the order in which it happened: what, in which session, for what cause. */
  async function story(userId: string): Promise<string[]> {
    const events = await securityEvents(server.client, administrator.accessToken, userId);
    return events.toReversed().map(({ type, cause }) => (cause === null ? type : `${type} ${cause}`));
  }

  describe('on record is', () => {
    test('who registered and logged in, when, in which session, and from where', async () => {
      const email = someEmail();
      const { session, user } = await server.client.register(email);
      await passTime(server, SECOND);
      await server.client.tryLogin(email, PASSWORD, { 'user-agent': 'a telephone' });
      const [login, registration] = await securityEvents(server.client, administrator.accessToken, user.id);
      const now = server.clock.now();
      expect(registration).toMatchObject({
        type: 'REGISTERED',
        sessionId: session.id,
        cause: null,
        createdAt: new Date(now - SECOND).toISOString(),
        ipAddress: '127.0.0.1',
      });
      expect(login).toMatchObject({
        type: 'LOGGED_IN',
        createdAt: new Date(now).toISOString(),
        userAgent: 'a telephone',
        ipAddress: '127.0.0.1',
      });
      expect(login!.sessionId).not.toBe(session.id);
    });

    test('an account that the command line or a host made', async () => {
      const pair = await newAdministrator(server);
      expect(await story(pair.user.id)).toEqual(['REGISTERED', 'LOGGED_IN']);
    });

    test('a login that failed, once', async () => {
      const { user } = await newcomer();
      await server.client.tryLogin(user.email, 'wrong horse battery');
      expect(await story(user.id)).toEqual(['REGISTERED', 'LOGIN_FAILED']);
    });

    test('a login that failed for somebody who is deactivated', async () => {
      const { user } = await newcomer();
      await administrateWell(server.client, 'deactivateUser', user.id, administrator.accessToken);
      await server.client.tryLogin(user.email, PASSWORD);
      expect((await story(user.id)).at(-1)).toBe('LOGIN_FAILED');
    });

    test('a login that failed for an e-mail that nobody has, as nobody: both take the same work', async () => {
      const { user } = await newcomer();
      const statements: string[] = [];
      const other = await start({ databaseUrl: server.databaseUrl, keys: server.keys, blacklistPoll: '30s' });
      await hookStatements(other.orm, { before: (sql) => void statements.push(sql) });
      await other.client.tryLogin(user.email, 'wrong horse battery');
      const known = statements.splice(0);
      const before = await countRows(server, 'simplejwt_security_event', `user_id is null and type = 'LOGIN_FAILED'`);
      statements.length = 0;
      await other.client.tryLogin('nobody@example.com', 'wrong horse battery');
      expect(statements).toEqual(known);
      expect(await countRows(server, 'simplejwt_security_event', `user_id is null and type = 'LOGIN_FAILED'`)).toBe(
        before + 1,
      );
      expect(
        await countRows(server, 'simplejwt_security_event', `user_agent like '%nobody%' or cause like '%nobody%'`),
      ).toBe(0);
    });

    test('no refresh: the session says when it was last used', async () => {
      const { user, refreshToken } = await newcomer();
      const { accessToken } = await server.client.refresh(refreshToken);
      expect(await story(user.id)).toEqual(['REGISTERED']);
      const { data } = await server.client.sessions(accessToken);
      expect(data.sessions[0].lastUsedAt).toBe(new Date(server.clock.now()).toISOString());
    });

    test('a refresh that was retried, and one that was refused as rotated', async () => {
      const { user, session, refreshToken } = await newcomer();
      await server.client.refresh(refreshToken, KEY);
      await server.client.refresh(refreshToken, KEY);
      await server.client.tryRefresh(refreshToken);
      await server.client.verify(refreshToken);
      const refused = 'REFRESH_REFUSED_AS_ROTATED';
      expect(await story(user.id)).toEqual(['REGISTERED', 'REFRESH_RETRIED', refused, refused]);
      const events = await securityEvents(server.client, administrator.accessToken, user.id);
      expect(events.every(({ sessionId }) => sessionId === session.id)).toBe(true);
    });

    test.each([
      ['the previous token', 1, 'REUSE_DETECTED PREVIOUS'],
      ['an older one', 2, 'REUSE_DETECTED OLDER'],
    ])('a reuse of %s, and the end of the session for it', async (_title, refreshes, event) => {
      const { user, refreshToken } = await newcomer();
      let last = refreshToken;
      for (let count = 0; count < refreshes; count += 1) last = (await server.client.refresh(last)).refreshToken;
      await passTime(server, 11 * SECOND);
      expect(refusalOf(await server.client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
      expect(await story(user.id)).toEqual(['REGISTERED', event, 'SESSION_ENDED TOKEN_REUSED']);
      await server.client.tryRefresh(refreshToken);
      expect(await story(user.id)).toHaveLength(3);
    });

    test('a change of the password, with the sessions it ended, and one that failed', async () => {
      const { user, ...first } = await newcomer();
      const second = await server.client.login(user.email);
      await tryChangePassword(server.client, first.accessToken, 'wrong horse battery');
      const third = await changePassword(server.client, first.accessToken);
      expect(await story(user.id)).toEqual([
        'REGISTERED',
        'LOGGED_IN',
        'PASSWORD_CHANGE_FAILED',
        'SESSION_ENDED PASSWORD_CHANGED',
        'SESSION_ENDED PASSWORD_CHANGED',
        'PASSWORD_CHANGED',
      ]);
      const events = await securityEvents(server.client, third.accessToken);
      expect(events[0]!.sessionId).toBe(third.session.id);
      const ended = events.slice(1, 3).map(({ sessionId }) => sessionId);
      expect(ended.toSorted()).toEqual([first.session.id, second.session.id].toSorted());
    });

    const ENDS: [cause: string, end: (pair: Pair) => Promise<unknown>][] = [
      ['LOGGED_OUT', async ({ accessToken }) => server.client.logout(accessToken)],
      ['ENDED_BY_USER', async ({ accessToken, session }) => server.client.endSession(accessToken, session.id)],
      ['BLACKLISTED', async ({ refreshToken }) => server.auth.blacklistToken(refreshToken)],
      [
        'ENDED_BY_ADMIN',
        async ({ user }) => administrateWell(server.client, 'endUserSessions', user.id, administrator.accessToken),
      ],
      [
        'SESSION_LIMIT',
        async ({ user }) => {
          for (let count = 0; count < 3; count += 1) await server.client.login(user.email);
        },
      ],
    ];
    test.each(ENDS)('the end of a session, and why: %s', async (cause, end) => {
      const pair = await newcomer();
      await end(pair);
      await end(pair);
      const events = await securityEvents(server.client, administrator.accessToken, pair.user.id);
      const ended = events.filter(({ sessionId, type }) => type === 'SESSION_ENDED' && sessionId === pair.session.id);
      expect(ended.map((event) => event.cause)).toEqual([cause]);
    });

    test('what an administrator did to the account', async () => {
      const { user } = await newcomer();
      for (const operation of ['setUserRoles', 'deactivateUser', 'activateUser', 'deleteUser'] as const) {
        await administrateWell(server.client, operation, user.id, administrator.accessToken, ['EDITOR']);
      }
      expect(await story(user.id)).toEqual([
        'REGISTERED',
        'ROLES_CHANGED',
        'USER_DEACTIVATED',
        'SESSION_ENDED USER_DEACTIVATED',
        'USER_ACTIVATED',
        'USER_DELETED',
      ]);
    });
  });

  test('a token, a password, an e-mail or a key is in no event', async () => {
    const { user, ...pair } = await newcomer();
    await server.client.tryLogin(user.email, 'wrong horse battery');
    await server.client.tryLogin('wrong horse battery@example.com', PASSWORD);
    const next = await server.client.refresh(pair.refreshToken, KEY);
    await server.client.refresh(pair.refreshToken, KEY);
    await server.client.tryRefresh(pair.refreshToken);
    const last = await changePassword(server.client, next.accessToken);
    await server.client.logout(last.accessToken);
    const rows = JSON.stringify(await server.orm.em.getConnection().execute('select * from simplejwt_security_event'));
    for (const secret of [PASSWORD, NEW_PASSWORD, 'horse', KEY, user.email, '$2b$']) expect(rows).not.toContain(secret);
    expect(rows).not.toMatch(TOKEN_PART);
    for (const { accessToken, refreshToken } of [pair, next, last]) {
      for (const token of [accessToken, refreshToken]) {
        for (const part of token.split('.')) expect(rows).not.toContain(part);
      }
    }
  });

  describe('who may read it', () => {
    test('nobody without an access token', async () => {
      expect(refusalOf(await trySecurityEvents(server.client))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    });

    test('everybody their own, with or without their id', async () => {
      const { user, accessToken } = await newcomer();
      await newcomer();
      const own = await securityEvents(server.client, accessToken);
      expect(own.map(({ type }) => type)).toEqual(['REGISTERED']);
      expect(await securityEvents(server.client, accessToken, user.id)).toEqual(own);
      const { data } = await trySecurityEvents(server.client, accessToken, { userId: null });
      expect(data.securityEvents.edges).toHaveLength(1);
    });

    test("nobody another's: whether there is such a user shows in not one byte", async () => {
      const { accessToken } = await newcomer();
      const { user } = await newcomer();
      const deleted = await newcomer();
      await administrateWell(server.client, 'deleteUser', deleted.user.id, administrator.accessToken);
      const look = ({ status, headers, text }: Answer) => ({
        status,
        text,
        headers: [...headers].filter(([name]) => name !== 'date'),
      });
      const unknown = await trySecurityEvents(server.client, accessToken, { userId: NOBODY });
      expect(errorOf(unknown).extensions).toEqual({ code: 'NOT_FOUND' });
      for (const userId of [user.id, deleted.user.id, administrator.user.id, '', 'junk', user.id.toUpperCase()]) {
        expect(look(await trySecurityEvents(server.client, accessToken, { userId }))).toEqual(look(unknown));
      }
    });

    test("administrators anyone's, deleted users' too; of an id that nobody had there is nothing", async () => {
      const { user } = await newcomer();
      expect(await story(user.id)).toEqual(['REGISTERED']);
      await administrateWell(server.client, 'deleteUser', user.id, administrator.accessToken);
      expect(await story(user.id)).toContain('USER_DELETED');
      expect(await story(NOBODY)).toEqual([]);
      const junk = await trySecurityEvents(server.client, administrator.accessToken, { userId: 'junk' });
      expect(refusalOf(junk)).toBe('NOT_FOUND');
    });

    test('nobody learns from it where an administrator sits, but another administrator', async () => {
      const { user, accessToken } = await newcomer();
      const input = { id: user.id, roles: ['EDITOR'] };
      await server.client.run(
        'mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { id } }',
        { input },
        administrator.accessToken,
        { 'user-agent': "the administrator's browser" },
      );
      await administrateWell(server.client, 'endUserSessions', user.id, administrator.accessToken);
      expect(refusalOf(await trySecurityEvents(server.client, accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      const after = await server.client.login(user.email);
      const seen = await securityEvents(server.client, after.accessToken);
      expect(seen.map(({ type, ipAddress, userAgent }) => [type, ipAddress, userAgent === null])).toEqual([
        ['LOGGED_IN', '127.0.0.1', false],
        ['SESSION_ENDED', null, true],
        ['ROLES_CHANGED', null, true],
        ['REGISTERED', '127.0.0.1', false],
      ]);
      const shown = await securityEvents(server.client, administrator.accessToken, user.id);
      expect(shown.find(({ type }) => type === 'ROLES_CHANGED')).toMatchObject({
        userAgent: "the administrator's browser",
        ipAddress: '127.0.0.1',
      });
    });
  });

  describe('where an event cannot be written, what it records has not happened:', () => {
    async function failing(work: () => Promise<Answer>): Promise<void> {
      const mend = await failInserts(server.databaseUrl, 'simplejwt_security_event');
      const answer = await work();
      await mend();
      expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
    }

    test('register', async () => {
      const email = someEmail();
      await failing(() =>
        server.client.run('mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }', {
          input: { email, password: PASSWORD },
        }),
      );
      expect(refusalOf(await server.client.tryLogin(email))).toBe('INVALID_CREDENTIALS');
      await server.client.register(email);
    });

    test('login, and the end of the oldest session for it', async () => {
      const first = await newcomer();
      for (let count = 0; count < 2; count += 1) await server.client.login(first.user.email);
      const { lastLoginAt } = (await server.client.me(first.accessToken)).data.me;
      await passTime(server, SECOND);
      await failing(() => server.client.tryLogin(first.user.email));
      const { data } = await server.client.sessions(first.accessToken);
      expect(data.sessions).toHaveLength(3);
      expect((await server.client.me(first.accessToken)).data.me.lastLoginAt).toBe(lastLoginAt);
      await expectGood(server.client, first);
    });

    test('logout, and the end of a session', async () => {
      const pair = await newcomer();
      await failing(() => server.client.logout(pair.accessToken));
      await failing(() => server.client.endSession(pair.accessToken, pair.session.id));
      await failing(() => administrate(server.client, 'endUserSessions', pair.user.id, administrator.accessToken));
      await expectGood(server.client, pair);
    });

    test('the end of a session for a reuse', async () => {
      const { refreshToken } = await newcomer();
      const next = await server.client.refresh(refreshToken);
      await passTime(server, 11 * SECOND);
      await failing(() => server.client.tryRefresh(refreshToken));
      await expectGood(server.client, next);
    });
  });
});
