import { runInNewContext } from 'node:vm';
import { GraphQLError } from 'graphql';
import { Query, Resolver } from 'type-graphql';
import {
  type AccessRefusalReason,
  ErrorCode,
  ForbiddenReason,
  InputRefusalReason,
  Public,
  TokenRefusalReason,
} from '../src/index.ts';
import { fillQueue, SHORT_QUEUE } from './support/busy-logins.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { HOUR, MINUTE } from './support/manual-clock.ts';
import { errorOf } from './support/outcomes.ts';
import { REFRESH } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import { SESSION_UPDATE } from './support/rotation-statement.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

type Provocation = (server: TestAuth) => Promise<Answer>;

const newcomer = ({ client }: TestAuth) => client.register(someEmail());
const login = (server: TestAuth, input: Record<string, unknown>) =>
  server.client.run('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', { input });
const register = (server: TestAuth, input: Record<string, unknown>) =>
  server.client.run('mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }', { input });

/** The id and the access token of a new administrator. */
async function administrator(server: TestAuth): Promise<{ id: string; accessToken: string }> {
  const email = someEmail();
  const { id } = await server.auth.createUser({ email, password: PASSWORD, roles: ['ADMIN'] });
  return { id, accessToken: (await server.client.login(email)).accessToken };
}

async function runAsAdministrator(server: TestAuth, query: string, variables = {}): Promise<Answer> {
  return server.client.run(query, variables, (await administrator(server)).accessToken);
}

/** A way to provoke each reason. A new reason without one does not compile. */
const UNAUTHENTICATED: Record<AccessRefusalReason, Provocation> = {
  TOKEN_MISSING: ({ client }) => client.me(),
  TOKEN_INVALID: ({ client }) => client.me('garbage'),
  TOKEN_EXPIRED: async (server) => {
    const { accessToken } = await newcomer(server);
    await passTime(server, HOUR);
    return server.client.me(accessToken);
  },
  TOKEN_REVOKED: async (server) => {
    const { accessToken } = await newcomer(server);
    await server.client.logout(accessToken);
    return server.client.me(accessToken);
  },
};

const FORBIDDEN: Record<ForbiddenReason, Provocation> = {
  ROLE_MISSING: async (server) => {
    const { accessToken } = await newcomer(server);
    return server.client.run('{ users { edges { cursor } } }', {}, accessToken);
  },
};

const INVALID_REFRESH_TOKEN: Record<TokenRefusalReason, Provocation> = {
  TOKEN_MISSING: ({ client }) => client.tryRefresh(''),
  TOKEN_INVALID: ({ client }) => client.tryRefresh('garbage'),
  TOKEN_EXPIRED: async (server) => {
    const { refreshToken } = await newcomer(server);
    await passTime(server, 8 * 24 * HOUR);
    return server.client.tryRefresh(refreshToken);
  },
  TOKEN_REVOKED: async (server) => {
    const { refreshToken } = await newcomer(server);
    await server.client.logout(undefined, { refreshToken });
    return server.client.tryRefresh(refreshToken);
  },
  TOKEN_ROTATED: async (server) => {
    const { refreshToken } = await newcomer(server);
    await server.client.refresh(refreshToken);
    return server.client.tryRefresh(refreshToken);
  },
  TOKEN_REUSED: async (server) => {
    const { refreshToken } = await newcomer(server);
    await server.client.refresh(refreshToken);
    await passTime(server, MINUTE);
    return server.client.tryRefresh(refreshToken);
  },
};

const BAD_USER_INPUT: Record<InputRefusalReason, Provocation> = {
  REQUIRED: (server) => login(server, { email: '', password: PASSWORD }),
  INVALID_TYPE: (server) => login(server, { email: EMAIL, password: 5 }),
  UNKNOWN_FIELD: (server) => login(server, { email: EMAIL, password: PASSWORD, nope: 1 }),
  EMAIL_INVALID: (server) => login(server, { email: 'ada', password: PASSWORD }),
  EMAIL_TAKEN: async (server) => {
    const { user } = await newcomer(server);
    return register(server, { email: user.email, password: PASSWORD });
  },
  PASSWORD_INVALID: (server) => register(server, { email: someEmail(), password: 'password\0' }),
  PASSWORD_TOO_SHORT: (server) => register(server, { email: someEmail(), password: '1234567' }),
  PASSWORD_TOO_LONG: (server) => register(server, { email: someEmail(), password: 'x'.repeat(257) }),
  PASSWORD_COMMON: (server) => register(server, { email: someEmail(), password: 'Password123' }),
  PASSWORD_IS_EMAIL: (server) => register(server, { email: 'ada@example.com', password: 'Ada@example.com' }),
  IDEMPOTENCY_KEY_INVALID: ({ client }) => client.tryRefresh('garbage', 'short'),
  ROLE_INVALID: (server) =>
    runAsAdministrator(server, 'mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { id } }', {
      input: { id: '01b8dd58-e200-7018-94b9-db8e399875aa', roles: ['two words'] },
    }),
  DELIVERY_NOT_ALLOWED: async (server) => {
    const strict = await startTestAuth({ tokenDelivery: ['COOKIES'] });
    const { user } = await newcomer(server);
    const answer = await login(strict, { email: user.email, password: PASSWORD });
    await strict.stop();
    return answer;
  },
  LAST_ADMINISTRATOR: async () => {
    const alone = await startTestAuth();
    const { id, accessToken } = await administrator(alone);
    const query = 'mutation ($id: ID!) { deleteUser(input: { id: $id }) { id } }';
    const answer = await alone.client.run(query, { id }, accessToken);
    await alone.stop();
    return answer;
  },
  USER_REFERENCED: async (server) => {
    const { user } = await newcomer(server);
    const sql = server.orm.em.getConnection();
    await sql.execute('create table if not exists note (author text references simplejwt_user (id))');
    await sql.execute('insert into note (author) values (?)', [user.id]);
    return runAsAdministrator(server, 'mutation ($id: ID!) { deleteUser(input: { id: $id }) { id } }', { id: user.id });
  },
  OUT_OF_RANGE: (server) => runAsAdministrator(server, '{ users(first: 101) { edges { cursor } } }'),
  CURSOR_INVALID: (server) => runAsAdministrator(server, '{ users(after: "junk") { edges { cursor } } }'),
};

const WITHOUT_REASON: Record<
  Exclude<ErrorCode, 'UNAUTHENTICATED' | 'FORBIDDEN' | 'INVALID_REFRESH_TOKEN' | 'BAD_USER_INPUT' | 'RATE_LIMITED'>,
  Provocation
> = {
  INVALID_CREDENTIALS: (server) => login(server, { email: EMAIL, password: 'wrong password' }),
  EMAIL_UNVERIFIED: async () => {
    const server = await startTestAuth({
      mailer: async () => undefined,
      linkUrl: 'https://app.example.com',
      emailVerification: 'required',
    });
    const { email } = await server.auth.createUser({ email: someEmail(), password: PASSWORD });
    const answer = await login(server, { email, password: PASSWORD });
    await server.stop();
    return answer;
  },
  NOT_FOUND: (server) =>
    runAsAdministrator(server, 'mutation ($id: ID!) { deleteUser(input: { id: $id }) { id } }', { id: 'nobody' }),
  CSRF_REJECTED: ({ client }) =>
    client.run('{ __typename }', {}, undefined, { cookie: `${REFRESH}=x`, origin: 'https://evil.example' }),
  TOO_MANY_CREDENTIAL_OPERATIONS: ({ client }) =>
    client.run('mutation { refreshToken { csrfToken } refreshToken { csrfToken } }'),
  SERVICE_UNAVAILABLE: async () => {
    const server = await startTestAuth();
    await hookStatements(server.orm, { before: () => fail('the disk is gone', 'SQLITE_IOERR') });
    const answer = await login(server, { email: EMAIL, password: PASSWORD });
    await server.stop();
    return answer;
  },
};

function fail(message: string, code: string): never {
  throw Object.assign(new Error(message), { code });
}

describe('every code and every reason can be provoked', () => {
  let server: TestAuth;
  const messages = new Map<string, Set<string>>();
  beforeAll(async () => {
    server = await startTestAuth();
  });
  afterAll(() => server.stop());

  async function provoke(provocation: Provocation) {
    const { message, extensions } = errorOf(await provocation(server));
    messages.set(extensions.code, (messages.get(extensions.code) ?? new Set()).add(message));
    return extensions;
  }

  test.each(Object.entries(UNAUTHENTICATED))('UNAUTHENTICATED %s', async (reason, provocation) => {
    const refreshable = reason === 'TOKEN_EXPIRED';
    expect(await provoke(provocation)).toEqual({ code: 'UNAUTHENTICATED', reason, refreshable });
  });

  test.each(Object.entries(FORBIDDEN))('FORBIDDEN %s', async (reason, provocation) => {
    expect(await provoke(provocation)).toEqual({ code: 'FORBIDDEN', reason });
  });

  test.each(Object.entries(INVALID_REFRESH_TOKEN))('INVALID_REFRESH_TOKEN %s', async (reason, provocation) => {
    expect(await provoke(provocation)).toEqual({ code: 'INVALID_REFRESH_TOKEN', reason });
  });

  test.each(Object.entries(BAD_USER_INPUT))('BAD_USER_INPUT %s', async (reason, provocation) => {
    expect(await provoke(provocation)).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [{ path: expect.stringMatching(/^\w+(\.\w+)*$/), reason }],
    });
  });

  test.each(Object.entries(WITHOUT_REASON))('%s', async (code, provocation) => {
    expect(await provoke(provocation)).toEqual({ code });
  });

  test('RATE_LIMITED', async () => {
    const busy = await startTestAuth(SHORT_QUEUE);
    const release = await fillQueue(busy);
    const answer = await login(busy, { email: EMAIL, password: PASSWORD });
    await release();
    await busy.stop();
    const provocation = async () => answer;
    expect(await provoke(provocation)).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 3 });
  });

  test('each code has one message', () => {
    expect([...messages.keys()].toSorted()).toEqual(Object.values(ErrorCode).toSorted());
    expect([...messages].filter(([, said]) => said.size > 1)).toEqual([]);
  });
});

describe('BAD_USER_INPUT', () => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth();
  });
  afterAll(() => server.stop());

  const fieldsOf = (answer: Answer) => answer.errors.flatMap(({ extensions }) => extensions.fields ?? []);

  test('names every invalid field of an input at once, whether graphql or the library refuses it', async () => {
    expect(fieldsOf(await login(server, {}))).toEqual([
      { path: 'input.email', reason: 'REQUIRED' },
      { path: 'input.password', reason: 'REQUIRED' },
    ]);
    expect(fieldsOf(await register(server, { email: 'ada', password: 'x' }))).toEqual([
      { path: 'input.email', reason: 'EMAIL_INVALID' },
      { path: 'input.password', reason: 'PASSWORD_TOO_SHORT' },
    ]);
  });

  test.each([
    ['a number', { email: 5, password: 'x' }, 'input.email', 'INVALID_TYPE'],
    ['a list', { email: [EMAIL], password: 'x' }, 'input.email', 'INVALID_TYPE'],
    ['an object', { email: { a: 1 }, password: 'x' }, 'input.email', 'INVALID_TYPE'],
    ['null', { email: null, password: 'x' }, 'input.email', 'REQUIRED'],
    [
      'a value that the enum does not have',
      { email: EMAIL, password: 'x', delivery: 'POST' },
      'input.delivery',
      'INVALID_TYPE',
    ],
    [
      'a member with a name that no field can have',
      { email: EMAIL, password: 'x', 'a-b': 1 },
      'input',
      'UNKNOWN_FIELD',
    ],
  ])('names the field of an input: %s', async (_name, input, path, reason) => {
    expect(fieldsOf(await login(server, input))).toEqual([{ path, reason }]);
  });

  test.each([
    ['missing', {}, 'REQUIRED'],
    ['null', { input: null }, 'REQUIRED'],
    ['a string', { input: 'x' }, 'INVALID_TYPE'],
    ['a list', { input: [] }, 'INVALID_TYPE'],
  ])('names the variable itself: %s', async (_name, variables, reason) => {
    const answer = await server.client.run(
      'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables,
    );
    expect(answer.errors[0]?.extensions.fields).toEqual([{ path: 'input', reason }]);
  });

  test('is given five times at most', async () => {
    const input = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, SECRET]));
    const answer = await login(server, input);
    const codes = answer.errors.map(({ extensions }) => extensions.code);
    expect([codes.length, new Set(codes)]).toEqual([5, new Set(['BAD_USER_INPUT'])]);
    expect(answer.text).not.toContain(SECRET);
  });

  test('names a variable that is null for an argument that must not be', async () => {
    const within = 'mutation ($scope: LogoutScope) { logout(input: { scope: $scope }) { endedSessions } }';
    expect(fieldsOf(await server.client.run(within, { scope: null }))).toEqual([
      { path: 'input', reason: 'INVALID_TYPE' },
    ]);
    const itself = 'query ($first: Int) { users(first: $first) { edges { cursor } } }';
    expect(fieldsOf(await server.client.run(itself, { first: null }))).toEqual([{ path: 'first', reason: 'REQUIRED' }]);
  });
});

const SECRET = 'hunter2secret';

/** Invalid requests that contain a secret. */
const CARELESS: Record<string, (token: string) => Parameters<TestAuth['client']['send']>> = {
  'beside an unknown field of a variable': (token) =>
    post({
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables: { input: { email: EMAIL, password: SECRET, refreshToken: token, nope: 1 } },
    }),
  'beside an unknown field, in a refresh': (token) =>
    post({
      query: 'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { accessToken } }',
      variables: { input: { refreshToken: token, password: SECRET } },
    }),
  'beside a missing field': () =>
    post({
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables: { input: { password: SECRET } },
    }),
  'as a variable of the wrong type': (token) =>
    post({
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables: { input: [SECRET, token] },
    }),
  'inside a variable of the wrong type': (token) =>
    post({
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables: { input: { email: { a: token }, password: [SECRET] } },
    }),
  'as a value that an enum does not have': (token) =>
    post({
      query: 'mutation ($scope: LogoutScope!) { logout(input: { scope: $scope }) { endedSessions } }',
      variables: { scope: `${SECRET} ${token}` },
    }),
  'as a number': (token) =>
    post({
      query: 'query ($first: Int!) { users(first: $first) { edges { cursor } } }',
      variables: { first: `${SECRET}${token}` },
    }),
  'in a variable that the document does not have': (token) =>
    post({ query: '{ me { id } }', variables: { password: SECRET, token } }),
  'in variables that are not an object': (token) => post({ query: '{ me { id } }', variables: `${SECRET} ${token}` }),
  'in a document that is not a string': (token) => post({ query: [SECRET, token] }),
  'as the name of the operation': (token) => post({ query: '{ me { id } }', operationName: `${SECRET} ${token}` }),
  'as a persisted query': (token) => post({ extensions: { persistedQuery: { version: SECRET, sha256Hash: token } } }),
  'as the hash of a persisted query': (token) =>
    post({ extensions: { persistedQuery: { version: 1, sha256Hash: `${SECRET}${token}` } } }),
  'in a body that is not JSON': (token) => post(`{"query": ${SECRET} ${token}`),
  'in a body that is too large': (token) => post(`{"query": "${SECRET} ${token} ${'x'.repeat(100_000)}"}`),
  'in a form': (token) => [
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `access_token=${token}&password=${SECRET}`,
    },
  ],
  'in a path': (token) => [{}, `/${SECRET}/${token}`],
  'in a malformed path': (token) => [{}, `/%zz${SECRET}${token}`],
  'in the URL': (token) => [{ headers: JSON_HEADERS }, `/graphql?access_token=${token}&password=${SECRET}`],
  'in a document in the URL': (token) => [
    { headers: JSON_HEADERS },
    `/graphql?query=${encodeURIComponent(`mutation { login(input: { email: "${token}", password: "${SECRET}" }) { accessToken } }`)}`,
  ],
  'in variables in the URL': (token) => [
    { headers: JSON_HEADERS },
    `/graphql?query={me{id}}&variables={${SECRET}${token}`,
  ],
  'as the Bearer token': (token) => [
    {
      ...post({ query: '{ me { id } }' })[0],
      headers: { ...JSON_HEADERS, authorization: `Bearer ${SECRET} ${token}` },
    },
  ],
  'with another scheme': (token) => [
    { ...post({ query: '{ me { id } }' })[0], headers: { ...JSON_HEADERS, authorization: `Basic ${SECRET}${token}` } },
  ],
  'with a method that is not allowed': (token) => [
    { method: 'PUT', headers: JSON_HEADERS, body: `${SECRET} ${token}` },
  ],
};

/** Invalid documents that contain a secret as a literal. */
const LITERALS = [
  'mutation { login(input: { email: "a@b.cd", password: "SECRET", nope: 1 }) { accessToken } }',
  'mutation { login(input: { email: "a@b.cd", password: "TOKEN", nope: "SECRET" }) { accessToken } }',
  'mutation { login(input: { password: "SECRET" }) { accessToken } }',
  'mutation { login(input: { email: 5, password: SECRET }) { accessToken } }',
  'mutation { login(input: "SECRET") { accessToken } }',
  'mutation { login(input: ["SECRET", "TOKEN"]) { accessToken } }',
  'mutation { login(input: SECRET) { accessToken } }',
  'mutation { login(input: { email: { a: "TOKEN" }, password: ["SECRET"] }) { accessToken } }',
  'mutation { login(input: { email: "a", email: "TOKEN", password: "SECRET" }) { accessToken } }',
  'mutation { login(input: { email: "TOKEN", password: "SECRET" }) }',
  'mutation { a: login(input: { email: "TOKEN", password: "SECRET" }) { id } }',
  'mutation { login(input: { email: "x", password: "SECRET" }) { accessToken } login(input: { email: "y", password: "TOKEN" }) { accessToken } }',
  'mutation { logout(input: { scope: SECRET }) { endedSessions } }',
  'mutation { logout(input: { scope: "SECRET" }) { endedSessions } }',
  'mutation { logout(input: { refreshToken: "TOKEN", scope: 5 }) { endedSessions } }',
  'mutation ($scope: LogoutScope) { logout(input: { refreshToken: "TOKENSECRET", scope: $scope }) { endedSessions } }',
  'mutation { refreshToken(input: { refreshToken: "TOKEN", password: "SECRET" }) { accessToken } }',
  'mutation { refreshToken(token: "TOKENSECRET") { accessToken } }',
  'mutation { endSession(input: { id: ["SECRET", "TOKEN"] }) { endedSessions } }',
  '{ me(password: "SECRET", token: "TOKEN") { id } }',
  '{ users(first: "SECRET") { edges { cursor } } }',
  'query ($first: Int = "SECRET") { users(first: $first) { edges { cursor } } }',
  '{ me @include(if: "SECRET") { id } }',
  'subscription { login(input: { email: "TOKEN", password: "SECRET" }) { accessToken } }',
  'mutation { login(input: { email: "TOKEN", password: "SECRET',
  'mutation { login(input: { email: "TOKEN", password: "SECRET"',
  'mutation { login(input: { email: "TOKEN" "SECRET" }) { accessToken } }',
  'login "SECRET" "TOKEN"',
  'SECRET TOKEN',
];

const JSON_HEADERS = { 'content-type': 'application/json' };

function post(body: unknown): Parameters<TestAuth['client']['send']> {
  return [{ method: 'POST', headers: JSON_HEADERS, body: typeof body === 'string' ? body : JSON.stringify(body) }];
}

describe.each([
  ['in development', false],
  ['in production', true],
])('a password and a token are neither in the answer nor in the log, %s', (_name, isProduction) => {
  let server: TestAuth;
  let token: string;
  beforeAll(async () => {
    server = await startTestAuth({ isProduction });
    token = (await server.client.register()).refreshToken;
  });
  afterAll(() => server.stop());

  function expectDiscreet(answer: Answer): void {
    expect(answer.status).toBeLessThan(500);
    expect(answer.errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL_SERVER_ERROR');
    for (const secret of [SECRET, token]) expect(`${answer.text}${server.log()}`).not.toContain(secret);
  }

  test.each(Object.entries(CARELESS))('%s', async (_where, request) => {
    const answer = await server.client.send(...request(token));
    expect(answer.errors.length).toBeGreaterThan(0);
    expectDiscreet(answer);
  });

  test.each(LITERALS)('in the document %s', async (document) => {
    const query = document.replace('SECRET', SECRET).replace('TOKEN', token);
    const answer = await server.client.run(query, { scope: null });
    expect(answer.errors.length).toBeGreaterThan(0);
    expectDiscreet(answer);
  });

  test('the session of the token lives on', async () => {
    await server.client.refresh(token);
    expect(server.log()).toBe('');
  });
});

onEachDatabase((database) => {
  describe('a fault of the database', () => {
    let server: TestAuth;
    beforeEach(async () => {
      server = await startTestAuth({ databaseUrl: await database.fresh() });
    });
    afterEach(() => server.stop());

    const execute = (sql: string) => server.orm.em.getConnection().execute(sql);
    const logged = () =>
      server
        .log()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    test('answers a constant INTERNAL_SERVER_ERROR when it is unexpected, and is logged without the values', async () => {
      await newcomer(server);
      const trigger =
        database.name === 'SQLite'
          ? `create trigger refuse before insert on simplejwt_session begin select raise(abort, 'refused by a trigger'); end`
          : `alter table simplejwt_session add constraint refuse check (created_at < '2000-01-01') not valid`;
      await execute(trigger);
      const email = someEmail();
      const answer = await register(server, { email, password: SECRET });
      expect(errorOf(answer)).toEqual({
        message: 'Something went wrong.',
        locations: [{ line: 1, column: 37 }],
        path: ['register'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      });
      expect(logged()).toEqual([
        expect.objectContaining({
          level: 50,
          requestId: expect.stringMatching(/^req-/),
          fault: expect.objectContaining({ message: expect.stringContaining('refuse'), stack: expect.any(String) }),
        }),
      ]);
      for (const secret of [email, SECRET, '$2b$']) expect(server.log()).not.toContain(secret);

      await execute(
        database.name === 'SQLite' ? 'drop trigger refuse' : 'alter table simplejwt_session drop constraint refuse',
      );
      await server.client.register(email);
    });

    test('answers INTERNAL_SERVER_ERROR when a table is missing', async () => {
      const { refreshToken } = await newcomer(server);
      await execute('drop table simplejwt_blacklisted_token');
      const answer = await server.client.tryRefresh(refreshToken);
      expect(errorOf(answer)).toMatchObject({
        message: 'Something went wrong.',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      });
      expect(answer.text).not.toMatch(/auth_|table|relation|sql/i);
      expect(server.log()).not.toContain(refreshToken);
    });

    test('answers SERVICE_UNAVAILABLE when it will pass, and only the log tells its cause', async () => {
      const { refreshToken } = await newcomer(server);
      let isBroken = true;
      await hookStatements(server.orm, {
        before: (sql) => {
          if (isBroken && SESSION_UPDATE.test(sql)) fail('the cable was cut', 'ECONNRESET');
        },
      });
      const answer = await server.client.tryRefresh(refreshToken);
      expect(errorOf(answer)).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' } });
      expect(answer.text).not.toContain('cable');
      expect(logged()).toMatchObject([
        { requestId: expect.stringMatching(/^req-/), fault: { code: 'ECONNRESET', message: 'the cable was cut' } },
      ]);
      isBroken = false;
      await server.client.refresh(refreshToken);
    });

    test('names no table, no column and no constraint when it is a unique violation', async () => {
      const { user } = await newcomer(server);
      const answer = await register(server, { email: user.email, password: PASSWORD });
      expect(answer.text).not.toMatch(/unique|constraint|simplejwt_user|sqlite|23505/i);
      expect(server.log()).toBe('');
    });
  });
});

@Resolver()
class FaultyResolver {
  @Public()
  @Query(() => String, { nullable: true })
  thrown(): string {
    throw new Error('the host broke');
  }

  @Public()
  @Query(() => String, { nullable: true })
  thrownWithoutCode(): string {
    throw new GraphQLError('the host broke in GraphQL');
  }

  @Public()
  @Query(() => String, { nullable: true })
  thrownElsewhere(): string {
    return runInNewContext(`throw new Error('the addon broke')`) as string;
  }

  @Public()
  @Query(() => String, { nullable: true })
  meant(): string {
    throw new GraphQLError('Out of tea.', { extensions: { code: 'TEAPOT' } });
  }
}

test('a request that is refused before anything runs is not a fault of the server', async () => {
  const server = await startTestAuth();
  const persistedQuery = { version: 2, sha256Hash: 'x' };
  const persisted = await server.client.send(...post({ query: '{ me { id } }', extensions: { persistedQuery } }));
  const subscription = await server.client.run('subscription { x }');
  await server.stop();
  expect(errorOf(persisted)).toMatchObject({ extensions: { code: 'BAD_REQUEST' } });
  expect(errorOf(subscription).extensions.code).not.toBe('INTERNAL_SERVER_ERROR');
  expect(server.log()).toBe('');
});

describe('an internal fault', () => {
  const start = useServers();
  const { NODE_ENV } = process.env;
  afterEach(() => {
    if (NODE_ENV === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = NODE_ENV;
  });

  test.each([undefined, 'production', 'development', 'test', 'staging'])(
    'shows the client no stack trace when NODE_ENV is %s',
    async (environment) => {
      if (environment === undefined) delete process.env['NODE_ENV'];
      else process.env['NODE_ENV'] = environment;
      const server = await start({ resolvers: [FaultyResolver], isProduction: environment === 'production' });
      const answers = [
        await server.client.run('{ thrown }'),
        await server.client.run('{ thrownWithoutCode }'),
        await server.client.run('{ meant }'),
        await server.client.run('{ nope }'),
        await server.client.run('{'),
        await register(server, { email: EMAIL, password: 'short' }),
        await server.client.send({ method: 'POST', headers: JSON_HEADERS, body: '{' }),
      ];
      for (const { text, errors } of answers) {
        expect(errors).toHaveLength(1);
        expect(text).not.toMatch(/stack|node_modules|\.ts|\.js|at \w+ \(|target|"value"|broke/i);
      }
    },
  );

  test('is logged, even if it is a GraphQLError without a code of its own', async () => {
    const server = await start({ resolvers: [FaultyResolver] });
    for (const field of ['thrown', 'thrownWithoutCode', 'thrownElsewhere']) {
      const answer = await server.client.run(`{ ${field} }`);
      expect(errorOf(answer)).toMatchObject({
        message: 'Something went wrong.',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      });
    }
    expect(server.log()).toContain('"message":"the host broke"');
    expect(server.log()).toContain('"message":"the host broke in GraphQL"');
    // To graphql-js an error of another context, such as one of a native module, is not an error.
    expect(server.log()).toContain('"message":"the addon broke"');
  });

  test('is shown as the host wrote it when its error has a code', async () => {
    const server = await start({ resolvers: [FaultyResolver] });
    const error = errorOf(await server.client.run('{ meant }'));
    expect(error).toMatchObject({ message: 'Out of tea.', extensions: { code: 'TEAPOT' } });
    expect(server.log()).toBe('');
  });
});
