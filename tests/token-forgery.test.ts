import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithm, PrivateJwk } from '../src/index.ts';
import { User } from './support/entities.ts';
import { withEcdsaTwin } from './support/altered-signature.ts';
import { COMMON_SECRETS } from './support/common-secrets.ts';
import { dissect, encode, forge, forgeHmac, secretOf, signatureOf } from './support/forge-token.ts';
import { EMAIL, type Pair } from './support/graphql-client.ts';
import { accessKeyPair, keyRingFor, signerOf, symmetricKey } from './support/key-rings.ts';
import { refusalOf } from './support/outcomes.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

/** A real token, taken apart, and everything that a forger may have to work with. */
interface Target {
  readonly server: TestAuth;
  readonly pair: Pair;
  readonly token: string;
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly signature: Buffer;
  /** The three parts as they are in the token. */
  readonly parts: readonly [header: string, claims: string, signature: string];
  readonly key: PrivateJwk;
  /** A good token of another user. */
  readonly other: string;
  /** Seconds. */
  readonly now: number;
}

type Forgery = readonly [title: string, forge: (target: Target) => readonly string[]];

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

/** The token with some claims changed, and a good signature. */
function withClaims({ key, header, claims }: Target, changes: Record<string, unknown>): string {
  return forge(key, header, { ...claims, ...changes });
}

/** The token with its claims edited as text, and a good signature. */
function withText({ key, header, claims }: Target, edit: (json: string) => string): string {
  return forge(key, header, edit(JSON.stringify(claims)));
}

/** The token with some members of its header changed, and a good signature. */
function withHeader({ key, header, claims }: Target, changes: Record<string, unknown>): string {
  return forge(key, { ...header, ...changes }, claims);
}

/** A good token in the other base64 alphabet of RFC 4648: the first one that differs between the two. */
function inStandardBase64(target: Target): string {
  for (let attempt = 0; ; attempt += 1) {
    const token = withClaims(target, { roles: [String(attempt)] });
    const [header, claims, signature = ''] = token.split('.');
    if (/-/.test(signature) && /_/.test(signature))
      return `${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`;
  }
}

/** A good token of exactly this length. */
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

/** Tokens signed with the public key as a shared secret, in each form in which it is published. */
const asSharedSecret = ({ key, header, claims }: Target): string[] => {
  const pem = String(spkiOf(key, 'pem'));
  const secrets = [pem, pem.trimEnd(), spkiOf(key, 'der'), key.x ?? key.n ?? ''];
  return secrets.map((secret) => forgeHmac(secret, { ...header, alg: 'HS256' }, claims));
};

const withoutKey: Forgery[] = [
  ['alg none', ({ header, parts }) => [`${encode({ ...header, alg: 'none' })}.${parts[1]}.`]],
  [
    'alg NONE',
    ({ header, parts }) => ['NONE', 'None', 'nOnE'].map((alg) => `${encode({ ...header, alg })}.${parts[1]}.`),
  ],
  [
    'alg none with the signature of a good token',
    ({ header, parts }) => [`${encode({ ...header, alg: 'none' })}.${parts[1]}.${parts[2]}`],
  ],
  [
    'alg of another type',
    (target) => [['HS256'], 256, { toString: 'HS256' }, null, ''].map((alg) => withHeader(target, { alg })),
  ],
  [
    'another algorithm with the right secret',
    ({ key, header, claims }) =>
      ['384', '512'].map((bits) => forgeHmac(secretOf(key), { ...header, alg: `HS${bits}` }, claims, `sha${bits}`)),
  ],
  ['an empty HMAC secret', ({ header, claims }) => [forgeHmac('', header, claims)]],
  ['a well-known secret', ({ header, claims }) => COMMON_SECRETS.map((secret) => forgeHmac(secret, header, claims))],
  [
    'a truncated signature',
    ({ parts, signature }) =>
      [encode(signature.subarray(0, 16)), encode(signature.subarray(0, 31)), parts[2].slice(0, -4)].map(
        (cut) => `${parts[0]}.${parts[1]}.${cut}`,
      ),
  ],
  ["the signature of another user's token", ({ parts, other }) => [`${parts[0]}.${parts[1]}.${other.split('.')[2]}`]],
  ["another user's claims", ({ parts, other }) => [`${parts[0]}.${other.split('.')[1]}.${parts[2]}`]],
  ['the standard base64 alphabet', (target) => [inStandardBase64(target), `${target.token}=`]],
  [
    'illegal characters in each part',
    ({ parts }) =>
      ['?', '#'].flatMap((character) =>
        parts.map((part, index) => parts.with(index, `${part.slice(0, 9)}${character}${part.slice(9)}`).join('.')),
      ),
  ],
  [
    'the JSON serialisations',
    ({ parts: [header, payload, signature] }) => [
      JSON.stringify({ payload, protected: header, signature }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ],
  ],
  [
    'a detached payload',
    ({ key, header, claims }) => {
      const detached = encode({ ...header, b64: false, crit: ['b64'] });
      return [`${detached}..${signatureOf(key, `${detached}.${JSON.stringify(claims)}`)}`];
    },
  ],
  [
    'a kid of another type',
    (target) =>
      [null, 1, true, [], {}, '', 'x'.repeat(10_000), `${target.key.kid}\0`, [target.key.kid], undefined].map((kid) =>
        withHeader(target, { kid }),
      ),
  ],
  [
    'a kid that is a property of every object',
    (target) => ['__proto__', 'constructor', 'toString'].map((kid) => withHeader(target, { kid })),
  ],
  [
    'a key that is not, or no longer, in the ring',
    ({ header, claims }) => {
      const stranger = symmetricKey('access');
      return [forge(stranger, header, claims), forge(stranger, { ...header, kid: stranger.kid }, claims)];
    },
  ],
  [
    'crit that is empty, not a list, repeated, or the name of a known member',
    (target) => [[], 'exp', ['b64', 'b64'], ['exp'], ['typ']].map((crit) => withHeader(target, { crit })),
  ],
  [
    'a token within a token',
    ({ key, header, token }) => [
      forge(key, { ...header, cty: 'JWT' }, token),
      forge(key, header, token),
      forge(key, header, JSON.stringify(token)),
    ],
  ],
  [
    'a JWE that asks for two billion rounds of hashing',
    () => [
      `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 })}.a2V5.aXY.dGV4dA.dGFn`,
    ],
  ],
  [
    'an escaped member name',
    ({ key, header, claims }) =>
      ['HS256', 'none'].map((alg) =>
        forge(key, JSON.stringify({ ...header, alg }).replace('"alg"', String.raw`"al\u0067"`), claims),
      ),
  ],
  ['a token with one character too many', (target) => [ofLength(target, 4097)]],
  ['a member that our headers do not have', (target) => [withHeader(target, { jwk: { kty: 'oct', k: 'AA' } })]],
  ['text that is not a token', () => ['', '.', '..', '...', 'null', 'undefined', '{}', 'a.b.c', ' ']],
];

const withKey: Forgery[] = [
  [
    'typ that is missing, JWT, or that of the other kind of token',
    (target) => [undefined, 'JWT', 'rt+jwt', '', null, 1, ['at+jwt']].map((typ) => withHeader(target, { typ })),
  ],
  [
    'another issuer',
    (target) => ['https://b', '', undefined, null, [target.claims['iss']]].map((iss) => withClaims(target, { iss })),
  ],
  [
    'another audience',
    (target) =>
      ['other-api', '', undefined, null, ['api'], ['api', 'other-api'], target.claims['iss']].map((aud) =>
        withClaims(target, { aud }),
      ),
  ],
  ['no exp', (target) => [withClaims(target, { exp: undefined })]],
  ['a fractional exp', (target) => [withClaims(target, { exp: target.now + 600.5 })]],
  [
    'exp that is out of range or in another notation',
    (target) =>
      ['1e308', '1e999', '9007199254740993', '-1', '1e9', `${target.now + 600}.0`].map((exp) =>
        withText(target, (json) => json.replace(/"exp":\d+/, `"exp":${exp}`)),
      ),
  ],
  [
    'exp that is not a number',
    (target) => [null, true, String(target.now + 600), []].map((exp) => withClaims(target, { exp })),
  ],
  ['exp in milliseconds', (target) => [withClaims(target, { exp: (target.now + 600) * 1000 })]],
  [
    'a lifetime longer than ours',
    (target) => [withClaims(target, { exp: target.now + 315_360_000 }), withClaims(target, { exp: target.now + 901 })],
  ],
  [
    'nbf',
    (target) => [target.now + 600, String(target.now), null, target.now - 1].map((nbf) => withClaims(target, { nbf })),
  ],
  [
    'iat that is missing, not a whole number, or huge',
    (target) => [
      ...[undefined, String(target.now), null, target.now - 0.5, -1].map((iat) => withClaims(target, { iat })),
      withText(target, (json) => json.replace(/"iat":\d+/, '"iat":1e308')),
    ],
  ],
  [
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
    'a repeated claim',
    (target) => [
      withText(target, (json) => json.replace('"sub":', '"sub":"1","sub":')),
      withText(target, (json) => json.replace(/}$/, `,"sub":"${String(target.claims['sub'])}"}`)),
      withText(target, (json) => json.replace(/}$/, `,"exp":${target.now + 600}}`)),
    ],
  ],
  ['a claim that we do not write', (target) => [withClaims(target, { x: 1 }), withClaims(target, { admin: true })]],
  [
    'a byte order mark, or bytes that are not UTF-8',
    ({ key, header, claims }) => {
      const json = JSON.stringify({ ...claims, roles: ['?'] });
      const bytes = Buffer.from(json);
      bytes[bytes.indexOf('?')] = 0xff;
      return [forge(key, header, `\uFEFF${JSON.stringify(claims)}`), forge(key, header, bytes)];
    },
  ],
  [
    'arrays within arrays',
    (target) => [
      forge(target.key, target.header, `${'['.repeat(1_000)}${']'.repeat(1_000)}`),
      forge(target.key, target.header, '['.repeat(8_000)),
      withText(target, (json) => json.replace('"roles":[]', `"roles":${'['.repeat(900)}${']'.repeat(900)}`)),
    ],
  ],
  [
    'JSON in another notation, or text that is not JSON',
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
    'the key of the other kind of token',
    ({ server, header, claims }) => {
      const refreshKey = signerOf(server.keys, 'refresh');
      return [forge(refreshKey, header, claims), forge(refreshKey, { ...header, kid: refreshKey.kid }, claims)];
    },
  ],
  ['a refresh token', ({ pair }) => [pair.refreshToken]],
];

const rings: readonly (readonly [Algorithm, readonly Forgery[]])[] = [
  ['HS256', [...withoutKey, ...withKey]],
  ['ES256', [['ES256 taken for HS256, with the public key as the secret', asSharedSecret]]],
  ['RS256', [['RS256 taken for HS256, with the public key as the secret', asSharedSecret]]],
];

/**
 * Presents forged tokens wherever the server takes one. Returns what must not happen: a forgery is accepted, the good
 * token is no longer accepted, or something is logged.
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

  test.each(cases)('%s is refused', async (_title, forgeries) => {
    expect(await surprises(target, forgeries(target))).toEqual([]);
  });
});

describe('what a token points to is ignored', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget('RS256');
  });
  afterAll(() => target.server.stop());

  test('a key set, a certificate or a key in the header makes the server open no connection', async () => {
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

  test('a file whose content the forger knows is not used as a key', async () => {
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

  test('a kid is not run as a command', async () => {
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

describe('the second valid form of an ECDSA signature', () => {
  test('does not get around a logout', async () => {
    const target = await startTarget('ES256');
    try {
      const { client } = target.server;
      const twin = withEcdsaTwin(target.token);
      expect(twin).not.toBe(target.token);
      // The second token is as good as the first, and says the same.
      expect((await client.currentToken(twin)).data).toEqual((await client.currentToken(target.token)).data);
      await client.logout(target.token);
      for (const token of [target.token, twin])
        expect(refusalOf(await client.currentToken(token))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    } finally {
      await target.server.stop();
    }
  });
});

describe('the size limit of tokens', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget('HS256');
  });
  afterAll(() => target.server.stop());

  test('a token of 3,900 characters is accepted', async () => {
    const longest = ofLength(target, 3900);
    expect(longest).toHaveLength(3900);
    expect((await target.server.client.me(longest)).data.me.email).toBe(EMAIL);
  });

  test('a header of more than 16 kB is answered with 431, and a body of 1 MB with 413', async () => {
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

describe('a token signed by us', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget('HS256');
  });
  afterAll(() => target.server.stop());

  test.each(['AT+JWT', 'application/at+jwt', 'Application/AT+jwt'])(
    'may have the typ %s, as RFC 7515 compares media types',
    async (typ) => {
      const answer = await target.server.client.currentToken(withHeader(target, { typ }));
      expect(answer.data.currentToken.userId).toBe(target.pair.user.id);
    },
  );

  test('is refused as revoked once its session has ended, whatever else it says', async () => {
    const { client } = target.server;
    const { accessToken } = await client.login();
    await client.logout(accessToken);
    const { sid } = dissect(accessToken).claims;
    for (const token of [accessToken, withClaims(target, { sid }), withClaims(target, { sid, roles: ['ADMIN'] })])
      expect(refusalOf(await client.currentToken(token))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });
});

describe('a token of a user', () => {
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
  ['an access token', ({ pair }) => [pair.accessToken]],
  [
    'jti that is missing or not an id',
    (target) => [undefined, null, 1, '', ['a']].map((jti) => withClaims(target, { jti })),
  ],
  [
    'sid that is missing or not an id',
    (target) => [undefined, null, 1, '', ['a']].map((sid) => withClaims(target, { sid })),
  ],
  [
    'sub that is missing or not an id',
    (target) => [undefined, null, 1, '', {}].map((sub) => withClaims(target, { sub })),
  ],
  [
    'the other token_type',
    (target) => ['access', undefined, null].map((type) => withClaims(target, { token_type: type })),
  ],
  ['the audience of access tokens', (target) => ['api', undefined, ['api']].map((aud) => withClaims(target, { aud }))],
  ['another issuer', (target) => ['https://b', undefined].map((iss) => withClaims(target, { iss }))],
  [
    'exp that is missing or not a time',
    (target) => [undefined, null, '1', 1.5, 1e300].map((exp) => withClaims(target, { exp })),
  ],
  [
    'iat that is missing or not a time',
    (target) => [undefined, null, '1', 1.5].map((iat) => withClaims(target, { iat })),
  ],
  ['claims of access tokens', (target) => [withClaims(target, { roles: [] }), withClaims(target, { ver: 0 })]],
  ['claims that we do not write', (target) => [withClaims(target, { x: 1 }), withClaims(target, { nbf: target.now })]],
  ['a repeated claim', (target) => [withText(target, (json) => json.replace('"jti":', '"jti":"1","jti":'))]],
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

describe('in place of a refresh token', () => {
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
      await connection.execute('select * from simplejwt_session order by id'),
      await connection.execute('select * from simplejwt_blacklisted_token'),
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

  test('the real token is still good after all the forgeries', async () => {
    const { client } = target.server;
    const { accessToken } = await client.refresh(target.token);
    expect((await client.me(accessToken)).data.me.email).toBe(EMAIL);
  });
});
