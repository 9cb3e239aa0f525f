import { administrateWell, newAdministrator } from '../support/accounts.ts';
import { forge } from '../support/forge-token.ts';
import { refusalOf } from '../support/outcomes.ts';
import { signToken } from '../support/tokens.ts';
import { aim } from './forgery.ts';
import { type Cases, expectRefused, expectUnauthenticated, type World } from './world.ts';

type Claims = Record<string, unknown>;

/** Good signatures over claims that we do not write. */
function refusesClaims(variants: (claims: Claims, now: number) => readonly Claims[]) {
  return async (world: World) => {
    const { key, header, claims } = await aim(world);
    const now = world.server.clock.now() / 1_000;
    const tokens = variants(claims, now).map((variant) => forge(key, header, { ...claims, ...variant }));
    await expectUnauthenticated(world, tokens);
  };
}

/** The same, edited as text. */
function refusesText(variants: readonly ((json: string) => string | Buffer)[]) {
  return async (world: World) => {
    const { key, header, claims } = await aim(world);
    const json = JSON.stringify(claims);
    await expectUnauthenticated(
      world,
      variants.map((edit) => forge(key, header, edit(json))),
    );
  };
}

/** Cases of tokens that are signed with a real key. */
export const tokenCases: Cases = {
  'TC-02': async (world) => {
    const held = await world.register();
    await expectRefused(world.tryRefresh({ refresh: held.access, csrf: held.csrf }), 'TOKEN_INVALID');
    await expectUnauthenticated(world, [held.refresh]);
    await world.refresh(held);
  },
  'TC-04': async (world) => {
    const { key, header, claims } = await aim(world);
    const typed = (typ: unknown) => forge(key, { ...header, typ }, claims);
    await expectUnauthenticated(world, [undefined, 'JWT', 'rt+jwt'].map(typed));
    // A media type is compared without case (RFC 7515 section 4.1.9).
    for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt'])
      expect((await world.me(typed(typ))).errors).toEqual([]);
  },
  'TC-06': refusesClaims(() => [{ iss: 'https://b' }]),
  'TC-08': refusesClaims(({ aud }) => [{ aud: 'other-api' }, { aud: [aud] }, { aud: [aud, 'other-api'] }]),
  'TC-10': refusesClaims(() => [{ exp: undefined }]),
  'TC-12': refusesClaims((_claims, now) => [{ exp: now + 600.5 }]),
  'TC-14': refusesText(
    ['1e308', '1e999', '9007199254740993'].map((exp) => (json) => json.replace(/"exp":\d+/, `"exp":${exp}`)),
  ),
  'TC-16': refusesClaims((_claims, now) => [{ exp: (now + 600) * 1_000 }]),
  'TC-18': refusesClaims(({ iat }) => [{ exp: Number(iat) + 315_360_000 }]),
  'TC-20': refusesClaims((_claims, now) => [{ nbf: now + 600 }, { nbf: String(now) }, { nbf: null }]),
  'TC-22': async (world) => {
    await refusesClaims((_claims, now) => [{ iat: undefined }, { iat: String(now) }, { iat: null }])(world);
    await refusesText([(json) => json.replace(/"iat":\d+/, '"iat":1e308')])(world);
  },
  'TC-24': refusesClaims(({ sub }) => [undefined, '', null, 1, [sub], { id: sub }].map((value) => ({ sub: value }))),
  'TC-26': async (world) => {
    const administrator = await newAdministrator(world.server);
    for (const operation of ['deactivateUser', 'deleteUser'] as const) {
      const held = await world.register();
      await administrateWell(world.client, operation, held.userId, administrator.accessToken);
      await expectUnauthenticated(world, [held.access]);
    }
  },
  'TC-28': async (world) => {
    const { key, header, claims } = await aim(world);
    const held = await world.register();
    await world.logout(held);
    const revoked = forge(key, header, { ...claims, sub: held.userId, sid: held.sessionId });
    await expectUnauthenticated(world, [held.access, revoked]);
  },
  'TC-30': refusesText([
    (json) => json.replace('"sub":', '"sub":"1","sub":'),
    (json) => json.replace(/}$/, ',"exp":9999999999}'),
    (json) => json.replace(/}$/, `,${/"exp":\d+/.exec(json)?.[0] ?? ''}}`),
  ]),
  'TC-32': refusesClaims(() => [{ x: 1 }]),
  'TC-34': refusesText([
    (json) => `\uFEFF${json}`,
    (json) => {
      const bytes = Buffer.from(json.replace('"roles":[]', '"roles":["?"]'));
      bytes[bytes.indexOf('?')] = 0xff;
      return bytes;
    },
  ]),
  'TC-36': async (world) => {
    const { key, header } = await aim(world);
    const nested = forge(key, header, `${'['.repeat(1_400)}${']'.repeat(1_400)}`);
    await expectUnauthenticated(world, [nested]);
    const deep = forge(key, header, `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect((await world.client.send({ headers: world.carry(deep) })).status).toBe(431);
    const claims = { sub: 'x', nested: '['.repeat(30_000) };
    const verify = 'mutation ($token: String!) { verifyToken(input: { token: $token }) { isValid } }';
    const answer = await world.run(verify, { token: signToken(world.server.keys, 'access', claims) });
    expect(answer.data).toEqual({ verifyToken: { isValid: false } });
    expect(refusalOf(await world.me('x'))).toBe('UNAUTHENTICATED TOKEN_INVALID');
  },
};
