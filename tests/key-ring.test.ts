import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomBytes, verify } from 'node:crypto';
import { createAuth, generateKeys, importKeyRing, KeyRingError, type PrivateJwk } from '../src/index.ts';
import { dissect, SCHEMES } from './support/forge-token.ts';
import { accessKeyPair, keyRingFor, signerOf, symmetricKey } from './support/key-rings.ts';
import { refusalOf } from './support/outcomes.ts';
import { ISSUER, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

const access = symmetricKey('access', 'a');
const refresh = symmetricKey('refresh', 'r');
const password = symmetricKey('password', 'p');

/** The faults that stop a start with these keys, if there are any. */
function faultsOf(...keys: readonly unknown[]): readonly string[] {
  try {
    importKeyRing({ keys: keys.length === 0 ? [] : [...keys, password] });
    return [];
  } catch (error) {
    if (error instanceof KeyRingError) return error.faults;
    throw error;
  }
}

function rsaOf(modulusLength: number, publicExponent: number): unknown {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: 's', purpose: 'access' };
}

describe('a key ring that cannot be trusted stops the start', () => {
  const ec = accessKeyPair('ES256', 'e');
  const rsa = accessKeyPair('RS256', 's');
  const { d: _d, ...ecPublic } = ec;
  const cases: readonly (readonly [title: string, keys: readonly unknown[], fault: string])[] = [
    ['no keys at all', [], 'keys: '],
    ['no access key', [refresh], 'no key has the purpose "access"'],
    [
      'a short secret for passwords',
      [access, refresh, { ...symmetricKey('password', 'p2'), k: password.k?.slice(0, 62) }],
      'key "p2" is shorter than the 48 bytes',
    ],
    [
      'a secret of tokens for passwords',
      [access, refresh, { ...symmetricKey('password', 'q'), k: refresh.k }],
      'one secret has two purposes',
    ],
    [
      'an algorithm of tokens for passwords',
      [access, refresh, { ...symmetricKey('password', 'q'), alg: 'HS256' }],
      'keys.2.alg',
    ],
    ['an algorithm of passwords for tokens', [{ ...access, alg: 'HS384' }, refresh], 'keys.0.alg'],
    ['no refresh key', [access], 'no key has the purpose "refresh"'],
    [
      'a secret of 31 bytes',
      [{ ...access, k: access.k?.slice(0, 42) }, refresh],
      'key "a" is shorter than the 32 bytes',
    ],
    ['an empty secret', [{ ...access, k: '' }, refresh], 'keys.0.k'],
    [
      'a typed secret',
      [{ ...access, k: Buffer.alloc(40, 'secret').toString('base64url') }, refresh],
      'key "a" is not random',
    ],
    ['a secret of zeros', [{ ...access, k: Buffer.alloc(64).toString('base64url') }, refresh], 'key "a" is not random'],
    ['a secret that is not base64url', [{ ...access, k: `${access.k?.slice(1)}+` }, refresh], 'keys.0.k'],
    ['no algorithm', [{ ...access, alg: undefined }, refresh], 'keys.0.alg'],
    ['an unknown algorithm', [{ ...access, alg: 'HS999' }, refresh], 'keys.0.alg'],
    ['the algorithm none', [{ ...access, alg: 'none' }, refresh], 'keys.0.alg'],
    ['an algorithm for another kind of key', [{ ...ec, alg: 'RS256' }, refresh], 'keys.0.alg'],
    ['a curve that does not fit ES256', [{ ...ec, crv: 'P-384' }, refresh], 'keys.0.crv'],
    ['an unknown kind of key', [{ ...access, kty: 'OKP' }, refresh], 'keys.0.kty'],
    ['no purpose', [{ ...access, purpose: undefined }, refresh], 'keys.0.purpose'],
    ['an unknown purpose', [{ ...access, purpose: 'both' }, refresh], 'keys.0.purpose'],
    ['a key for encryption', [{ ...access, use: 'enc' }, refresh], 'keys.0.use'],
    ['one secret for two purposes', [access, { ...refresh, k: access.k }], 'one secret has two purposes'],
    ['no kid', [{ ...access, kid: undefined }, refresh], 'keys.0.kid'],
    ['an empty kid', [{ ...access, kid: '' }, refresh], 'keys.0.kid'],
    ['a kid that is not ASCII, which a JWS library writes wrongly', [{ ...access, kid: 'clé' }, refresh], 'keys.0.kid'],
    ['a kid of two lines', [{ ...access, kid: 'a\nb' }, refresh], 'keys.0.kid'],
    [
      'the same kid twice for one purpose',
      [access, symmetricKey('access', 'a'), refresh],
      'two keys have the same kid',
    ],
    ['the same kid for both purposes', [access, { ...refresh, kid: 'a' }], 'two keys have the same kid'],
    ['an asymmetric key for refresh tokens', [access, { ...ec, purpose: 'refresh' }], 'key "e" signs refresh tokens'],
    ['only the public half of a key', [ecPublic, refresh], 'keys.0.d'],
    ['a point that is not on the curve', [{ ...ec, y: ec.x }, refresh], 'key "e" is not a valid EC key'],
    ['halves of two EC keys', [{ ...ec, d: accessKeyPair('ES256').d }, refresh], 'key "e" is not a valid EC key'],
    ['halves of two RSA keys', [{ ...rsa, n: accessKeyPair('RS256').n }, refresh], 'key "s" is not a valid RSA key'],
    ['an RSA key of 1024 bits', [rsaOf(1024, 65_537), refresh], 'key "s" is shorter than the 2048 bits'],
    ['an RSA key with a small exponent', [rsaOf(2048, 3), refresh], 'key "s" has a public exponent below 65537'],
    ['a member that our JWKs do not have', [{ ...access, secret: 'x' }, refresh], 'keys.0: '],
  ];

  test.each(cases)('%s', (_title, keys, fault) => {
    expect(faultsOf(...keys)).toEqual([expect.stringContaining(fault)]);
  });

  test('two base64url spellings of one secret count as one secret', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const k = randomBytes(32).toString('base64url');
    // 32 bytes leave two bits of the last character unused.
    const twin = `${k.slice(0, -1)}${alphabet[alphabet.indexOf(k.slice(-1)) ^ 1]}`;
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(k, 'base64url'));
    expect(faultsOf({ ...access, k }, { ...refresh, k: twin })).toEqual(['one secret has two purposes']);
  });

  test('no key for passwords', () => {
    expect(() => importKeyRing({ keys: [access, refresh] })).toThrow('no key has the purpose "password"');
  });

  test('every fault is reported at once, with its key', () => {
    const faults = faultsOf(
      { ...access, alg: 'HS999' },
      { ...refresh, kid: 'weak', k: 'c2VjcmV0' },
      { ...refresh, kid: 'guessable', k: Buffer.alloc(32).toString('base64url') },
      { ...ec, y: ec.x },
      { ...ec },
    );
    expect(faults).toEqual([
      expect.stringContaining('keys.0.alg'),
      expect.stringContaining('"weak"'),
      expect.stringContaining('"guessable"'),
      expect.stringContaining('"e"'),
      expect.stringContaining('same kid'),
    ]);
  });

  test.each([undefined, null, 'keys', [], [access, refresh], {}, { keys: null }, { keys: [access, refresh], more: 1 }])(
    'a value that is not a JWK Set: %j',
    (jwks) => {
      expect(() => importKeyRing(jwks)).toThrow(KeyRingError);
    },
  );

  test('no message contains any part of a key', () => {
    const rings = cases.map(([, keys]) => keys);
    const secrets = [access, refresh, ec, rsa].flatMap(({ k, d, p, q }) => [k, d, p, q]).filter((part) => part);
    for (const ring of [
      ...rings,
      rings.flat(),
      [String(access.k)],
      [[access.k]],
      [{ ...access, [String(access.k)]: 1 }],
    ]) {
      const text = faultsOf(...ring).join('\n');
      for (const secret of secrets) expect(text).not.toContain(secret);
    }
  });

  test('createAuth refuses it too, and reports every fault', async () => {
    const { orm } = await start();
    const keys = {
      keys: [
        { ...access, k: 'c2VjcmV0' },
        { ...refresh, kid: 'a' },
      ],
    };
    await expect(createAuth({ issuer: ISSUER, orm, keys })).rejects.toThrow(/"a" is shorter[^]*same kid/);
  });
});

describe.each(['HS256', 'ES256', 'RS256', 'PS256'] as const)('access tokens with %s', (alg) => {
  test('are signed and accepted, and name their key', async () => {
    const keys = keyRingFor(alg);
    const { client } = await start({ keys });
    const { accessToken, refreshToken, user } = await client.register();
    expect(dissect(accessToken).header).toEqual({ alg, typ: 'at+jwt', kid: signerOf(keys, 'access').kid });
    expect(dissect(refreshToken).header).toMatchObject({ alg: 'HS256', kid: signerOf(keys, 'refresh').kid });
    expect((await client.me(accessToken)).data.me.id).toBe(user.id);
    expect((await client.verify(accessToken)).isValid).toBe(true);
  });

  test('of another ring are refused', async () => {
    const kid = 'the-same';
    const ring = () => ({
      keys: keyRingFor(alg).keys.map((key) => (key.purpose === 'access' ? { ...key, kid } : key)),
    });
    const [ours, theirs] = [await start({ keys: ring() }), await start({ keys: ring() })];
    const { accessToken } = await theirs.client.register();
    const answer = await ours.client.currentToken(accessToken);
    expect(answer.errors[0]?.extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_INVALID',
      refreshable: false,
    });
  });
});

async function startWith(...keys: PrivateJwk[]): Promise<TestAuth> {
  return start({ keys: { keys: [...keys, password] } });
}

/** The same server after a restart with other keys. */
async function restart({ databaseUrl, clock }: TestAuth, ...keys: PrivateJwk[]): Promise<TestAuth> {
  return start({ databaseUrl, clock, keys: { keys: [...keys, password] } });
}

describe('changing the keys', () => {
  const [oldAccess, newAccess] = [accessKeyPair('ES256', 'access-1'), accessKeyPair('ES256', 'access-2')];
  const [oldRefresh, newRefresh] = [symmetricKey('refresh', 'refresh-1'), symmetricKey('refresh', 'refresh-2')];

  test('tokens of the old key are accepted as long as it is in the ring, and new tokens name the new key', async () => {
    const first = await startWith(oldAccess, oldRefresh);
    const before = await first.client.register();
    const { client } = await restart(first, newAccess, newRefresh, oldAccess, oldRefresh);
    expect((await client.me(before.accessToken)).data.me.id).toBe(before.user.id);
    const after = await client.refresh(before.refreshToken);
    expect(dissect(after.accessToken).header['kid']).toBe('access-2');
    expect(dissect(after.refreshToken).header['kid']).toBe('refresh-2');
    expect((await client.me(after.accessToken)).data.me.id).toBe(before.user.id);
  });

  test('a key can be in the ring before it signs', async () => {
    const current = await startWith(oldAccess, newAccess, oldRefresh);
    const next = await restart(current, newAccess, oldAccess, oldRefresh);
    const { accessToken } = await next.client.register();
    expect(dissect(accessToken).header['kid']).toBe('access-2');
    expect((await current.client.me(accessToken)).errors).toEqual([]);
  });

  test('an access token whose key has left the ring is refused, and a refresh helps', async () => {
    const first = await startWith(oldAccess, oldRefresh);
    const before = await first.client.register();
    const { client } = await restart(first, newAccess, oldRefresh);
    const refused = await client.me(before.accessToken);
    expect(refused.errors[0]?.extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_INVALID',
      refreshable: true,
    });
    const after = await client.refresh(before.refreshToken);
    expect((await client.me(after.accessToken)).data.me.id).toBe(before.user.id);
  });

  test('a refresh token whose key has left the ring is invalid', async () => {
    const first = await startWith(oldAccess, oldRefresh);
    const before = await first.client.register();
    const { client } = await restart(first, oldAccess, newRefresh);
    expect(refusalOf(await client.tryRefresh(before.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');
  });
});

async function publishedBy(server: TestAuth): Promise<{ text: string; keys: JsonWebKey[] }> {
  const { status, headers, text } = await server.client.send({}, '/.well-known/jwks.json');
  expect(status).toBe(200);
  expect(headers.get('content-type')).toContain('application/jwk-set+json');
  return { text, keys: (JSON.parse(text) as { keys: JsonWebKey[] }).keys };
}

describe('GET /.well-known/jwks.json', () => {
  test('publishes the public halves of the asymmetric access keys, and nothing else', async () => {
    const ec = accessKeyPair('ES256', 'ec');
    const rsa = accessKeyPair('PS256', 'rsa');
    const server = await start({ keys: { keys: [ec, symmetricKey('access'), rsa, refresh, password] } });
    expect((await publishedBy(server)).keys).toEqual([
      { kty: 'EC', crv: 'P-256', x: ec.x, y: ec.y, kid: 'ec', alg: 'ES256', use: 'sig' },
      { kty: 'RSA', n: rsa.n, e: rsa.e, kid: 'rsa', alg: 'PS256', use: 'sig' },
    ]);
  });

  test('reveals no symmetric key', async () => {
    const keys = generateKeys();
    const { text, keys: published } = await publishedBy(await start({ keys }));
    expect(published).toEqual([]);
    for (const { k, kid } of keys.keys) {
      expect(text).not.toContain(k);
      expect(text).not.toContain(kid);
    }
  });

  test.each(['ES256', 'RS256', 'PS256'] as const)(
    'lets a service without this library verify an access token with %s',
    async (alg) => {
      const server = await start({ keys: keyRingFor(alg) });
      const { accessToken, refreshToken } = await server.client.register();
      const { keys } = await publishedBy(server);
      const isSigned = (token: string) => {
        const [header, claims, signature = ''] = token.split('.');
        const jwk = keys.find(({ kid }) => kid === dissect(token).header['kid']);
        if (jwk === undefined) return false;
        const key = createPublicKey({ key: jwk, format: 'jwk' });
        const input = Buffer.from(`${header}.${claims}`);
        return verify('sha256', input, { key, ...SCHEMES[alg] }, Buffer.from(signature, 'base64url'));
      };
      expect(isSigned(accessToken)).toBe(true);
      expect(isSigned(`${accessToken.slice(0, -8)}AAAAAAAA`)).toBe(false);
      expect(isSigned(refreshToken)).toBe(false);
    },
  );
});
