import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { withEcdsaTwin, withPkcs1Alteration } from '../support/altered-signature.ts';
import { COMMON_SECRETS } from '../support/common-secrets.ts';
import { dissect, encode, forge, forgeHmac, secretOf, signatureOf } from '../support/forge-token.ts';
import { keyRingFor, signerOf, symmetricKey } from '../support/key-rings.ts';
import type { PrivateJwk } from '../../src/index.ts';
import { type Cases, expectInvalid, expectUnauthenticated, type World } from './world.ts';

/** A good access token taken apart, and its key. */
interface Target {
  readonly token: string;
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly signature: Buffer;
  readonly parts: readonly [string, string, string];
  readonly key: PrivateJwk;
}

export async function aim(world: World): Promise<Target> {
  const { access } = await world.register();
  const parts = access.split('.') as unknown as Target['parts'];
  return { token: access, ...dissect(access), parts, key: signerOf(world.server.keys, 'access') };
}

type Forge = (target: Target) => readonly string[];

/** Each forged token is refused by a guard. */
function refuses(forgeries: Forge) {
  return async (world: World) => expectUnauthenticated(world, forgeries(await aim(world)));
}

const withHeader = ({ key, header, claims }: Target, changes: Record<string, unknown>) =>
  forge(key, { ...header, ...changes }, claims);

const unsigned = ({ header, parts }: Target, alg: unknown, signature = '') =>
  `${encode({ ...header, alg })}.${parts[1]}.${signature}`;

function publicForms(key: PrivateJwk): (string | Buffer)[] {
  const half = createPublicKey({ key: { ...key }, format: 'jwk' });
  const point = Buffer.concat([Buffer.from(key.x ?? '', 'base64url'), Buffer.from(key.y ?? '', 'base64url')]);
  return [point, String(half.export({ type: 'spki', format: 'pem' })), half.export({ type: 'spki', format: 'der' })];
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly type: string;
    readonly private?: PrivateJwk;
    readonly tests: readonly { readonly tcId: number; readonly jws: string; readonly result: string }[];
  }[];
}
const VECTORS = join(import.meta.dirname, '../vectors/json_web_signature_test.json');

/** Cases of an attacker who has no key. */
export const forgeryCases: Cases = {
  'TF-01': refuses((target) => [unsigned(target, 'none')]),
  'TF-03': refuses((target) => ['NONE', 'None', 'nOnE'].map((alg) => unsigned(target, alg))),
  'TF-05': refuses((target) => [unsigned(target, 'none', target.parts[2])]),
  'TF-07': refuses((target) => [['HS256'], 256, { toString: 'HS256' }].map((alg) => withHeader(target, { alg }))),
  'TF-09': refuses(({ key, header, claims }) =>
    ['384', '512'].map((bits) => forgeHmac(secretOf(key), { ...header, alg: `HS${bits}` }, claims, `sha${bits}`)),
  ),
  'TF-11': async (world) => {
    const other = await world.apart({ keys: keyRingFor('ES256') });
    const { key, header, claims } = await aim(other);
    const forged = publicForms(key).map((secret) => forgeHmac(secret, { ...header, alg: 'HS256' }, claims));
    await expectUnauthenticated(other, forged);
  },
  'TF-13': refuses(({ header, claims }) => [forgeHmac('', header, claims)]),
  'TF-15': refuses(({ header, claims }) => COMMON_SECRETS.map((secret) => forgeHmac(secret, header, claims))),
  'TF-17': refuses(({ parts, signature }) =>
    [encode(signature.subarray(0, 16)), encode(signature.subarray(0, 31)), parts[2].slice(0, -4)].map(
      (cut) => `${parts[0]}.${parts[1]}.${cut}`,
    ),
  ),
  'TF-19': async (world) => {
    const { parts } = await aim(world);
    const other = (await aim(world)).parts;
    await expectUnauthenticated(world, [`${parts[0]}.${parts[1]}.${other[2]}`, `${parts[0]}.${other[1]}.${parts[2]}`]);
  },
  'TF-21': refuses(({ parts }) => [
    `${parts[0]}.${parts[1]}.+${parts[2].slice(1)}`,
    `${parts[0]}.${parts[1]}./${parts[2].slice(1)}`,
    `${parts.join('.')}=`,
  ]),
  'TF-23': refuses(({ parts }) =>
    ['?', '#'].flatMap((character) =>
      parts.map((part, index) => parts.with(index, `${part.slice(0, 9)}${character}${part.slice(9)}`).join('.')),
    ),
  ),
  'TF-25': async (world) => {
    const other = await world.apart({ keys: keyRingFor('ES256') });
    const held = await other.register();
    await other.logout(held);
    await expectUnauthenticated(other, [held.access, withEcdsaTwin(held.access)]);
  },
  'TF-27': async (world) => {
    const keys = keyRingFor('RS256');
    const other = await world.apart({ keys });
    const { token, key } = await aim(other);
    const { testGroups } = JSON.parse(readFileSync(VECTORS, 'utf8')) as Wycheproof;
    const vectors = testGroups.flatMap(({ tests, private: jwk }) =>
      tests
        .filter(
          ({ tcId, result, jws }) => tcId >= 33 && tcId <= 258 && result === 'invalid' && jws.split('.').length === 3,
        )
        .map(({ jws }) => ({ jws, jwk })),
    );
    expect(vectors.length).toBeGreaterThan(200);
    const ownModulus = Buffer.from(key.n ?? '', 'base64url').length;
    const forged = vectors
      .filter(({ jws }) => Buffer.from(jws.split('.')[2] ?? '', 'base64url').length === ownModulus)
      .map(({ jws, jwk }) =>
        withPkcs1Alteration({ ...key, ...(jwk?.n === undefined ? {} : { n: jwk.n, e: jwk.e ?? '' }) }, jws, token),
      );
    await expectUnauthenticated(other, [...forged, ...vectors.map(({ jws }) => jws)]);
  },
  'TF-29': refuses(({ parts: [header, payload, signature] }) => [
    JSON.stringify({ payload, protected: header, signature }),
    JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
  ]),
  'TF-31': refuses(({ key, header, claims }) => {
    const detached = encode({ ...header, b64: false, crit: ['b64'] });
    return [`${detached}..${signatureOf(key, `${detached}.${JSON.stringify(claims)}`)}`];
  }),
  'TF-33': async (world) => {
    let connections = 0;
    const listener = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => {
      listener.listen(0, '127.0.0.1', resolve);
    });
    const address = listener.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/jwks.json`;
    const { header, claims } = await aim(world);
    const stranger = symmetricKey('access');
    const forged = [{ jku: url }, { x5u: url }, { kid: url }].map((pointer) =>
      forge(stranger, { ...header, ...pointer }, claims),
    );
    await expectUnauthenticated(world, forged);
    listener.close();
    expect(connections).toBe(0);
  },
  'TF-35': refuses(({ header, claims }) =>
    ['../../../../dev/null', '/dev/null', '/proc/sys/kernel/randomize_va_space'].flatMap((kid) =>
      ['', '0\n', '1\n', '2\n'].map((content) => forgeHmac(content, { ...header, kid }, claims)),
    ),
  ),
  'TF-37': async (world) => {
    const { key, header, claims } = await aim(world);
    const begun = performance.now();
    await expectUnauthenticated(world, [forge(key, { ...header, kid: '|sleep 10' }, claims)]);
    expect(performance.now() - begun).toBeLessThan(5_000);
  },
  'TF-39': refuses((target) =>
    [null, 1, [], {}, '', 'x'.repeat(10_000), `${target.key.kid}\0`].map((kid) => withHeader(target, { kid })),
  ),
  'TF-41': async (world) => {
    const retired = symmetricKey('access');
    const { keys } = world.server.keys;
    const before = await world.apart({ keys: { keys: [retired, ...keys] } });
    const { access } = await before.register();
    expect((await before.me(access)).errors).toEqual([]);
    const after = await world.apart({ keys: { keys }, databaseUrl: before.server.databaseUrl });
    await expectUnauthenticated(after, [access]);
  },
  'TF-43': refuses((target) => [[], 'exp', ['b64', 'b64'], ['exp']].map((crit) => withHeader(target, { crit }))),
  'TF-45': refuses(({ key, header, token }) => [
    forge(key, { ...header, cty: 'JWT' }, token),
    forge(key, header, token),
    forge(key, header, JSON.stringify(token)),
  ]),
  'TF-47': async (world) => {
    const header = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2s: 'c2FsdA', p2c: 2_147_483_647 };
    const begun = performance.now();
    await expectUnauthenticated(world, [`${encode(header)}.a2V5.aXY.dGV4dA.dGFn`, `${encode(header)}.a2V5.aXY`]);
    expect(performance.now() - begun).toBeLessThan(5_000);
  },
  'TF-49': refuses(({ key, header, claims }) =>
    ['HS256', 'none'].map((alg) =>
      forge(key, JSON.stringify({ ...header, alg }).replace('"alg"', String.raw`"al\u0067"`), claims),
    ),
  ),
  'TF-51': async (world) => {
    const { token } = await aim(world);
    await expectUnauthenticated(world, [`${token}${'A'.repeat(4_097 - token.length)}`]);
    const { status } = await world.client.send({ headers: world.carry('A'.repeat(16_384)) });
    expect(status).toBe(431);
    const verify = 'mutation ($token: String!) { verifyToken(input: { token: $token }) { isValid } }';
    const largest = await world.run(verify, { token: 'A'.repeat(90_000) });
    expect(largest.data).toEqual({ verifyToken: { isValid: false } });
    const tooLarge = await world.run(verify, { token: 'A'.repeat(1_000_000) });
    expect(tooLarge.status).toBe(413);
    expectInvalid(await world.run(verify, { token: 1 }));
  },
};
