import bcrypt from 'bcrypt';
import { type Auth, buildGuardedSchema, createAuth, createHostAuthEntities, generateKeys } from '../src/index.ts';
import { openDatabase } from '../server/src/database/open-database.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood } from './support/expect-tokens.ts';
import { type Answer, PASSWORD } from './support/graphql-client.ts';
import { HOUR, MINUTE } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { startTestHost, type TestHost, type TestHostOptions, toHostUser } from './support/start-test-host.ts';
import { claimsOf } from './support/tokens.ts';

const WRONG = 'INVALID_CREDENTIALS';
const REVOKED = 'INVALID_REFRESH_TOKEN TOKEN_REVOKED';
const DJANGO_PASSWORD = 'lètmein now please';
const DJANGO = 'pbkdf2_sha256$600$seasalt2$GlOTibvBJiBUYxRMhcAsGNmT5PxvoO7DKpKdeCx8UMI=';

let nextLogin = 0;
const someLogin = () => `+49 170 ${(nextLogin += 1)}`;

onEachDatabase((database) => {
  const running: TestHost[] = [];
  afterEach(async () => {
    for (const host of running.splice(0)) await host.stop();
  });
  async function start(options: TestHostOptions = {}): Promise<TestHost> {
    const host = await startTestHost({ databaseUrl: await database.fresh(), ...options });
    running.push(host);
    return host;
  }
  const countStates = async ({ orm }: TestHost) => {
    const [row] = await orm.em
      .getConnection()
      .execute<{ count: number | string }[]>('select count(*) as count from simplejwt_user_state');
    return Number(row?.count);
  };

  describe('a host with its own users', () => {
    test('logs them in by their own identifier, and answers its own type', async () => {
      const { client, people } = await start();
      const login = someLogin();
      const id = await people.add(login, { roles: ['EDITOR'] });
      const pair = await client.login(login);
      expect(pair.user).toMatchObject({ id: String(id), email: login });
      expect(claimsOf(pair.accessToken)).toMatchObject({ sub: String(id), roles: ['EDITOR'], ver: 0 });
      const answer = await client.run('{ me { id name } sessions { isCurrent } }', {}, pair.accessToken);
      expect(answer.data).toEqual({ me: { id: String(id), name: login }, sessions: [{ isCurrent: true }] });
    });

    test('refreshes, verifies, lists and logs out', async () => {
      const { client, people } = await start();
      const login = someLogin();
      await people.add(login);
      const other = await client.login(login);
      const pair = await client.refresh((await client.login(login)).refreshToken);
      expect(await client.verify(pair.accessToken)).toMatchObject({ isValid: true });
      expect((await client.sessions(pair.accessToken)).data.sessions).toHaveLength(2);
      await client.endSession(pair.accessToken, other.session.id);
      expect(accessOf(await client.me(other.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      await client.logout(pair.accessToken);
      expect(refusalOf(await client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
    });

    test('makes a state at the first right login, and for nobody else', async () => {
      const host = await start();
      const login = someLogin();
      await host.people.add(login);
      await host.people.add(someLogin());
      await host.client.tryLogin(login, 'wrong horse battery');
      await host.client.tryLogin('nobody', PASSWORD);
      expect(await countStates(host)).toBe(0);
      await Promise.all(Array.from({ length: 5 }, async () => host.client.login(login)));
      expect(await countStates(host)).toBe(1);
    });

    test.each([
      ['an unknown user', async (_host: TestHost) => undefined],
      [
        'a wrong password',
        async ({ people }: TestHost) => people.change(1, { passwordHash: bcrypt.hashSync('no', 4) }),
      ],
      ['no password', async ({ people }: TestHost) => people.change(1, { passwordHash: null })],
      ['a hash of another kind', async ({ people }: TestHost) => people.change(1, { passwordHash: '{SSHA}x' })],
      ['an inactive user', async ({ people }: TestHost) => people.change(1, { isActive: false })],
    ])('answers %s like every other refusal', async (title, change) => {
      const host = await start();
      await host.people.add('ada', { id: 1 });
      await change(host);
      const answer = await host.client.tryLogin(title === 'an unknown user' ? 'bob' : 'ada');
      expect([refusalOf(answer), answer.status]).toEqual([WRONG, 200]);
      expect(await countStates(host)).toBe(0);
    });

    test.each(['', ' ', 'a\u0000b', 'x'.repeat(255)])('refuses an identifier that cannot be one: %j', async (login) => {
      const { client } = await start();
      expect(refusalOf(await client.tryLogin(login))).toBe('BAD_USER_INPUT');
    });

    test('limits the spellings of one identifier together', async () => {
      const { client, people } = await start({
        users: () => ({ normalizeLogin: (typed) => typed.replaceAll(' ', '').replace(/^00/, '+') }),
      });
      await people.add('+491701');
      for (const typed of ['+49 170 1', '0049 170 1', '+491701', '0049 1701', '+49 1701'])
        for (const password of ['a wrong one', 'another wrong one']) await client.tryLogin(typed, password);
      expect(refusalOf(await client.tryLogin('+491701'))).toBe('RATE_LIMITED');
    });

    test('leaves a hash as it is, unless it takes new ones', async () => {
      const { client, people } = await start();
      const id = await people.add('ada', { passwordHash: DJANGO });
      await client.login('ada', DJANGO_PASSWORD);
      expect((await people.find({ id }))?.passwordHash).toBe(DJANGO);
    });

    test('gets a hash of the current form if it takes one', async () => {
      const { client, people } = await start({
        users: (all) => ({
          savePasswordHash: async ({ id }, passwordHash, oldHash) => {
            expect(oldHash).toBe(DJANGO);
            await all.change(id, { passwordHash });
          },
        }),
      });
      const id = await people.add('ada', { passwordHash: DJANGO });
      const { refreshToken } = await client.login('ada', DJANGO_PASSWORD);
      expect((await people.find({ id }))?.passwordHash).toMatch(/^\$hmac-sha384\$/);
      await client.login('ada', DJANGO_PASSWORD);
      await client.refresh(refreshToken);
    });

    test('may check the password by itself', async () => {
      const asked: (string | null)[] = [];
      const { client, people } = await start({
        users: () => ({
          verifyPassword: async (user, password) => {
            asked.push(user?.name ?? null);
            return password === 'open sesame';
          },
        }),
      });
      await people.add('ada', { name: 'Ada' });
      await client.login('ada', 'open sesame');
      await client.login('ada', 'open sesame');
      expect(refusalOf(await client.tryLogin('ada', PASSWORD))).toBe(WRONG);
      expect(refusalOf(await client.tryLogin('bob', 'open sesame'))).toBe(WRONG);
      // At the first login, the password is looked at again once the state is made.
      expect(asked).toEqual(['Ada', 'Ada', 'Ada', 'Ada', null]);
    });

    test('answers SERVICE_UNAVAILABLE and logs the fault while its users cannot be read, and loses no session', async () => {
      const host = await start();
      await host.people.add('ada');
      const { refreshToken } = await host.client.login('ada');
      host.people.onRead = async () => {
        throw new Error('the cable was cut');
      };
      const answers = [await host.client.tryRefresh(refreshToken), await host.client.tryLogin('ada')];
      host.people.onRead = null;
      expect(answers.map(refusalOf)).toEqual(['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE']);
      expect(JSON.stringify(answers)).not.toContain('cable');
      expect(host.log()).toContain('the cable was cut');
      await expectGood(host.client, await host.client.refresh(refreshToken));
    });

    test('that logs users in by itself opens sessions, and has no login', async () => {
      const host = await start({ users: () => ({ findByLogin: undefined as never }) });
      const id = await host.people.add('ada');
      expect((await host.client.tryLogin('ada')).text).toContain('Cannot query field');
      const pair = await host.auth.openSession({ userId: id });
      expect(claimsOf(pair?.accessToken ?? '')).toMatchObject({ sub: String(id) });
      expect(await host.auth.openSession({ userId: 999_999_999 })).toBeNull();
      await host.people.change(id, { isActive: false });
      expect(await host.auth.openSession({ userId: id })).toBeNull();
    });

    test('has no field of ours that needs our table of users', async () => {
      const { client, people } = await start();
      await people.add('ada');
      for (const query of [
        'mutation { register(input: { email: "a@example.com", password: "correct horse" }) { accessToken } }',
        'mutation { changePassword(input: { currentPassword: "a", newPassword: "b" }) { accessToken } }',
        '{ users { edges { cursor } } }',
        'mutation { deleteUser(input: { id: "1" }) { id } }',
      ])
        expect((await client.run(query)).text).toContain('Cannot query field');
    });

    test('finds nobody by an id that it reads more loosely than it is written', async () => {
      const { auth, people } = await start();
      await people.add('ada', { id: 7 });
      for (const userId of ['7.0', ' 7', '0x7', '07', '7e0', '']) expect(await auth.openSession({ userId })).toBeNull();
    });
  });

  describe.each(['the same process', 'another process'])('what the host reports to %s', (where) => {
    async function startPair() {
      const databaseUrl = await database.fresh();
      const here = await start({ databaseUrl });
      const { keys, clock } = here;
      const there = where === 'the same process' ? here : await start({ databaseUrl, keys, clock });
      const id = await here.people.add('ada', { roles: ['EDITOR'] });
      return { here, there, id, pair: await here.client.login('ada') };
    }
    /** Asks at once, or, if the report went to another process, after a poll. */
    async function refusalSoon(ask: () => Promise<Answer>, expected: string): Promise<void> {
      const until = Date.now() + (where === 'the same process' ? 0 : 5_000);
      const outcomeOf = (answer: Answer) => (answer.errors.length === 0 ? 'good' : refusalOf(answer));
      let outcome = outcomeOf(await ask());
      while (outcome !== expected && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        outcome = outcomeOf(await ask());
      }
      expect(outcome).toBe(expected);
    }

    test('a change of roles outdates access tokens, and the next refresh has the new roles', async () => {
      const { here, there, id, pair } = await startPair();
      await here.people.change(id, { roles: ['READER'] });
      await there.auth.userChanged(id);
      await refusalSoon(() => here.client.me(pair.accessToken), 'UNAUTHENTICATED TOKEN_REVOKED');
      const next = await here.client.refresh(pair.refreshToken);
      expect(claimsOf(next.accessToken)['roles']).toEqual(['READER']);
      await expectGood(here.client, next);
    });

    test('a deactivation ends every session', async () => {
      const { here, there, id, pair } = await startPair();
      await here.people.change(id, { isActive: false });
      await there.auth.userChanged(id);
      await refusalSoon(() => here.client.me(pair.accessToken), 'UNAUTHENTICATED TOKEN_REVOKED');
      expect(refusalOf(await here.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      await here.people.change(id, { isActive: true });
      expect(refusalOf(await here.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      await expectGood(here.client, await here.client.login('ada'));
    });

    test('a change of the password ends every session', async () => {
      const { here, there, id, pair } = await startPair();
      await here.people.change(id, { passwordHash: bcrypt.hashSync('another horse', 4) });
      await there.auth.userChanged(id, { passwordChanged: true });
      await refusalSoon(() => here.client.me(pair.accessToken), 'UNAUTHENTICATED TOKEN_REVOKED');
      expect(refusalOf(await here.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      expect(refusalOf(await here.client.tryLogin('ada'))).toBe(WRONG);
      await here.client.login('ada', 'another horse');
    });

    test('a deletion ends every session, and a new user with the id has none of them', async () => {
      const { here, there, id, pair } = await startPair();
      await here.people.remove(id);
      await there.auth.userDeleted(id);
      await refusalSoon(() => here.client.me(pair.accessToken), 'UNAUTHENTICATED TOKEN_REVOKED');
      await here.people.add('bob', { id, createdAt: new Date(1) });
      expect(refusalOf(await here.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      const bob = await here.client.login('bob');
      await expectGood(here.client, bob);
      await refusalSoon(() => here.client.me(pair.accessToken), 'UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('a user without a session is no error', async () => {
      const { there } = await startPair();
      await there.auth.userChanged(123_456);
      await expect(there.auth.userDeleted('nobody at all')).resolves.toBeUndefined();
    });
  });

  describe('what the host does not report', () => {
    test.each([
      ['a deletion', async ({ people }: TestHost) => people.remove(1)],
      ['a deactivation', async ({ people }: TestHost) => people.change(1, { isActive: false })],
    ])('is found at the next refresh: %s', async (_title, change) => {
      const host = await start();
      await host.people.add('ada', { id: 1 });
      const [pair, other] = [await host.client.login('ada'), await host.client.login('ada')];
      await change(host);
      await expectUsable(host, pair.accessToken);
      expect(refusalOf(await host.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      for (const { accessToken } of [pair, other])
        expect(refusalOf(await host.client.currentToken(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      expect(refusalOf(await host.client.tryRefresh(other.refreshToken))).toBe(REVOKED);
    });

    test('is found at the next refresh: new roles', async () => {
      const host = await start();
      await host.people.add('ada', { id: 1, roles: ['EDITOR'] });
      const pair = await host.client.login('ada');
      await host.people.change(1, { roles: [] });
      const next = await host.client.refresh(pair.refreshToken);
      expect(claimsOf(next.accessToken)['roles']).toEqual([]);
    });

    test.each(['refresh', 'login'])('is found at the next %s: the id belongs to another user', async (asked) => {
      const host = await start();
      await host.people.add('ada', { id: 1 });
      const pair = await host.client.login('ada');
      await host.people.remove(1);
      await host.people.add('bob', { id: 1, createdAt: new Date(1) });
      await (asked === 'login' ? host.client.login('bob') : host.client.tryRefresh(pair.refreshToken));
      expect(refusalOf(await host.client.currentToken(pair.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      expect(refusalOf(await host.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
    });
  });

  describe('while the host reads a user', () => {
    type Change = (host: TestHost) => Promise<unknown>;
    const CHANGES: readonly (readonly [string, Change, onRefresh: string, onLogin: string])[] = [
      [
        'deactivated and reported',
        async ({ people, auth }) => people.change(1, { isActive: false }).then(() => auth.userChanged(1)),
        REVOKED,
        WRONG,
      ],
      [
        'deleted and reported',
        async ({ people, auth }) => people.remove(1).then(() => auth.userDeleted(1)),
        REVOKED,
        WRONG,
      ],
      [
        'given another password, and reported',
        async ({ people, auth }) =>
          people
            .change(1, { passwordHash: bcrypt.hashSync('another horse', 4) })
            .then(() => auth.userChanged(1, { passwordChanged: true })),
        REVOKED,
        WRONG,
      ],
    ];
    /** Changes the user after the host has read it for the `nth` time, so what the library got is old. */
    function changeAtRead(host: TestHost, nth: number, change: Change): () => boolean {
      let reads = 0;
      let isDone = false;
      host.people.onRead = async () => {
        if ((reads += 1) !== nth) return;
        isDone = true;
        host.people.onRead = null;
        await change(host);
      };
      return () => isDone;
    }

    test.each(CHANGES)('a user who is %s gets no pair from a refresh', async (_title, change, onRefresh) => {
      const host = await start();
      await host.people.add('ada', { id: 1 });
      const { refreshToken } = await host.client.login('ada');
      const isDone = changeAtRead(host, 1, change);
      expect(refusalOf(await host.client.tryRefresh(refreshToken))).toBe(onRefresh);
      expect(isDone()).toBe(true);
    });

    test.each(
      CHANGES.flatMap(([title, change, , onLogin]) => [1, 2, 3].map((nth) => [title, nth, change, onLogin] as const)),
    )('a user who is %s gets no session from a first login, at read %i', async (_title, nth, change, onLogin) => {
      const host = await start();
      await host.people.add('ada', { id: 1 });
      const isDone = changeAtRead(host, nth, change);
      expect(refusalOf(await host.client.tryLogin('ada'))).toBe(onLogin);
      expect(isDone()).toBe(true);
    });

    test.each(
      CHANGES.flatMap(([title, change, , onLogin]) => [1, 2].map((nth) => [title, nth, change, onLogin] as const)),
    )('a user who is %s gets no session from a later login, at read %i', async (_title, nth, change, onLogin) => {
      const host = await start();
      await host.people.add('ada', { id: 1 });
      await host.client.login('ada');
      const isDone = changeAtRead(host, nth, change);
      expect(refusalOf(await host.client.tryLogin('ada'))).toBe(onLogin);
      expect(isDone()).toBe(true);
    });

    test('roles that are removed and reported are not in the answer', async () => {
      const host = await start();
      await host.people.add('ada', { id: 1, roles: ['EDITOR'] });
      const { refreshToken } = await host.client.login('ada');
      changeAtRead(host, 1, async ({ people, auth }) => {
        await people.change(1, { roles: [] });
        await auth.userChanged(1);
      });
      const pair = await host.client.refresh(refreshToken);
      expect(claimsOf(pair.accessToken)['roles']).toEqual([]);
      await expectGood(host.client, pair);
    });
  });

  describe('an administrator of the host', () => {
    async function startWithAdmin() {
      const host = await start();
      await host.people.add('root', { id: 1, roles: ['ADMIN'] });
      await host.people.add('ada', { id: 2 });
      return { host, admin: await host.client.login('root') };
    }
    const run = async ({ client }: TestHost, operation: string, accessToken: string, id = '2') =>
      client.run(`mutation ($id: ID!) { ${operation}(input: { id: $id }) { id } }`, { id }, accessToken);

    test('deactivates a user, whose sessions end and who cannot log in, and activates the user', async () => {
      const { host, admin } = await startWithAdmin();
      const pair = await host.client.login('ada');
      expect((await run(host, 'deactivateUser', admin.accessToken)).data.deactivateUser.id).toBe('2');
      expect(refusalOf(await host.client.currentToken(pair.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      expect(refusalOf(await host.client.tryLogin('ada'))).toBe(WRONG);
      expect(await host.auth.openSession({ userId: 2 })).toBeNull();
      await run(host, 'activateUser', admin.accessToken);
      expect(refusalOf(await host.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      await expectGood(host.client, await host.client.login('ada'));
    });

    test('deactivates a user whom the host has deactivated too, and both have to activate the user', async () => {
      const { host, admin } = await startWithAdmin();
      await host.client.login('ada');
      await host.people.change(2, { isActive: false });
      await host.auth.userChanged(2);
      await run(host, 'deactivateUser', admin.accessToken);
      await host.people.change(2, { isActive: true });
      expect(refusalOf(await host.client.tryLogin('ada'))).toBe(WRONG);
      await run(host, 'activateUser', admin.accessToken);
      await expectGood(host.client, await host.client.login('ada'));
    });

    test('changes nothing by activating a user whom only the host has deactivated', async () => {
      const { host, admin } = await startWithAdmin();
      await host.client.login('ada');
      await host.people.change(2, { isActive: false });
      await run(host, 'activateUser', admin.accessToken);
      const events = await host.client.run(
        '{ securityEvents(userId: "2", first: 5) { edges { node { type } } } }',
        {},
        admin.accessToken,
      );
      expect(JSON.stringify(events.data)).not.toContain('USER_ACTIVATED');
      expect(refusalOf(await host.client.tryLogin('ada'))).toBe(WRONG);
    });

    test('deactivates a user who has never logged in', async () => {
      const { host, admin } = await startWithAdmin();
      await run(host, 'deactivateUser', admin.accessToken);
      expect(refusalOf(await host.client.tryLogin('ada'))).toBe(WRONG);
    });

    test('ends all sessions of a user, and reads the security events', async () => {
      const { host, admin } = await startWithAdmin();
      const pair = await host.client.login('ada');
      await host.client.run(
        'mutation { endUserSessions(input: { id: "2" }) { endedSessions } }',
        {},
        admin.accessToken,
      );
      expect(refusalOf(await host.client.tryRefresh(pair.refreshToken))).toBe(REVOKED);
      const events = await host.client.run(
        '{ securityEvents(userId: "2", first: 5) { edges { node { type } } } }',
        {},
        admin.accessToken,
      );
      expect(events.data.securityEvents.edges.map(({ node }: { node: { type: string } }) => node.type)).toEqual([
        'SESSION_ENDED',
        'LOGGED_IN',
      ]);
    });

    test('who loses the role loses the right at once', async () => {
      const { host, admin } = await startWithAdmin();
      await host.people.change(1, { roles: [] });
      await host.auth.userChanged(1);
      expect(refusalOf(await run(host, 'deactivateUser', admin.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });
  });

  test('the purge deletes what has outlived its tokens', async () => {
    const host = await start({ refreshTokenLifetime: '1h' });
    await host.people.add('ada');
    await host.client.login('ada');
    await passTime(host, 24 * HOUR);
    expect(await host.auth.purge()).toMatchObject({ sessions: 1, oneTimeCodes: 0 });
  });

  test('access tokens expire, and claims are computed from the type of the host', async () => {
    const seen: object[] = [];
    const namespace = 'https://example.com/claims';
    const compute = async (user: object) => (seen.push(user), { plan: 'free' });
    const host = await start({ claims: { namespace, compute } } as TestHostOptions);
    await host.people.add('ada', { id: 1, name: 'Ada' });
    const { accessToken } = await host.client.login('ada');
    expect(claimsOf(accessToken)[namespace]).toEqual({ plan: 'free' });
    expect(seen).toEqual([expect.objectContaining({ id: 1, name: 'Ada' })]);
    await passTime(host, 16 * MINUTE);
    expect(accessOf(await host.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
  });
});

async function expectUsable({ client }: TestHost, accessToken: string): Promise<void> {
  expect((await client.currentToken(accessToken)).errors).toEqual([]);
}

describe('createAuth', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).toReversed()) await each.close();
  });
  const users = { findById: async () => null };
  const common = { keys: generateKeys(), issuer: 'https://auth.test', bcryptCost: 4 };

  async function openHost(given: object = {}): Promise<Auth> {
    const orm = await openDatabase('sqlite::memory:', createHostAuthEntities({ tablePrefix: 'own_' }));
    opened.push(orm);
    await orm.schema.create();
    const auth = await createAuth({ ...common, orm, ...given });
    opened.push(auth);
    return auth;
  }

  test('refuses users with the entities of our own table, and the other way round', async () => {
    await expect(openHost()).rejects.toThrow('createHostAuthEntities');
    const { authEntities } = await import('../src/index.ts');
    const orm = await openDatabase('sqlite::memory:', authEntities);
    opened.push(orm);
    await expect(createAuth({ ...common, orm, users })).rejects.toThrow('createHostAuthEntities');
  });

  test('refuses a mailer, which is for users of ours', async () => {
    const mailer = async () => undefined;
    await expect(openHost({ users, mailer, linkUrl: 'https://app.test/' })).rejects.toThrow('A mailer is for users');
  });

  test('needs the type of the host for the schema', async () => {
    const auth = await openHost({ users });
    await expect(buildGuardedSchema({ resolvers: auth.resolvers })).rejects.toThrow('Pass `userType`');
  });

  test('has no createUser for a host, and no reports for users of ours', async () => {
    const auth = await openHost({ users });
    await expect(auth.createUser({ email: 'a@example.com', password: PASSWORD })).rejects.toThrow('createUser');
  });

  test.each([
    ['a long id', { id: 'x'.repeat(65), stamp: 1 }],
    ['an empty id', { id: '', stamp: 1 }],
    ['a long stamp', { id: 'x', stamp: 'x'.repeat(65) }],
    ['a control character', { id: 'x\ny', stamp: 1 }],
  ])('a user of the host with %s is a fault of the host', async (_title, given) => {
    const user = { ...toHostUser(null), ...given, user: {} };
    const auth = await openHost({ users: { findById: async () => user } });
    await expect(auth.openSession({ userId: 'x' })).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
