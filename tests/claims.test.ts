import jwt from 'jsonwebtoken';
import { type AuthOptions, type AuthUser, createAuth, type HostClaims } from '../src/index.ts';
import { User } from './support/entities.ts';
import { dissect } from './support/forge-token.ts';
import { EMAIL, type Pair } from './support/graphql-client.ts';
import { signerOf } from './support/key-rings.ts';
import { DAY, HOUR, MINUTE, SECOND } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { ISSUER } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

const NAMESPACE = 'https://example.com/claims';
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('the content of tokens', () => {
  test('an access token has exactly these claims and exactly this header', async () => {
    const { client, keys, clock } = await start();
    const pair = await client.register();
    const now = clock.now() / 1000;
    const { header, claims } = dissect(pair.accessToken);
    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: signerOf(keys, 'access').kid });
    expect(claims).toEqual({
      iss: ISSUER,
      aud: 'api',
      sub: pair.user.id,
      sid: pair.session.id,
      jti: expect.stringMatching(UUID_V7),
      iat: now,
      exp: now + (15 * MINUTE) / SECOND,
      roles: [],
      ver: 0,
      token_type: 'access',
    });
  });

  test('a refresh token has exactly these claims and exactly this header', async () => {
    const { client, keys, clock } = await start();
    const pair = await client.register();
    const now = clock.now() / 1000;
    const { header, claims } = dissect(pair.refreshToken);
    expect(header).toEqual({ alg: 'HS256', typ: 'rt+jwt', kid: signerOf(keys, 'refresh').kid });
    expect(claims).toEqual({
      iss: ISSUER,
      aud: ISSUER,
      sub: pair.user.id,
      sid: pair.session.id,
      jti: expect.stringMatching(UUID_V7),
      iat: now,
      exp: now + (7 * DAY) / SECOND,
      token_type: 'refresh',
    });
  });

  test('both tokens are those that jsonwebtoken writes, byte for byte', async () => {
    const { client, keys } = await start({
      claims: { namespace: NAMESPACE, compute: () => ({ name: 'Zoë "☃" \u2028' }) },
    });
    const { accessToken, refreshToken } = await client.register();
    for (const [token, purpose] of [[accessToken, 'access'] as const, [refreshToken, 'refresh'] as const]) {
      const { header, claims } = dissect(token);
      const secret = Buffer.from(String(signerOf(keys, purpose).k), 'base64url');
      expect(jwt.sign(claims, secret, { algorithm: 'HS256', header: header as unknown as jwt.JwtHeader })).toBe(token);
    }
  });

  test('a token has the configured audience and issuer', async () => {
    const { client } = await start({ issuer: 'https://id.example.com', audience: 'https://api.example.com' });
    const { accessToken, refreshToken } = await client.register();
    expect(claimsOf(accessToken)).toMatchObject({ iss: 'https://id.example.com', aud: 'https://api.example.com' });
    expect(claimsOf(refreshToken)).toMatchObject({ iss: 'https://id.example.com', aud: 'https://id.example.com' });
  });

  test("an access token has the user's roles as they are when it is signed", async () => {
    const { client, orm } = await start();
    const { user, refreshToken } = await client.register();
    await orm.em.fork().nativeUpdate(User, { id: user.id }, { roles: ['ADMIN', 'EDITOR'] });
    expect(claimsOf((await client.login()).accessToken)['roles']).toEqual(['ADMIN', 'EDITOR']);
    expect(claimsOf((await client.refresh(refreshToken)).accessToken)['roles']).toEqual(['ADMIN', 'EDITOR']);
  });

  test('no token contains the e-mail, the password or its hash', async () => {
    const { client, orm } = await start();
    const { accessToken, refreshToken, user } = await client.register();
    const { passwordHash } = await orm.em.fork().findOneOrFail(User, { id: user.id });
    for (const token of [accessToken, refreshToken]) {
      const text = JSON.stringify(dissect(token));
      for (const secret of [EMAIL, passwordHash, 'password', 'example.com']) expect(text).not.toContain(secret);
    }
  });
});

function lifetimesOf(pair: Pair): number[] {
  return [pair.accessToken, pair.refreshToken].map((token) => (claimsOf(token).exp - claimsOf(token).iat) * SECOND);
}

describe('lifetimes', () => {
  test.each([
    ['1m', '1h', MINUTE, HOUR],
    ['15m', '7d', 15 * MINUTE, 7 * DAY],
    ['1s', '30d', SECOND, 30 * DAY],
  ] as const)('of %s and %s are exp - iat', async (accessTokenLifetime, refreshTokenLifetime, access, refresh) => {
    const { client, clock } = await start({ accessTokenLifetime, refreshTokenLifetime });
    const first = await client.register();
    clock.advance(700);
    expect(lifetimesOf(first)).toEqual([access, refresh]);
    expect(lifetimesOf(await client.refresh(first.refreshToken))).toEqual([access, refresh]);
  });

  test('are the same in the pair as in its tokens', async () => {
    const { client, clock } = await start();
    clock.advance(345);
    const pair = await client.register();
    expect(Date.parse(pair.accessTokenExpiresAt)).toBe(claimsOf(pair.accessToken).exp * SECOND);
    expect(Date.parse(pair.refreshTokenExpiresAt)).toBe(claimsOf(pair.refreshToken).exp * SECOND);
    expect(pair.accessTokenExpiresIn).toBe(899);
  });

  test('end with the session, even for the access token', async () => {
    const server = await start({ refreshTokenLifetime: '1h', sessionLifetime: '1h', accessTokenLifetime: '40m' });
    const { refreshToken } = await server.client.register();
    await passTime(server, 30 * MINUTE);
    const pair = await server.client.refresh(refreshToken);
    const end = claimsOf(refreshToken).iat + HOUR / SECOND;
    expect([claimsOf(pair.accessToken).exp, claimsOf(pair.refreshToken).exp]).toEqual([end, end]);
  });
});

describe('the two tokens of a pair', () => {
  test('share their iat, user and session, but not their jti or audience', async () => {
    const server = await start();
    const first = await server.client.register();
    await passTime(server, 90 * SECOND);
    for (const pair of [first, await server.client.login(), await server.client.refresh(first.refreshToken)]) {
      const [access, refresh] = [claimsOf(pair.accessToken), claimsOf(pair.refreshToken)];
      expect([access.iat, access.sub, access.sid]).toEqual([refresh.iat, refresh.sub, refresh.sid]);
      expect(access.jti).not.toBe(refresh.jti);
      expect(access['aud']).not.toBe(refresh['aud']);
    }
  });

  test('get a new jti, iat and exp at each refresh, and keep their session', async () => {
    const server = await start();
    const before = await server.client.register();
    await passTime(server, SECOND);
    const after = await server.client.refresh(before.refreshToken);
    for (const kind of ['accessToken', 'refreshToken'] as const) {
      const [old, fresh] = [claimsOf(before[kind]), claimsOf(after[kind])];
      expect(fresh).toMatchObject({ sub: old.sub, sid: old.sid, iat: old.iat + 1, exp: old.exp + 1 });
      expect(fresh.jti).not.toBe(old.jti);
    }
  });

  test('are all different after a hundred rotations within one second', async () => {
    const { client } = await start();
    const pairs = [await client.register()];
    for (let count = 0; count < 100; count += 1) pairs.push(await client.refresh(pairs.at(-1)?.refreshToken ?? ''));
    const tokens = pairs.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
    expect(new Set(tokens.map((token) => claimsOf(token).iat)).size).toBe(1);
    expect(new Set(tokens).size).toBe(202);
    expect(new Set(tokens.map((token) => claimsOf(token).jti)).size).toBe(202);
  });
});

/** Host claims that record how often and for which users they were computed. */
function countingClaims(): { seen: AuthUser[]; claims: HostClaims } {
  const seen: AuthUser[] = [];
  const compute = async (user: AuthUser) => {
    seen.push(user);
    return { plan: 'gold', count: seen.length };
  };
  return { seen, claims: { namespace: NAMESPACE, compute } };
}

/** The errors that stop a start with each of these options. */
async function startFaults(options: readonly Partial<AuthOptions>[]): Promise<string[]> {
  const { orm, keys } = await start();
  const faults: string[] = [];
  for (const option of options) {
    const given = { issuer: ISSUER, orm, keys, bcryptCost: 4, ...option };
    await createAuth(given).then(
      async (auth) => auth.close(),
      (error: unknown) => faults.push(error instanceof TypeError ? error.message : String(error)),
    );
  }
  return faults;
}

describe("the host's own claims", () => {
  test('are in access tokens under their one name', async () => {
    const { claims } = countingClaims();
    const { client } = await start({ claims });
    const pair = await client.register();
    expect(claimsOf(pair.accessToken)[NAMESPACE]).toEqual({ plan: 'gold', count: 1 });
    expect(Object.keys(claimsOf(pair.refreshToken))).not.toContain(NAMESPACE);
    expect((await client.me(pair.accessToken)).data.me.id).toBe(pair.user.id);
  });

  test('are computed anew at each login and each refresh', async () => {
    const { claims } = countingClaims();
    const { client } = await start({ claims });
    const counts: unknown[] = [];
    let pair = await client.register();
    counts.push(claimsOf(pair.accessToken)[NAMESPACE]);
    pair = await client.login();
    counts.push(claimsOf(pair.accessToken)[NAMESPACE]);
    for (let refreshes = 0; refreshes < 2; refreshes += 1) {
      pair = await client.refresh(pair.refreshToken);
      counts.push(claimsOf(pair.accessToken)[NAMESPACE]);
    }
    expect(counts).toEqual([1, 2, 3, 4].map((count) => ({ plan: 'gold', count })));
  });

  test('are computed from the user without the password', async () => {
    const { seen, claims } = countingClaims();
    const { client } = await start({ claims });
    const { user } = await client.register();
    expect(seen).toEqual([
      {
        id: user.id,
        email: EMAIL,
        roles: [],
        isActive: true,
        isEmailVerified: false,
        createdAt: expect.any(Date),
        lastLoginAt: expect.any(Date),
      },
    ]);
  });

  test('cannot overwrite those of the library', async () => {
    const own = { sub: 'x', roles: ['ADMIN'], exp: 1e10, token_type: 'refresh', ver: 9 };
    const { client, auth } = await start({ claims: { namespace: NAMESPACE, compute: () => own } });
    const { accessToken, user } = await client.register();
    expect(claimsOf(accessToken)).toMatchObject({ sub: user.id, roles: [], ver: 0, token_type: 'access' });
    const { currentUser } = auth.context({ headers: { authorization: `Bearer ${accessToken}` } });
    expect(currentUser).toMatchObject({ id: user.id, roles: [], claims: { [NAMESPACE]: { roles: ['ADMIN'] } } });
  });

  test('may be any JSON', async () => {
    const own = { text: 'ж 🔑 "\\\n\u2028', list: [1, -0.5, 1e21, null, true, { a: {} }], 2: 'b', 1: 'a', '': 0 };
    const { client } = await start({ claims: { namespace: NAMESPACE, compute: () => own } });
    const { accessToken, user } = await client.register();
    expect(claimsOf(accessToken)[NAMESPACE]).toEqual(own);
    expect((await client.me(accessToken)).data.me.id).toBe(user.id);
  });

  test('cannot have an empty name, or a claim name of the library or RFC 7519', async () => {
    const ours = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'nbf', 'roles', 'ver', 'token_type'];
    const names = [...ours, '__proto__', ''];
    const faults = await startFaults(names.map((namespace) => ({ claims: { namespace, compute: () => ({}) } })));
    expect(faults).toEqual(names.map(() => expect.stringContaining('claims.namespace')));
  });

  test('use up neither a refresh token nor an e-mail when they cannot be computed', async () => {
    let isBroken = true;
    const compute = async () => {
      if (isBroken) throw new Error('the host is out of order');
      return {};
    };
    const { client } = await start({ claims: { namespace: NAMESPACE, compute } });
    await expect(client.register()).rejects.toThrow('INTERNAL_SERVER_ERROR');
    isBroken = false;
    const { refreshToken } = await client.register();
    isBroken = true;
    const answer = await client.tryRefresh(refreshToken);
    expect([answer.errors[0]?.message, refusalOf(answer)]).toEqual(['Something went wrong.', 'INTERNAL_SERVER_ERROR']);
    isBroken = false;
    expect((await client.refresh(refreshToken)).user.email).toBe(EMAIL);
  });

  test('require a refresh but no login after they are removed or renamed', async () => {
    const { claims } = countingClaims();
    const before = await start({ claims });
    const { accessToken, refreshToken, user } = await before.client.register();
    const { databaseUrl, keys, clock } = before;
    for (const options of [{}, { claims: { ...claims, namespace: 'https://example.com/other' } }]) {
      const { client } = await start({ databaseUrl, keys, clock, ...options });
      expect((await client.currentToken(accessToken)).errors[0]?.extensions).toEqual({
        code: 'UNAUTHENTICATED',
        reason: 'TOKEN_INVALID',
        refreshable: true,
      });
    }
    const { client } = await start({ databaseUrl, keys, clock });
    const after = await client.refresh(refreshToken);
    expect((await client.me(after.accessToken)).data.me.id).toBe(user.id);
  });
});

test('an audience equal to the issuer, the audience of refresh tokens, stops the start', async () => {
  expect(await startFaults([{ issuer: 'https://one.example', audience: 'https://one.example' }])).toEqual([
    expect.stringContaining('audience'),
  ]);
});

test.each(['issuer', 'audience'] as const)('a blank %s, or one that is not a string, stops the start', async (name) => {
  const values = ['', ' ', null, 1] as string[];
  const faults = await startFaults(values.map((value) => ({ [name]: value })));
  expect(faults).toEqual(values.map(() => expect.stringContaining(name)));
});
