import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithm, PrivateJwk } from '../src/index.ts';
import { User } from '../src/users/user.entity.ts';
import { withEcdsaTwin } from './support/altered-signature.ts';
import { COMMON_SECRETS } from './support/common-secrets.ts';
import { dissect, encode, forge, forgeHmac, secretOf, signatureOf } from './support/forge-token.ts';
import { EMAIL, type Pair } from './support/graphql-client.ts';
import { accessKeyPair, keyRingFor, signerOf, symmetricKey } from './support/key-rings.ts';
import { refusalOf } from './support/outcomes.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

/** A real token, taken apart, and all that its forger may have to work with. */
interface Target {
  readonly server: TestAuth;
  readonly pair: Pair;
  readonly token: string;
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly signature: Buffer;
  /** The three parts as they stand in the token. */
  readonly parts: readonly [header: string, claims: string, signature: string];
  readonly key: PrivateJwk;
  /** Somebody else's good token. */
  readonly other: string;
  /** Seconds. */
  readonly now: number;
}

type Forgery = readonly [id: string, title: string, forge: (target: Target) => readonly string[]];

async function startTarget(alg: Algorithm): Promise<Target> {
  const keys = keyRingFor(alg);
  const server = await startTestAuth({ keys });
  const pair = await server.client.register();
  const other = await server.client.register('mallory@example.com');
  const token = pair.accessToken;
  const parts = token.split('.') as unknown as Target['parts'];
  const now = server.clock.now() / 1000;
  return {
    server,
    pair,
    token,
    ...dissect(token),
    parts,
    key: signerOf(keys, 'access'),
    other: other.accessToken,
    now,
  };
}

/** The same token but for some claims, with a good signature. */
function withClaims({ key, header, claims }: Target, changes: Record<string, unknown>): string {
  return forge(key, header, { ...claims, ...changes });
}

/** The same, the claims edited as text. */
function withText({ key, header, claims }: Target, edit: (json: string) => string): string {
  return forge(key, header, edit(JSON.stringify(claims)));
}

/** The same token but for some members of its header, with a good signature. */
function withHeader({ key, header, claims }: Target, changes: Record<string, unknown>): string {
  return forge(key, { ...header, ...changes }, claims);
}

/** Spelled in the other alphabet of RFC 4648; of several good tokens the first where that makes a difference. */
function inStandardBase64(target: Target): string {
  for (let attempt = 0; ; attempt += 1) {
    const token = withClaims(target, { roles: [String(attempt)] });
    const [header, claims, signature = ''] = token.split('.');
    if (/-/.test(signature) && /_/.test(signature))
      return `${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`;
  }
}

/** A good token that is exactly so long. */
function ofLength(target: Target, length: number): string {
  for (let filling = length - target.token.length - 100; ; filling += 1) {
    const token = withClaims(target, { roles: ['x'.repeat((filling * 3) / 4)] });
    if (token.length >= length) return token;
  }
}

function spkiOf(key: PrivateJwk, type: 'pem' | 'der'): string | Buffer {
  const halves = createPublicKey({ key: { ...key }, format: 'jwk' });
  return type === 'pem'
    ? halves.export({ type: 'spki', format: 'pem' })
    : halves.export({ type: 'spki', format: 'der' });
}

/** Keys whose public half was used as a shared secret, in each form that it is published in. */
const asSharedSecret = ({ key, header, claims }: Target): string[] => {
  const pem = String(spkiOf(key, 'pem'));
  const secrets = [pem, pem.trimEnd(), spkiOf(key, 'der'), key.x ?? key.n ?? ''];
  return secrets.map((secret) => forgeHmac(secret, { ...header, alg: 'HS256' }, claims));
};

const withoutKey: Forgery[] = [
  ['TF-01', 'alg none', ({ header, parts }) => [`${encode({ ...header, alg: 'none' })}.${parts[1]}.`]],
  [
    'TF-03',
    'alg NONE',
    ({ header, parts }) => ['NONE', 'None', 'nOnE'].map((alg) => `${encode({ ...header, alg })}.${parts[1]}.`),
  ],
  [
    'TF-05',
    'alg none with the signature of a good token',
    ({ header, parts }) => [`${encode({ ...header, alg: 'none' })}.${parts[1]}.${parts[2]}`],
  ],
  [
    'TF-07',
    'alg of another type',
    (target) => [['HS256'], 256, { toString: 'HS256' }, null, ''].map((alg) => withHeader(target, { alg })),
  ],
  [
    'TF-09',
    'another algorithm with the right secret',
    ({ key, header, claims }) =>
      ['384', '512'].map((bits) => forgeHmac(secretOf(key), { ...header, alg: `HS${bits}` }, claims, `sha${bits}`)),
  ],
  ['TF-13', 'an empty HMAC secret', ({ header, claims }) => [forgeHmac('', header, claims)]],
  [
    'TF-15',
    'secrets that everybody knows',
    ({ header, claims }) => COMMON_SECRETS.map((secret) => forgeHmac(secret, header, claims)),
  ],
  [
    'TF-17',
    'a truncated signature',
    ({ parts, signature }) =>
      [encode(signature.subarray(0, 16)), encode(signature.subarray(0, 31)), parts[2].slice(0, -4)].map(
        (cut) => `${parts[0]}.${parts[1]}.${cut}`,
      ),
  ],
  [
    'TF-19',
    "the signature of another user's token",
    ({ parts, other }) => [`${parts[0]}.${parts[1]}.${other.split('.')[2]}`],
  ],
  ['TF-19', "another user's claims", ({ parts, other }) => [`${parts[0]}.${other.split('.')[1]}.${parts[2]}`]],
  ['TF-21', 'the standard base64 alphabet', (target) => [inStandardBase64(target), `${target.token}=`]],
  [
    'TF-23',
    'illegal characters in each part',
    ({ parts }) =>
      ['?', '#'].flatMap((character) =>
        parts.map((part, index) => parts.with(index, `${part.slice(0, 9)}${character}${part.slice(9)}`).join('.')),
      ),
  ],
  [
    'TF-29',
    'the JSON serialisations',
    ({ parts: [header, payload, signature] }) => [
      JSON.stringify({ payload, protected: header, signature }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ],
  ],
  [
    'TF-31',
    'a detached payload',
    ({ key, header, claims }) => {
      const detached = encode({ ...header, b64: false, crit: ['b64'] });
      return [`${detached}..${signatureOf(key, `${detached}.${JSON.stringify(claims)}`)}`];
    },
  ],
  [
    'TF-39',
    'a kid of another type',
    (target) =>
      [null, 1, true, [], {}, '', 'x'.repeat(10_000), `${target.key.kid}\0`, [target.key.kid], undefined].map((kid) =>
        withHeader(target, { kid }),
      ),
  ],
  [
    'TF-39',
    'a kid that every object has',
    (target) => ['__proto__', 'constructor', 'toString'].map((kid) => withHeader(target, { kid })),
  ],
  [
    'TF-41',
    'a key that is not, or no longer, in the ring',
    ({ header, claims }) => {
      const stranger = symmetricKey('access');
      return [forge(stranger, header, claims), forge(stranger, { ...header, kid: stranger.kid }, claims)];
    },
  ],
  [
    'TF-43',
    'crit that is empty, no list, double, or names what is there',
    (target) => [[], 'exp', ['b64', 'b64'], ['exp'], ['typ']].map((crit) => withHeader(target, { crit })),
  ],
  [
    'TF-45',
    'a token within a token',
    ({ key, header, token }) => [
      forge(key, { ...header, cty: 'JWT' }, token),
      forge(key, header, token),
      forge(key, header, JSON.stringify(token)),
    ],
  ],
  [
    'TF-47',
    'a JWE that asks for two billion rounds',
    () => [
      `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 })}.a2V5.aXY.dGV4dA.dGFn`,
    ],
  ],
  [
    'TF-49',
    'an escaped member name',
    ({ key, header, claims }) =>
      ['HS256', 'none'].map((alg) =>
        forge(key, JSON.stringify({ ...header, alg }).replace('"alg"', String.raw`"al\u0067"`), claims),
      ),
  ],
  ['TF-51', 'one character too many', (target) => [ofLength(target, 4097)]],
  ['TF', 'a member that our headers do not have', (target) => [withHeader(target, { jwk: { kty: 'oct', k: 'AA' } })]],
  ['TF', 'no token at all', () => ['', '.', '..', '...', 'null', 'undefined', '{}', 'a.b.c', ' ']],
];

const withKey: Forgery[] = [
  [
    'TC-04',
    'typ missing, JWT, or that of the other kind',
    (target) => [undefined, 'JWT', 'rt+jwt', '', null, 1, ['at+jwt']].map((typ) => withHeader(target, { typ })),
  ],
  [
    'TC-06',
    'another issuer',
    (target) => ['https://b', '', undefined, null, [target.claims['iss']]].map((iss) => withClaims(target, { iss })),
  ],
  [
    'TC-08',
    'another audience',
    (target) =>
      ['other-api', '', undefined, null, ['api'], ['api', 'other-api'], target.claims['iss']].map((aud) =>
        withClaims(target, { aud }),
      ),
  ],
  ['TC-10', 'no exp', (target) => [withClaims(target, { exp: undefined })]],
  ['TC-12', 'exp in fractions', (target) => [withClaims(target, { exp: target.now + 600.5 })]],
  [
    'TC-14',
    'exp beyond all numbers',
    (target) =>
      ['1e308', '1e999', '9007199254740993', '-1', '1e9', `${target.now + 600}.0`].map((exp) =>
        withText(target, (json) => json.replace(/"exp":\d+/, `"exp":${exp}`)),
      ),
  ],
  [
    'TC-14',
    'exp that is no number',
    (target) => [null, true, String(target.now + 600), []].map((exp) => withClaims(target, { exp })),
  ],
  ['TC-16', 'exp in milliseconds', (target) => [withClaims(target, { exp: (target.now + 600) * 1000 })]],
  [
    'TC-18',
    'a lifetime longer than ours',
    (target) => [withClaims(target, { exp: target.now + 315_360_000 }), withClaims(target, { exp: target.now + 901 })],
  ],
  [
    'TC-20',
    'nbf',
    (target) => [target.now + 600, String(target.now), null, target.now - 1].map((nbf) => withClaims(target, { nbf })),
  ],
  [
    'TC-22',
    'iat missing, text or huge',
    (target) => [
      ...[undefined, String(target.now), null, target.now - 0.5, -1].map((iat) => withClaims(target, { iat })),
      withText(target, (json) => json.replace(/"iat":\d+/, '"iat":1e308')),
    ],
  ],
  [
    'TC-24',
    'sub that cannot be an id',
    (target) =>
      [
        undefined,
        '',
        null,
        1,
        true,
        '1',
        [target.claims['sub']],
        { id: target.claims['sub'] },
        `${String(target.claims['sub'])} `,
        String(target.claims['sub']).toUpperCase(),
        '0'.repeat(36),
      ].map((sub) => withClaims(target, { sub })),
  ],
  [
    'TC-24',
    'jti, sid, token_type, roles or ver that we do not write',
    (target) => [
      ...[undefined, '', null, 1, ['a']].flatMap((value) => [
        withClaims(target, { jti: value }),
        withClaims(target, { sid: value }),
        withClaims(target, { token_type: value }),
      ]),
      ...[undefined, null, 'ADMIN', [1], { 0: 'ADMIN', length: 1 }].map((roles) => withClaims(target, { roles })),
      ...[undefined, null, '0', -1, 0.5].map((ver) => withClaims(target, { ver })),
      withClaims(target, { token_type: 'refresh' }),
      withClaims(target, { token_type: 'Access' }),
    ],
  ],
  [
    'TC-30',
    'a claim twice',
    (target) => [
      withText(target, (json) => json.replace('"sub":', '"sub":"1","sub":')),
      withText(target, (json) => json.replace(/}$/, `,"sub":"${String(target.claims['sub'])}"}`)),
      withText(target, (json) => json.replace(/}$/, `,"exp":${target.now + 600}}`)),
    ],
  ],
  [
    'TC-32',
    'a claim that we do not write',
    (target) => [withClaims(target, { x: 1 }), withClaims(target, { admin: true })],
  ],
  [
    'TC-34',
    'a byte order mark, or bytes that are no UTF-8',
    ({ key, header, claims }) => {
      const json = JSON.stringify({ ...claims, roles: ['?'] });
      const bytes = Buffer.from(json);
      bytes[bytes.indexOf('?')] = 0xff;
      return [forge(key, header, `\uFEFF${JSON.stringify(claims)}`), forge(key, header, bytes)];
    },
  ],
  [
    'TC-36',
    'arrays within arrays',
    (target) => [
      forge(target.key, target.header, `${'['.repeat(1_000)}${']'.repeat(1_000)}`),
      forge(target.key, target.header, '['.repeat(8_000)),
      withText(target, (json) => json.replace('"roles":[]', `"roles":${'['.repeat(900)}${']'.repeat(900)}`)),
    ],
  ],
  [
    'TC',
    'JSON that is written in another way, or none',
    (target) => [
      withText(target, (json) => ` ${json}`),
      withText(target, (json) => `${json}\n`),
      withText(target, (json) => json.replace('"sub"', String.raw`"s\u0075b"`)),
      ...['', 'null', '1', '"a"', '[]', '{', '{}', '{}{}'].map((text) => withText(target, () => text)),
      forge(target.key, ` ${JSON.stringify(target.header)}`, target.claims),
      forge(target.key, '[]', target.claims),
    ],
  ],
  [
    'TC',
    'the key of the other kind of token',
    ({ server, header, claims }) => {
      const refreshKey = signerOf(server.keys, 'refresh');
      return [forge(refreshKey, header, claims), forge(refreshKey, { ...header, kid: refreshKey.kid }, claims)];
    },
  ],
  ['TC', 'a refresh token', ({ pair }) => [pair.refreshToken]],
];

const rings: readonly (readonly [Algorithm, readonly Forgery[]])[] = [
  ['HS256', [...withoutKey, ...withKey]],
  ['ES256', [['TF-11', 'ES256 taken for HS256, with the public key as the secret', asSharedSecret]]],
  ['RS256', [['TF-11', 'RS256 taken for HS256, with the public key as the secret', asSharedSecret]]],
];

/**
 * Shows tokens to a server wherever it takes one, and tells what should not be: one was believed, the good one is not any
 * more, or the log says something.
 */
async function surprises({ server, token, pair }: Target, forged: readonly string[]): Promise<unknown[]> {
  const { client } = server;
  const found: unknown[] = forged.includes(token) ? ['not a forgery'] : [];
  for (const bad of forged) {
    const answer = await client.currentToken(bad);
    if (answer.status !== 200 || refusalOf(answer) !== REFUSED) found.push({ bad, currentToken: answer.text });
    if (bad === pair.refreshToken) continue;
    const verification = await client.verify(bad);
    if (verification.isValid !== false || verification.token !== null) found.push({ bad, verification });
    const { logout } = (await client.logout(bad, { refreshToken: bad })).data;
    if (logout.endedSessions !== 0) found.push({ bad, logout });
  }
  if ((await client.me(token)).data.me?.email !== EMAIL) found.push('the good token is refused');
  if (server.log() !== '') found.push({ log: server.log() });
  return found;
}

const REFUSED = 'UNAUTHENTICATED TOKEN_INVALID';

describe.each(rings)('on a ring with %s', (alg, cases) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget(alg);
  });
  afterAll(() => target.server.stop());

  test.each(cases)('%s: %s', async (_id, _title, forgeries) => {
    expect(await surprises(target, forgeries(target))).toEqual([]);
  });
});

describe('what a token points to is not looked at', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget('RS256');
  });
  afterAll(() => target.server.stop());

  test('TF-33: a key set, a certificate or a key in the header: no connection is made', async () => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    try {
      const address = listener.address();
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/jwks.json`;
      const { header, claims } = target;
      const stranger = accessKeyPair('RS256');
      const jwk = { kty: stranger.kty, n: stranger.n, e: stranger.e };
      const pointers = [{ jku: url }, { x5u: url }, { jwk }, { x5c: [stranger.n] }, { kid: url }, { iss: url }];
      const forged = pointers.map((pointer) => forge(stranger, { ...header, ...pointer }, claims));
      expect(await surprises(target, forged)).toEqual([]);
      expect(connections).toBe(0);
    } finally {
      listener.close();
    }
  });

  test('TF-35: a file whose content the forger knows is no key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-'));
    try {
      const known = join(folder, 'known.key');
      writeFileSync(known, 'a secret that the forger knows');
      const paths = [
        '../../../../dev/null',
        '/dev/null',
        '/proc/sys/kernel/randomize_va_space',
        known,
        `file://${known}`,
      ];
      const forged = paths.flatMap((kid) =>
        ['', '0\n', '1\n', '2\n', readFileSync(known)].map((content) =>
          forgeHmac(content, { ...target.header, alg: 'HS256', kid }, target.claims),
        ),
      );
      expect(await surprises(target, forged)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('TF-37: a kid is no command', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-'));
    try {
      const trace = join(folder, 'trace');
      const kids = [`|touch ${trace}`, `$(touch ${trace})`, `; touch ${trace} #`, `"; touch ${trace}; "`];
      const forged = kids.map((kid) => withHeader(target, { kid }));
      expect(await surprises(target, forged)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('TF-25: the second signature that every ECDSA signature has', () => {
  test('is no way around a logout', async () => {
    const target = await startTarget('ES256');
    try {
      const { client } = target.server;
      const twin = withEcdsaTwin(target.token);
      expect(twin).not.toBe(target.token);
      // It is as good as the first, and says the same.
      expect((await client.currentToken(twin)).data).toEqual((await client.currentToken(target.token)).data);
      await client.logout(target.token);
      for (const token of [target.token, twin])
        expect(refusalOf(await client.currentToken(token))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    } finally {
      await target.server.stop();
    }
  });
});

describe('a token that is too large', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget('HS256');
  });
  afterAll(() => target.server.stop());

  test('TF-51: 4096 characters are accepted', async () => {
    const longest = ofLength(target, 4096);
    expect(longest).toHaveLength(4096);
    expect((await target.server.client.me(longest)).data.me.email).toBe(EMAIL);
  });

  test('TF-51, TC-36: a header of more than 16 kB is answered 431, a body of 1 MB 413', async () => {
    const { client, log } = target.server;
    const nested = forge(target.key, target.header, '['.repeat(100_000));
    expect((await client.currentToken(nested)).status).toBe(431);
    const large = 'a'.repeat(1_000_000);
    const body = JSON.stringify({ query: 'mutation ($t: String!) { verifyToken(input: { token: $t }) { isValid } }' });
    const variables = (token: string) => body.replace(/}$/, `,"variables":{"t":"${token}"}}`);
    const send = async (token: string) =>
      client.send({ method: 'POST', headers: { 'content-type': 'application/json' }, body: variables(token) });
    expect((await send(large)).status).toBe(413);
    expect((await send(nested)).status).toBe(413);
    expect((await send('a'.repeat(90_000))).data.verifyToken.isValid).toBe(false);
    expect((await client.me(target.token)).data.me.email).toBe(EMAIL);
    expect(log()).toBe('');
  });
});

describe('a token that is ours', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget('HS256');
  });
  afterAll(() => target.server.stop());

  test.each(['AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])(
    'TC-04: %s is our typ too, as RFC 7515 compares media types',
    async (typ) => {
      const answer = await target.server.client.currentToken(withHeader(target, { typ }));
      expect(answer.data.currentToken.userId).toBe(target.pair.user.id);
    },
  );

  test('TC-28: is refused as revoked once its session has ended, whatever else it says', async () => {
    const { client } = target.server;
    const { accessToken } = await client.login();
    await client.logout(accessToken);
    const { sid } = dissect(accessToken).claims;
    for (const token of [accessToken, withClaims(target, { sid }), withClaims(target, { sid, roles: ['ADMIN'] })])
      expect(refusalOf(await client.currentToken(token))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });
});

describe('TC-26: a token of a user', () => {
  test.each(['deactivateUser', 'deleteUser'])('is refused at once after %s', async (mutation) => {
    const { server, token, pair } = await startTarget('HS256');
    try {
      const { client, orm } = server;
      await orm.em.fork().nativeUpdate(User, { email: 'mallory@example.com' }, { roles: ['ADMIN'] });
      const admin = await client.login('mallory@example.com');
      const done = await client.run(
        `mutation ($id: ID!) { ${mutation}(input: { id: $id }) { id } }`,
        { id: pair.user.id },
        admin.accessToken,
      );
      expect(done.data[mutation].id).toBe(pair.user.id);
      expect(refusalOf(await client.currentToken(token))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      expect(await client.verify(token)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
    } finally {
      await server.stop();
    }
  });
});

type RefreshForgery = readonly [title: string, forge: (refresh: Target) => readonly string[]];

/** Here the target's token is the refresh token, and its key the refresh key. */
const refreshForgeries: readonly RefreshForgery[] = [
  ['TC-02: an access token', ({ pair }) => [pair.accessToken]],
  [
    'no jti, or one that is no id',
    (target) => [undefined, null, 1, '', ['a']].map((jti) => withClaims(target, { jti })),
  ],
  [
    'no sid, or one that is no id',
    (target) => [undefined, null, 1, '', ['a']].map((sid) => withClaims(target, { sid })),
  ],
  ['sub that is no id', (target) => [undefined, null, 1, '', {}].map((sub) => withClaims(target, { sub }))],
  [
    'the other token_type',
    (target) => ['access', undefined, null].map((type) => withClaims(target, { token_type: type })),
  ],
  ['the audience of access tokens', (target) => ['api', undefined, ['api']].map((aud) => withClaims(target, { aud }))],
  ['another issuer', (target) => ['https://b', undefined].map((iss) => withClaims(target, { iss }))],
  [
    'no exp, or none that is one',
    (target) => [undefined, null, '1', 1.5, 1e300].map((exp) => withClaims(target, { exp })),
  ],
  ['no iat, or none that is one', (target) => [undefined, null, '1', 1.5].map((iat) => withClaims(target, { iat }))],
  ['claims of access tokens', (target) => [withClaims(target, { roles: [] }), withClaims(target, { ver: 0 })]],
  ['claims that we do not write', (target) => [withClaims(target, { x: 1 }), withClaims(target, { nbf: target.now })]],
  ['a claim twice', (target) => [withText(target, (json) => json.replace('"jti":', '"jti":"1","jti":'))]],
  ['another typ', (target) => ['at+jwt', 'JWT', undefined].map((typ) => withHeader(target, { typ }))],
  ['alg none', ({ header, parts }) => [`${encode({ ...header, alg: 'none' })}.${parts[1]}.`]],
  [
    'the signature of the access key',
    ({ server, header, claims }) => {
      const accessKey = signerOf(server.keys, 'access');
      return [forge(accessKey, header, claims), forge(accessKey, { ...header, kid: accessKey.kid }, claims)];
    },
  ],
];

describe('as a refresh token', () => {
  let target: Target;
  beforeAll(async () => {
    const { server, pair, ...rest } = await startTarget('HS256');
    const token = pair.refreshToken;
    const parts = token.split('.') as unknown as Target['parts'];
    target = { ...rest, server, pair, token, ...dissect(token), parts, key: signerOf(server.keys, 'refresh') };
  });
  afterAll(() => target.server.stop());

  async function rows(): Promise<unknown> {
    const connection = target.server.orm.em.getConnection();
    return [
      await connection.execute('select * from auth_session order by id'),
      await connection.execute('select * from auth_blacklisted_token'),
    ];
  }

  test.each(refreshForgeries)('%s is refused, and nothing is written', async (_title, forgeries) => {
    const { client, log } = target.server;
    const before = await rows();
    for (const bad of forgeries(target)) {
      expect([refusalOf(await client.tryRefresh(bad)), bad]).toEqual(['INVALID_REFRESH_TOKEN TOKEN_INVALID', bad]);
    }
    expect(await rows()).toEqual(before);
    expect(log()).toBe('');
  });

  test('the real one is still good after all of these', async () => {
    const { client } = target.server;
    const { accessToken } = await client.refresh(target.token);
    expect((await client.me(accessToken)).data.me.email).toBe(EMAIL);
  });
});
