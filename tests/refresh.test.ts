import { newId } from '../src/id.ts';
import { generateKeys } from '../src/index.ts';
import { onEachDatabase } from './support/databases.ts';
import { DAY, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { claimsOf, keyIdOf, signToken } from './support/tokens.ts';

const REFRESH = 'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { refreshToken } }';

onEachDatabase((database) => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh() });
  });
  afterAll(() => server.stop());

  const newcomer = () => server.client.register(someEmail());

  describe('an exchange', () => {
    test('gives a new pair of the same session, with new ids and new times', async () => {
      const first = await newcomer();
      await passTime(server, MINUTE);
      const second = await server.client.refresh(first.refreshToken);

      for (const kind of ['accessToken', 'refreshToken'] as const) {
        const [before, after] = [claimsOf(first[kind]), claimsOf(second[kind])];
        expect(after.jti).not.toBe(before.jti);
        expect(after.iat).toBe(before.iat + 60);
        expect(after.exp).toBe(before.exp + 60);
        expect(after).toMatchObject({ sub: before.sub, sid: before.sid });
      }
      expect(second.session.id).toBe(first.session.id);
      expect(second.accessTokenExpiresIn).toBe(15 * 60);
      expect(accessOf(await server.client.me(second.accessToken))).toBe('good');
    });

    test('puts the old refresh token on the blacklist, which refuses it from then on', async () => {
      const { refreshToken } = await newcomer();
      await server.client.refresh(refreshToken);

      const { jti } = claimsOf(refreshToken);
      const query = 'select reason from simplejwt_blacklisted_token where jti = ?';
      expect(await server.orm.em.getConnection().execute(query, [jti])).toEqual([{ reason: 'ROTATED' }]);
      expect(refusalOf(await server.client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
      expect(await server.client.verify(refreshToken)).toMatchObject({ isValid: false, reason: 'TOKEN_ROTATED' });
    });

    test('does not affect the earlier access token, which lives until it expires', async () => {
      const { accessToken, refreshToken } = await newcomer();
      await server.client.refresh(refreshToken);
      expect(accessOf(await server.client.me(accessToken))).toBe('good');
    });

    test('gives an answer that is not cached', async () => {
      const { refreshToken } = await newcomer();
      const { headers } = await server.client.tryRefresh(refreshToken);
      expect(headers.get('cache-control')).toBe('no-store');
    });

    test('gives different tokens each time, even a hundred times within one second', async () => {
      let pair = await newcomer();
      const seen = new Set([pair.accessToken, pair.refreshToken]);
      for (let count = 0; count < 100; count += 1) {
        pair = await server.client.refresh(pair.refreshToken);
        seen.add(pair.accessToken).add(pair.refreshToken);
      }
      expect(seen.size).toBe(202);
    });
  });

  describe('a refusal', () => {
    test('of a token that has been idle for too long is TOKEN_EXPIRED', async () => {
      const { refreshToken } = await newcomer();
      await passTime(server, 7 * DAY + 5 * SECOND);
      expect(refusalOf(await server.client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
    });

    test('of a token whose session was logged out is TOKEN_REVOKED', async () => {
      const { accessToken, refreshToken } = await newcomer();
      await server.client.logout(accessToken);
      expect(refusalOf(await server.client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    });

    test('of a token of an unknown session is TOKEN_REVOKED, and leaves no row behind', async () => {
      const { refreshToken } = await newcomer();
      const before = await countRows(server);
      const [sid, jti] = [newId(server.clock.now()), newId(server.clock.now())];
      const stranger = signToken(server.keys, 'refresh', { ...claimsOf(refreshToken), sid, jti });

      expect(refusalOf(await server.client.tryRefresh(stranger))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      expect(await countRows(server)).toEqual(before);
      await server.client.refresh(refreshToken);
    });
  });

  test("a refresh judges the token of its input, and not another user's access token beside it", async () => {
    const [ada, eve] = [await newcomer(), await newcomer()];
    const answer = await server.client.tryRefresh(ada.refreshToken, undefined, eve.accessToken);
    expect(answer.data.refreshToken.user.email).toBe(ada.user.email);
    expect(claimsOf(answer.data.refreshToken.accessToken).sub).toBe(ada.user.id);
    await server.client.refresh(eve.refreshToken);
  });

  test('tokens signed with the previous keys are good until they expire, and new tokens name the new keys', async () => {
    const old = await newcomer();
    const added = generateKeys().keys;
    const keys = { keys: [...added, ...server.keys.keys] };
    const restarted = await startTestAuth({ databaseUrl: server.databaseUrl, clock: server.clock, keys });

    expect(accessOf(await restarted.client.me(old.accessToken))).toBe('good');
    const next = await restarted.client.refresh(old.refreshToken);
    await restarted.client.refresh(next.refreshToken);
    await restarted.stop();
    expect([keyIdOf(next.accessToken), keyIdOf(next.refreshToken)]).toEqual(
      added.filter(({ purpose }) => purpose !== 'password').map(({ kid }) => kid),
    );
  });
});

describe('refreshToken', () => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth();
  });
  afterAll(() => server.stop());

  test.each([
    ['no input', undefined, 'TOKEN_MISSING'],
    ['null', { refreshToken: null }, 'TOKEN_MISSING'],
    ['an empty string', { refreshToken: '' }, 'TOKEN_MISSING'],
    ['garbage', { refreshToken: 'garbage' }, 'TOKEN_INVALID'],
    ['text that looks like a token', { refreshToken: 'eyJhbGciOiJub25lIn0.e30.' }, 'TOKEN_INVALID'],
    ['the longest text that a request may hold', { refreshToken: 'x'.repeat(90_000) }, 'TOKEN_INVALID'],
  ])('%s is refused as INVALID_REFRESH_TOKEN with its reason', async (_name, input, reason) => {
    const answer = await server.client.run(REFRESH, input === undefined ? {} : { input });
    expect(answer.status).toBe(200);
    expect(refusalOf(answer)).toBe(`INVALID_REFRESH_TOKEN ${reason}`);
  });

  test('an access token is refused as a refresh token', async () => {
    const { accessToken } = await server.client.register(someEmail());
    expect(refusalOf(await server.client.tryRefresh(accessToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');
  });

  test('a bad refresh token is never UNAUTHENTICATED, whatever the Authorization header says', async () => {
    const { accessToken } = await server.client.register(someEmail());
    for (const header of [undefined, 'garbage', accessToken]) {
      const answer = await server.client.tryRefresh('garbage', undefined, header);
      expect(refusalOf(answer)).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');
    }
  });

  test.each([
    ['a number', 1],
    ['a list', []],
    ['an object', {}],
    ['a boolean', true],
  ])('%s in place of the token is BAD_USER_INPUT', async (_name, refreshToken) => {
    const answer = await server.client.run(REFRESH, { input: { refreshToken } });
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.refreshToken', reason: 'INVALID_TYPE' }] } },
    ]);
  });

  test('a token of 5 MB is not even read', async () => {
    const answer = await server.client.tryRefresh('x'.repeat(5_000_000));
    expect(answer.status).toBe(413);
  });

  test('a refresh token in the URL is not exchanged, not repeated and not logged', async () => {
    const { refreshToken } = await server.client.register(someEmail());
    const mutation = `mutation { refreshToken(input: { refreshToken: "${refreshToken}" }) { refreshToken } }`;
    const headers = { 'content-type': 'application/json' };
    const inQuery = await server.client.send({ headers }, `/graphql?query=${encodeURIComponent(mutation)}`);
    const besideQuery = await server.client.send({ headers }, `/graphql?refreshToken=${refreshToken}`);

    expect([inQuery.status, besideQuery.status]).toEqual([405, 400]);
    expect(`${inQuery.text}${besideQuery.text}${server.log()}`).not.toContain(refreshToken);
    await server.client.refresh(refreshToken);
  });

  test("an exchange computes the host's claims anew", async () => {
    let plan = 'free';
    const namespace = 'https://example.com/claims';
    const host = await startTestAuth({ claims: { namespace, compute: () => ({ plan }) } });
    const first = await host.client.register();
    plan = 'paid';
    const second = await host.client.refresh(first.refreshToken);
    await host.stop();
    expect(claimsOf(first.accessToken)[namespace]).toEqual({ plan: 'free' });
    expect(claimsOf(second.accessToken)[namespace]).toEqual({ plan: 'paid' });
  });
});

async function countRows({ orm }: TestAuth): Promise<unknown> {
  const tables = ['simplejwt_user', 'simplejwt_session', 'simplejwt_blacklisted_token'];
  return Promise.all(tables.map((table) => orm.em.getConnection().execute(`select count(*) as n from ${table}`)));
}
