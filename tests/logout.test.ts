import { administrateWell, newAdministrator } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { dissect, encode } from './support/forge-token.ts';
import type { Answer, Pair } from './support/graphql-client.ts';
import { keyRingFor } from './support/key-rings.ts';
import { HOUR, ManualClock, MINUTE } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime, stepClock } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { claimsOf, signToken } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

onEachDatabase((database) => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh() });
  });
  afterAll(() => server.stop());

  const newcomer = () => server.client.register(someEmail());
  const logout = (accessToken?: string, input?: Record<string, unknown>) => server.client.logout(accessToken, input);
  const accessWith = async ({ accessToken }: Pair) => accessOf(await server.client.me(accessToken));

  /** A user who is logged in on three devices. */
  async function threeDevices(): Promise<[Pair, Pair, Pair]> {
    const email = someEmail();
    return [await server.client.register(email), await server.client.login(email), await server.client.login(email)];
  }

  async function expectEnded(...pairs: Pair[]): Promise<void> {
    for (const pair of pairs) {
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      const refusal = refusalOf(await server.client.tryRefresh(pair.refreshToken));
      expect(refusal).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      for (const token of [pair.accessToken, pair.refreshToken])
        expect(await server.client.verify(token)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
    }
  }

  async function expectAlive(...pairs: Pair[]): Promise<void> {
    for (const pair of pairs) {
      const { accessToken } = await server.client.refresh(pair.refreshToken);
      expect(accessOf(await server.client.me(accessToken))).toBe('good');
    }
  }

  describe('a logout with the scope SESSION', () => {
    test('ends the session of the access token in the header, and every token of it is refused at once', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      expect(endedBy(await logout(second.accessToken))).toEqual([second.session.id]);
      await expectEnded(second);
      expect(await accessWith(first)).toBe('UNAUTHENTICATED TOKEN_REVOKED');

      const query = 'select end_reason from simplejwt_session where id = ?';
      const rows = await server.orm.em.getConnection().execute(query, [second.session.id]);
      expect(rows).toEqual([{ end_reason: 'LOGGED_OUT' }]);
    });

    test('ends the session of the refresh token in the input, without a header', async () => {
      const pair = await newcomer();
      expect(endedBy(await logout(undefined, { refreshToken: pair.refreshToken }))).toEqual([pair.session.id]);
      await expectEnded(pair);
    });

    test('ends the session of an access token in place of the refresh token', async () => {
      const pair = await newcomer();
      expect(endedBy(await logout(undefined, { refreshToken: pair.accessToken }))).toEqual([pair.session.id]);
    });

    test('ends the session of an expired access token', async () => {
      const pair = await newcomer();
      await passTime(server, HOUR);
      expect(endedBy(await logout(pair.accessToken))).toEqual([pair.session.id]);
      expect(refusalOf(await server.client.tryRefresh(pair.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    });

    test('ends the session of an access token from before the clock was stepped back', async () => {
      const pair = await newcomer();
      await stepClock(server, -HOUR);
      expect(endedBy(await logout(pair.accessToken))).toEqual([pair.session.id]);
      await stepClock(server, HOUR);
      await expectEnded(pair);
    });

    test.each([
      ['within the leeway', 0],
      ['after the leeway', MINUTE],
    ])(
      'ends the session of a rotated refresh token %s, as a logout and not as a theft',
      async (_name, milliseconds) => {
        const first = await newcomer();
        const second = await server.client.refresh(first.refreshToken);
        await passTime(server, milliseconds);
        expect(endedBy(await logout(undefined, { refreshToken: first.refreshToken }))).toEqual([first.session.id]);
        await expectEnded(second);
        const query = 'select end_reason from simplejwt_session where id = ?';
        const rows = await server.orm.em.getConnection().execute(query, [first.session.id]);
        expect(rows).toEqual([{ end_reason: 'LOGGED_OUT' }]);
      },
    );

    test('ends the session of its oldest refresh token', async () => {
      const first = await newcomer();
      let last = first;
      for (let count = 0; count < 3; count += 1) last = await server.client.refresh(last.refreshToken);
      expect(endedBy(await logout(undefined, { refreshToken: first.refreshToken }))).toEqual([first.session.id]);
      await expectEnded(last);
    });

    test('leaves the other devices of the user logged in', async () => {
      const [here, ...others] = await threeDevices();
      expect(endedBy(await logout(here.accessToken))).toEqual([here.session.id]);
      await expectEnded(here);
      await expectAlive(...others);
    });

    test('ends the session of the token in the input rather than that of the header, if both are of one user', async () => {
      const [here, there, third] = await threeDevices();
      const answer = await logout(here.accessToken, { refreshToken: there.refreshToken });
      expect(endedBy(answer)).toEqual([there.session.id]);
      await expectEnded(there);
      await expectAlive(here, third);
    });

    test('ends the session of the header if the token in the input is not ours', async () => {
      const pair = await newcomer();
      expect(endedBy(await logout(pair.accessToken, { refreshToken: 'garbage' }))).toEqual([pair.session.id]);
    });
  });

  describe('a logout succeeds and ends nothing', () => {
    test('when it is repeated, by either token', async () => {
      const pair = await newcomer();
      await logout(pair.accessToken);
      expect(endedBy(await logout(pair.accessToken))).toEqual([]);
      expect(endedBy(await logout(undefined, { refreshToken: pair.refreshToken }))).toEqual([]);
    });

    test('without a token, or with an empty input', async () => {
      expect(endedBy(await logout())).toEqual([]);
      expect(endedBy(await logout(undefined, {}))).toEqual([]);
      expect(endedBy(await logout(undefined, { refreshToken: null }))).toEqual([]);
      expect(endedBy(await logout(undefined, { refreshToken: '' }))).toEqual([]);
    });

    test('with a token that is not ours', async () => {
      const pair = await newcomer();
      const stranger = signToken(keyRingFor('HS256'), 'access', claimsOf(pair.accessToken));
      for (const token of ['garbage', '', 'a.b.c', stranger, `${pair.accessToken}A`]) {
        expect(endedBy(await logout(token))).toEqual([]);
        expect(endedBy(await logout(undefined, { refreshToken: token, scope: 'ALL_SESSIONS' }))).toEqual([]);
      }
      await expectAlive(pair);
    });

    test('by the token of an expired session', async () => {
      const pair = await newcomer();
      await passTime(server, 8 * 24 * HOUR);
      expect(endedBy(await logout(undefined, { refreshToken: pair.refreshToken }))).toEqual([]);
    });

    test.each(['SESSION', 'OTHER_SESSIONS', 'ALL_SESSIONS'])(
      "with the scope %s, by one user's access token and another's refresh token",
      async (scope) => {
        const [ada, eve] = [await newcomer(), await newcomer()];
        expect(endedBy(await logout(ada.accessToken, { refreshToken: eve.refreshToken, scope }))).toEqual([]);
        await expectAlive(ada, eve);
      },
    );
  });

  describe('the wider scopes', () => {
    test('OTHER_SESSIONS by a live access token ends all but its own', async () => {
      const stranger = await newcomer();
      const [here, ...others] = await threeDevices();
      const ended = endedBy(await logout(here.accessToken, { scope: 'OTHER_SESSIONS' }));
      expect(ended.toSorted()).toEqual(idsOf(others));
      await expectEnded(...others);
      await expectAlive(here, stranger);
    });

    test('OTHER_SESSIONS by the current refresh token ends all but its own', async () => {
      const [here, ...others] = await threeDevices();
      const answer = await logout(undefined, { refreshToken: here.refreshToken, scope: 'OTHER_SESSIONS' });
      expect(endedBy(answer).toSorted()).toEqual(idsOf(others));
      await expectAlive(here);
    });

    test('ALL_SESSIONS by a live access token ends every session of the user, and no session of another user', async () => {
      const stranger = await newcomer();
      const devices = await threeDevices();
      const ended = endedBy(await logout(devices[0].accessToken, { scope: 'ALL_SESSIONS' }));
      expect(ended.toSorted()).toEqual(idsOf(devices));
      await expectEnded(...devices);
      await expectAlive(stranger);
    });

    test('ALL_SESSIONS by the current refresh token ends every session of the user', async () => {
      const devices = await threeDevices();
      const answer = await logout(undefined, { refreshToken: devices[2].refreshToken, scope: 'ALL_SESSIONS' });
      expect(endedBy(answer).toSorted()).toEqual(idsOf(devices));
    });

    test('ALL_SESSIONS by a rotated refresh token reaches as far as a live access token of the same user beside it', async () => {
      const devices = await threeDevices();
      const next = await server.client.refresh(devices[0].refreshToken);
      const input = { refreshToken: devices[0].refreshToken, scope: 'ALL_SESSIONS' };
      expect(endedBy(await logout(next.accessToken, input)).toSorted()).toEqual(idsOf(devices));
    });

    test('OTHER_SESSIONS spares the session of the live token, and not that of a dead token beside it', async () => {
      const [dead, here, third] = await threeDevices();
      await server.client.refresh(dead.refreshToken);
      const input = { refreshToken: dead.refreshToken, scope: 'OTHER_SESSIONS' };
      const ended = endedBy(await logout(here.accessToken, input));
      expect(ended.toSorted()).toEqual(idsOf([dead, third]));
      await expectAlive(here);
    });

    test('ALL_SESSIONS still reaches as far by an access token from before a change of roles', async () => {
      const devices = await threeDevices();
      const administrator = await newAdministrator(server);
      await administrateWell(server.client, 'setUserRoles', devices[0].user.id, administrator.accessToken, ['EDITOR']);
      const ended = endedBy(await logout(devices[0].accessToken, { scope: 'ALL_SESSIONS' }));
      expect(ended.toSorted()).toEqual(idsOf(devices));
    });

    test('ALL_SESSIONS reaches as far at a process that has not read the blacklist for too long', async () => {
      const { databaseUrl, keys } = server;
      const clock = new ManualClock(server.clock.now());
      const late = await start({ databaseUrl, keys, clock, blacklistPoll: '30s', blacklistStaleness: '60s' });
      const devices = await threeDevices();
      clock.advance(MINUTE);
      expect(accessOf(await late.client.me(devices[0].accessToken))).toBe('SERVICE_UNAVAILABLE');
      const answer = await late.client.logout(devices[0].accessToken, { scope: 'ALL_SESSIONS' });
      expect(endedBy(answer).toSorted()).toEqual(idsOf(devices));
    });

    describe.each(['OTHER_SESSIONS', 'ALL_SESSIONS'])('%s without a live token', (scope) => {
      test('acts like SESSION by an expired access token', async () => {
        const [here, ...others] = await threeDevices();
        await passTime(server, HOUR);
        expect(endedBy(await logout(here.accessToken, { scope }))).toEqual([here.session.id]);
        await expectAlive(...others);
      });

      test('acts like SESSION by a rotated refresh token', async () => {
        const [here, ...others] = await threeDevices();
        await server.client.refresh(here.refreshToken);
        const answer = await logout(undefined, { refreshToken: here.refreshToken, scope });
        expect(endedBy(answer)).toEqual([here.session.id]);
        await expectAlive(...others);
      });

      test('ends nothing by the tokens of a session that has ended', async () => {
        const [here, ...others] = await threeDevices();
        await logout(here.accessToken);
        expect(endedBy(await logout(here.accessToken, { scope }))).toEqual([]);
        expect(endedBy(await logout(undefined, { refreshToken: here.refreshToken, scope }))).toEqual([]);
        await expectAlive(...others);
      });
    });
  });

  test('a guarded field after a logout in the same document is refused', async () => {
    const [here, there] = await threeDevices();
    const answer = await server.client.run(
      `mutation ($id: ID!) {
        before: endSession(input: { id: "unknown" }) { endedSessions }
        logout { endedSessions }
        behind: endSession(input: { id: $id }) { endedSessions }
      }`,
      { id: there.session.id },
      here.accessToken,
    );
    expect(answer.data).toEqual({ before: { endedSessions: 0 }, logout: { endedSessions: 1 }, behind: null });
    expect(answer.errors).toMatchObject([
      { path: ['behind'], extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED', refreshable: false } },
    ]);
    await expectAlive(there);
  });

  test('an access token stays refused when the server restarts after the logout', async () => {
    const pair = await newcomer();
    await logout(pair.accessToken);
    const { databaseUrl, clock, keys } = server;
    const restarted = await start({ databaseUrl, clock, keys });
    expect(accessOf(await restarted.client.me(pair.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });
});

describe('another spelling of a token is not accepted after a logout', () => {
  test('with the other form of an ES256 signature', async () => {
    const server = await start({ keys: keyRingFor('ES256') });
    const pair = await server.client.register();
    const twin = withOtherSignature(pair.accessToken);
    expect(accessOf(await server.client.me(twin))).toBe('good');
    await server.client.logout(pair.accessToken);
    expect(accessOf(await server.client.me(twin))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect(await server.client.verify(twin)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
  });

  test('with other trailing bits, padding or another spelling of the scheme', async () => {
    const { client } = await start();
    const { accessToken } = await client.register();
    await client.logout(accessToken);
    const last = accessToken.at(-1) as string;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const withOtherBits = `${accessToken.slice(0, -1)}${alphabet[alphabet.indexOf(last) ^ 1]}`;
    const headers = [
      `Bearer ${withOtherBits}`,
      `Bearer ${accessToken}=`,
      `bearer ${accessToken}`,
      `BEARER ${accessToken}`,
      `Bearer Bearer ${accessToken}`,
      `Bearer  ${accessToken}`,
      `Bearer ${accessToken} `,
      `Bearer ${accessToken},${accessToken}`,
    ];
    for (const authorization of headers) {
      const answer = await client.run('{ me { id } }', {}, undefined, { authorization });
      expect(accessOf(answer)).toMatch(/^UNAUTHENTICATED TOKEN_(REVOKED|INVALID)$/);
    }
  });
});

/** The sessions that a logout has ended. The logout must be a success. */
function endedBy({ status, errors, data }: Answer): string[] {
  expect({ status, errors }).toEqual({ status: 200, errors: [] });
  expect(data.logout.endedSessions).toBe(data.logout.endedSessionIds.length);
  return data.logout.endedSessionIds;
}

function idsOf(pairs: readonly Pair[]): string[] {
  return pairs.map(({ session }) => session.id).toSorted();
}

const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** The same token with the signature (r, n - s), which verifies just as (r, s) does. */
function withOtherSignature(token: string): string {
  const { signature } = dissect(token);
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`);
  const other = (ORDER_OF_P256 - s).toString(16).padStart(64, '0');
  const forged = Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')]);
  return `${token.slice(0, token.lastIndexOf('.'))}.${encode(forged)}`;
}
