import { User } from './support/entities.ts';
import { hookStatements } from './support/driver-faults.ts';
import { dissect, forge } from './support/forge-token.ts';
import { EMAIL, type Pair } from './support/graphql-client.ts';
import { HostResolver } from './support/host-resolver.ts';
import { signerOf, symmetricKey } from './support/key-rings.ts';
import { MINUTE, SECOND } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { ISSUER, startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
afterEach(() => {
  HostResolver.calls.length = 0;
});

/** The blacklist is read once and stays good for ten minutes, so that the clock can be moved without waiting. */
const QUIET = { blacklistPoll: '5m', blacklistStaleness: '10m', accessTokenLifetime: '1m' } as const;

async function makeAdmin({ orm }: TestAuth, ...roles: string[]): Promise<void> {
  await orm.em.fork().nativeUpdate(User, { email: EMAIL }, { roles });
}

describe('the Authorization header', () => {
  let server: TestAuth;
  let token: string;
  beforeAll(async () => {
    server = await startTestAuth();
    ({ accessToken: token } = await server.client.register());
  });
  afterAll(() => server.stop());

  async function askWith(authorization: string) {
    return server.client.run('{ currentToken { userId } }', {}, undefined, { authorization });
  }

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('takes the scheme in any case: %s', async (scheme) => {
    expect((await askWith(`${scheme} ${token}`)).data.currentToken.userId).toBe(dissect(token).claims['sub']);
  });

  test.each([
    ['no header', null, 'TOKEN_MISSING'],
    ['an empty header', () => '', 'TOKEN_MISSING'],
    ['another scheme', () => 'Basic YWRhOnB3', 'TOKEN_MISSING'],
    ['another scheme with a good token', () => `Token ${token}`, 'TOKEN_MISSING'],
    ['the token without a scheme', () => token, 'TOKEN_MISSING'],
    ['a scheme that begins with Bearer', () => `Bearer-Token ${token}`, 'TOKEN_MISSING'],
    ['the scheme and the token without a space', () => `Bearer${token}`, 'TOKEN_MISSING'],
    ['a tab instead of the space', () => `Bearer\t${token}`, 'TOKEN_MISSING'],
    ['the scheme alone', () => 'Bearer', 'TOKEN_INVALID'],
    ['the scheme and a space', () => 'bearer ', 'TOKEN_INVALID'],
    ['three parts', () => `Bearer ${token} ${token}`, 'TOKEN_INVALID'],
    ['two spaces', () => `Bearer  ${token}`, 'TOKEN_INVALID'],
    ['two tokens with a comma', () => `Bearer ${token},${token}`, 'TOKEN_INVALID'],
    ['two headers in one', () => `Bearer ${token}, Basic YWRhOnB3`, 'TOKEN_INVALID'],
    ['quotes', () => `Bearer "${token}"`, 'TOKEN_INVALID'],
    ['the scheme twice', () => `Bearer Bearer ${token}`, 'TOKEN_INVALID'],
    ['letters beyond ASCII', () => `Bearer ${token}\u00e9`, 'TOKEN_INVALID'],
  ])('does not authenticate: %s', async (_title, header, reason) => {
    const answer = header === null ? await server.client.currentToken() : await askWith(header());
    expect(answer.status).toBe(200);
    expect(answer.data).toEqual({ currentToken: null });
    expect(answer.errors).toEqual([
      {
        message: 'A valid access token is required.',
        locations: expect.any(Array),
        path: ['currentToken'],
        extensions: { code: 'UNAUTHENTICATED', reason, refreshable: false },
      },
    ]);
    expect(server.log()).toBe('');
  });

  test('is the only place for a token: a token in the URL or in a form is ignored', async () => {
    const query = encodeURIComponent('{ currentToken { userId } }');
    const headers = { 'apollo-require-preflight': 'true' };
    const inUrl = await server.client.send({ headers }, `/graphql?query=${query}&access_token=${token}`);
    expect(refusalOf(inUrl)).toBe('UNAUTHENTICATED TOKEN_MISSING');
    const body = new URLSearchParams({ query: '{ currentToken { userId } }', access_token: token });
    const inForm = await server.client.send({ method: 'POST', headers, body });
    expect([inForm.status, inForm.data]).toEqual([415, null]);
  });
});

describe('an access token', () => {
  test.each([
    ['0s', 0],
    ['5s', 5 * SECOND],
    ['60s', 60 * SECOND],
  ] as const)('is good until its exp plus a leeway of %s, to the millisecond', async (leeway, milliseconds) => {
    const { client, clock } = await start({ ...QUIET, leeway });
    clock.advance(999);
    const { accessToken } = await client.register();
    const exp = Number(dissect(accessToken).claims['exp']) * SECOND;
    clock.advance(exp + milliseconds - 1 - clock.now());
    expect((await client.me(accessToken)).data.me.email).toBe(EMAIL);
    clock.advance(1);
    const { errors } = await client.me(accessToken);
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED', refreshable: true });
    expect(await client.verify(accessToken)).toMatchObject({ isValid: false, reason: 'TOKEN_EXPIRED' });
  });

  test('is refused when it was issued further ahead than the leeway, which costs a refresh but no login', async () => {
    const { client, clock } = await start(QUIET);
    const { accessToken, refreshToken, session } = await client.register();
    clock.step(-5 * SECOND);
    expect((await client.me(accessToken)).data.me.email).toBe(EMAIL);
    clock.step(-1 * SECOND);
    const { errors } = await client.me(accessToken);
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID', refreshable: true });
    const after = await client.refresh(refreshToken);
    expect(after.session.id).toBe(session.id);
    expect((await client.me(after.accessToken)).data.me.email).toBe(EMAIL);
  });
});

describe('a refusal says whether a refresh may help', () => {
  interface Scene {
    readonly server: TestAuth;
    readonly pair: Pair;
  }

  /** The token of the scene with another header, signed with a key. */
  function withHeader(
    { server, pair }: Scene,
    changes: Record<string, unknown>,
    key = signerOf(server.keys, 'access'),
  ) {
    const { header, claims } = dissect(pair.accessToken);
    return forge(key, { ...header, ...changes }, claims);
  }

  function withClaims({ server, pair }: Scene, changes: Record<string, unknown>) {
    const { header, claims } = dissect(pair.accessToken);
    return forge(signerOf(server.keys, 'access'), header, { ...claims, ...changes });
  }

  const cases: readonly (readonly [string, string, boolean, (scene: Scene) => string | Promise<string>])[] = [
    ['text that is not a token', 'TOKEN_INVALID', false, () => 'junk'],
    ['a refresh token', 'TOKEN_INVALID', false, ({ pair }) => pair.refreshToken],
    ['a forged signature', 'TOKEN_INVALID', false, ({ pair }) => `${pair.accessToken.slice(0, -8)}AAAAAAAA`],
    ['no kid', 'TOKEN_INVALID', false, (scene) => withHeader(scene, { kid: undefined })],
    ['a kid that is not a string', 'TOKEN_INVALID', false, (scene) => withHeader(scene, { kid: 1 })],
    ['nbf, which our tokens never have', 'TOKEN_INVALID', false, (scene) => withClaims(scene, { nbf: 1 })],
    [
      "the host's claims under another name, which may have changed",
      'TOKEN_INVALID',
      true,
      (scene) => withClaims(scene, { x: {} }),
    ],
    [
      'a kid that is not in the ring, but may have been',
      'TOKEN_INVALID',
      true,
      (scene) => withHeader(scene, { kid: 'older' }, symmetricKey('access')),
    ],
    ...['', '=', 'a b', 'a/b'].map(
      (signature) =>
        [
          `such a kid, and ${JSON.stringify(signature)} in place of a signature`,
          'TOKEN_INVALID',
          false,
          (scene: Scene) => `${withHeader(scene, { kid: 'older' }).split('.', 2).join('.')}.${signature}`,
        ] as const,
    ),
    [
      'a token that has expired',
      'TOKEN_EXPIRED',
      true,
      ({ server, pair }) => {
        server.clock.advance(2 * MINUTE);
        return pair.accessToken;
      },
    ],
    [
      'a session that has ended',
      'TOKEN_REVOKED',
      false,
      async ({ server, pair }) => {
        await server.client.logout(pair.accessToken);
        return pair.accessToken;
      },
    ],
    [
      'roles that have changed since then',
      'TOKEN_REVOKED',
      true,
      async ({ server, pair }) => {
        await makeAdmin(server, 'ADMIN');
        const admin = await server.client.login();
        const mutation = 'mutation ($id: ID!) { setUserRoles(input: { id: $id, roles: ["ADMIN", "X"] }) { roles } }';
        const { errors } = await server.client.run(mutation, { id: pair.user.id }, admin.accessToken);
        expect(errors).toEqual([]);
        return pair.accessToken;
      },
    ],
  ];

  test.each(cases)('%s: %s, refreshable %s', async (_title, reason, refreshable, spoil) => {
    const server = await start(QUIET);
    const token = await spoil({ server, pair: await server.client.register() });
    const { errors } = await server.client.currentToken(token);
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason, refreshable });
  });

  test('a token whose lifetime is longer than the one now set is refreshable: the next token has the new lifetime', async () => {
    const before = await start({ accessTokenLifetime: '1h' });
    const { accessToken, refreshToken } = await before.client.register();
    const { databaseUrl, clock, keys } = before;
    const { client } = await start({ databaseUrl, clock, keys, accessTokenLifetime: '15m' });
    const { errors } = await client.me(accessToken);
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID', refreshable: true });
    expect((await client.me((await client.refresh(refreshToken)).accessToken)).errors).toEqual([]);
  });
});

describe("a host's guarded fields", () => {
  const FIELDS = ['forUsers', 'forEditors', 'forAdmins'] as const;

  /** The answer of each field to a token, or the reason why it refuses. */
  async function answers({ client }: TestAuth, accessToken?: string): Promise<Record<string, string>> {
    const { data, errors } = await client.run(`{ ${FIELDS.join(' ')} }`, {}, accessToken);
    const reasons = errors.map(({ path, extensions: { code, reason } }) => [path?.[0], `${code} ${reason}`]);
    return { ...data, ...Object.fromEntries(reasons) } as Record<string, string>;
  }

  test('ask an anonymous caller to log in, even if they require a role', async () => {
    const server = await start({ resolvers: [HostResolver] });
    const missing = 'UNAUTHENTICATED TOKEN_MISSING';
    expect(await answers(server)).toEqual({ forUsers: missing, forEditors: missing, forAdmins: missing });
    const invalid = 'UNAUTHENTICATED TOKEN_INVALID';
    expect(await answers(server, 'junk')).toEqual({ forUsers: invalid, forEditors: invalid, forAdmins: invalid });
    expect(HostResolver.calls).toEqual([]);
  });

  test.each([
    [[], { forUsers: 'for users', forEditors: 'FORBIDDEN ROLE_MISSING', forAdmins: 'FORBIDDEN ROLE_MISSING' }],
    [['EDITOR'], { forUsers: 'for users', forEditors: 'for editors', forAdmins: 'FORBIDDEN ROLE_MISSING' }],
    [['ADMIN'], { forUsers: 'for users', forEditors: 'for editors', forAdmins: 'for administrators' }],
    [['X', 'EDITOR'], { forUsers: 'for users', forEditors: 'for editors', forAdmins: 'FORBIDDEN ROLE_MISSING' }],
    [
      ['admin', 'ADMINS', ''],
      { forUsers: 'for users', forEditors: 'FORBIDDEN ROLE_MISSING', forAdmins: 'FORBIDDEN ROLE_MISSING' },
    ],
  ])('require one of their roles: %j', async (roles, expected) => {
    const server = await start({ resolvers: [HostResolver] });
    await server.client.register();
    await makeAdmin(server, ...roles);
    const { accessToken } = await server.client.login();
    expect(await answers(server, accessToken)).toEqual(expected);
    expect(HostResolver.calls).toEqual(FIELDS.filter((field) => expected[field].startsWith('for ')));
  });

  test('say only that the caller is not allowed', async () => {
    const { client } = await start({ resolvers: [HostResolver] });
    const { accessToken } = await client.register();
    const { errors } = await client.run('{ forAdmins }', {}, accessToken);
    expect(errors).toEqual([
      {
        message: 'You are not allowed to do this.',
        locations: [{ line: 1, column: 3 }],
        path: ['forAdmins'],
        extensions: { code: 'FORBIDDEN', reason: 'ROLE_MISSING' },
      },
    ]);
  });

  test('do not affect their sibling fields when they refuse', async () => {
    const { client } = await start({ resolvers: [HostResolver] });
    const { accessToken, user } = await client.register();
    const { data } = await client.run('{ forAdmins whoAmI me { email } }', {}, accessToken);
    expect(data).toEqual({ forAdmins: null, whoAmI: user.id, me: { email: EMAIL } });
  });

  test('are guarded inside a public object', async () => {
    const server = await start({ resolvers: [HostResolver] });
    const query = '{ report { title figures } }';
    const anonymous = await server.client.run(query);
    expect(anonymous.data).toEqual({ report: { title: 'for everybody', figures: null } });
    expect(anonymous.errors[0]?.extensions.reason).toBe('TOKEN_MISSING');
    await server.client.register();
    await makeAdmin(server, 'ADMIN');
    const { accessToken } = await server.client.login();
    expect((await server.client.run(query, {}, accessToken)).data.report.figures).toBe('for administrators');
  });

  test('are refused after a logout in the same document', async () => {
    const { client } = await start();
    const { accessToken, session } = await client.register();
    const document =
      'mutation ($id: ID!) { logout { endedSessions } endSession(input: { id: $id }) { endedSessions } }';
    const { data, errors } = await client.run(document, { id: session.id }, accessToken);
    expect(data).toEqual({ logout: { endedSessions: 1 }, endSession: null });
    expect(errors[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED', refreshable: false });
  });
});

describe('currentUser in a public field', () => {
  test('is the user of the access token, and null without a token or with a bad one', async () => {
    const { client, clock } = await start({ ...QUIET, resolvers: [HostResolver] });
    const { accessToken, refreshToken, user } = await client.register();
    const other = await client.login();
    await client.logout(other.accessToken);
    const whoAmI = async (token?: string) => {
      const { data, errors } = await client.run('{ whoAmI }', {}, token);
      expect(errors).toEqual([]);
      return data.whoAmI;
    };
    expect(await whoAmI(accessToken)).toBe(user.id);
    const bad = [undefined, '', 'junk', refreshToken, `${accessToken.slice(0, -8)}AAAAAAAA`, other.accessToken];
    for (const token of bad) expect(await whoAmI(token)).toBeNull();
    clock.advance(2 * MINUTE);
    expect(await whoAmI(accessToken)).toBeNull();
  });

  test('is null after a logout in the same document', async () => {
    const { client } = await start({ resolvers: [HostResolver] });
    const { accessToken, user } = await client.register();
    const { data } = await client.run(
      'mutation { before: signGuestBook logout { endedSessions } behind: signGuestBook }',
      {},
      accessToken,
    );
    expect(data).toEqual({ before: user.id, logout: { endedSessions: 1 }, behind: null });
  });

  test('holds everything that the token says, for a host that uses the library', async () => {
    const { auth, client } = await start();
    const { accessToken, user, session, accessTokenExpiresAt } = await client.register();
    const { claims } = dissect(accessToken);
    const { currentUser } = auth.context({ headers: { authorization: `Bearer ${accessToken}` } });
    expect(currentUser).toEqual({
      id: user.id,
      sessionId: session.id,
      tokenId: claims['jti'],
      roles: [],
      expiresAt: new Date(accessTokenExpiresAt),
      claims,
    });
    expect(claims['iss']).toBe(ISSUER);
  });

  test('is null for a malformed header, and the context does not throw', async () => {
    const { auth } = await start();
    const headers = [
      undefined,
      '',
      [],
      ['Bearer a', 'Bearer b'],
      'Bearer \u0000\ud800',
      'x'.repeat(1_000_000),
      `Bearer ${'.'.repeat(100_000)}`,
      `Bearer ${' '.repeat(100_000)}`,
    ];
    for (const authorization of headers) expect(auth.context({ headers: { authorization } }).currentUser).toBeNull();
    expect(auth.context({ headers: {} }).currentUser).toBeNull();
  });
});

describe('the authentication of a request', () => {
  test('takes no query: a hundred requests leave the database alone', async () => {
    const server = await start({ ...QUIET, resolvers: [HostResolver] });
    const { accessToken, refreshToken, user } = await server.client.register();
    await makeAdmin(server, 'ADMIN');
    const admin = await server.client.login();
    const statements: string[] = [];
    await hookStatements(server.orm, { before: (sql) => void statements.push(sql) });
    const query = '{ currentToken { userId } whoAmI forUsers forAdmins }';
    for (let count = 0; count < 25; count += 1) {
      for (const token of [accessToken, admin.accessToken, refreshToken, undefined])
        await server.client.run(query, {}, token);
    }
    const { data } = await server.client.run(query, {}, admin.accessToken);
    expect(data).toMatchObject({ currentToken: { userId: user.id }, forAdmins: 'for administrators' });
    expect(statements).toEqual([]);
    await server.client.me(accessToken);
    expect(statements).toHaveLength(1);
  });

  test('never takes one user for another, however their requests mix', async () => {
    const { client } = await start({ resolvers: [HostResolver] });
    const pairs: (Pair | null)[] = [null];
    for (let count = 0; count < 20; count += 1) pairs.push(await client.register(`user-${count}@example.com`));
    const ask = async (pair: Pair | null) => {
      const query = '{ whoAmI me { id email } currentToken { userId sessionId } sessions { id isCurrent } }';
      const { data } = await client.run(query, {}, pair?.accessToken);
      return data;
    };
    const expected = (pair: Pair | null) =>
      pair === null
        ? { whoAmI: null, me: null, currentToken: null, sessions: null }
        : {
            whoAmI: pair.user.id,
            me: { id: pair.user.id, email: pair.user.email },
            currentToken: { userId: pair.user.id, sessionId: pair.session.id },
            sessions: [{ id: pair.session.id, isCurrent: true }],
          };
    const requests = Array.from({ length: 10 }, () => pairs).flat();
    const found = await Promise.all(requests.map(ask));
    expect(found).toEqual(requests.map(expected));
  });
});
