import { onEachDatabase } from './support/databases.ts';
import type { Pair } from './support/graphql-client.ts';
import { DAY, HOUR, ManualClock, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { passTime, stepClock } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth, type TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const LEEWAY = 5 * SECOND;
const start = useServers();

onEachDatabase((database) => {
  let server: TestAuth;
  /** One server for the tests of a block, each of which has a user of its own. */
  function useServer(options: TestAuthOptions = {}): void {
    beforeAll(async () => {
      server = await startTestAuth({ databaseUrl: await database.fresh(), ...options });
    });
    afterAll(() => server.stop());
  }
  const newcomer = () => server.client.register(someEmail());
  const accessWith = async ({ accessToken }: Pair) => accessOf(await server.client.me(accessToken));
  const refusalOfRefresh = async ({ refreshToken }: Pair) => refusalOf(await server.client.tryRefresh(refreshToken));

  /** Refreshes every six days, until the session is twenty-four days old. */
  async function growOld(): Promise<Pair> {
    let pair = await newcomer();
    for (let count = 0; count < 4; count += 1) {
      await passTime(server, 6 * DAY);
      pair = await server.client.refresh(pair.refreshToken);
    }
    return pair;
  }

  /** Waits until the server has read the whole blacklist at its present time. */
  async function readWhole(): Promise<void> {
    await stepClock(server, 61 * SECOND);
    await stepClock(server, -61 * SECOND);
  }

  describe('an access token', () => {
    useServer();

    test('is good until its expiry and the leeway are over, to the second', async () => {
      const pair = await newcomer();
      expect(pair.accessTokenExpiresAt).toBe(new Date(server.clock.now() + 15 * MINUTE).toISOString());
      await passTime(server, 15 * MINUTE + LEEWAY - 1);
      expect(await accessWith(pair)).toBe('good');
      await passTime(server, 1);
      const { extensions } = errorOf(await server.client.me(pair.accessToken));
      expect(extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED', refreshable: true });
    });
  });

  describe('the idle limit', () => {
    useServer();

    test('a refresh token works until its expiry and the leeway are over, to the second', async () => {
      const [pair, late] = [await newcomer(), await newcomer()];
      expect(pair.refreshTokenExpiresAt).toBe(new Date(server.clock.now() + 7 * DAY).toISOString());
      await passTime(server, 7 * DAY + LEEWAY - 1);
      await server.client.refresh(pair.refreshToken);
      await passTime(server, 1);
      expect(await refusalOfRefresh(late)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
    });

    test('each refresh begins it anew', async () => {
      let pair = await newcomer();
      for (let count = 0; count < 3; count += 1) {
        await passTime(server, 6 * DAY);
        pair = await server.client.refresh(pair.refreshToken);
        expect(pair.refreshTokenExpiresAt).toBe(new Date(server.clock.now() + 7 * DAY).toISOString());
      }
    });

    test('a session that has lain idle too long is no longer listed', async () => {
      const idle = await newcomer();
      const { email } = idle.user;
      await passTime(server, 6 * DAY);
      const used = await server.client.login(email);
      await passTime(server, DAY + 5 * SECOND);
      const { accessToken, session } = await server.client.login(email);
      const { data } = await server.client.sessions(accessToken);
      expect(data.sessions.map(({ id }: { id: string }) => id)).toEqual([session.id, used.session.id]);
    });
  });

  describe('the absolute limit', () => {
    useServer();

    test('no rotation extends the session beyond it, and the session ends at that second', async () => {
      const limit = new Date(server.clock.now() + 30 * DAY).toISOString();
      let pair = await growOld();
      expect(pair.refreshTokenExpiresAt).toBe(limit);
      await passTime(server, 6 * DAY - 1);
      pair = await server.client.refresh(pair.refreshToken);
      expect(pair.refreshTokenExpiresAt).toBe(limit);
      expect(pair.accessTokenExpiresAt).toBe(limit);
      expect(pair.accessTokenExpiresIn).toBe(0);
      await passTime(server, 1);
      expect(await refusalOfRefresh(pair)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
    });

    test('an access token does not outlive it by more than the leeway', async () => {
      let pair = await growOld();
      await passTime(server, 6 * DAY - 5 * MINUTE);
      pair = await server.client.refresh(pair.refreshToken);
      expect(pair.accessTokenExpiresIn).toBe(5 * 60);
      await passTime(server, 5 * MINUTE + LEEWAY - 1);
      expect(await accessWith(pair)).toBe('good');
      await passTime(server, 1);
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
    });
  });

  describe('without an absolute limit', () => {
    useServer({ sessionLifetime: 'none' });

    test('a session lives as long as it is used', async () => {
      let pair = await growOld();
      for (let count = 0; count < 30; count += 1) {
        server.clock.advance(6 * DAY);
        pair = await server.client.refresh(pair.refreshToken);
      }
      expect(pair.refreshTokenExpiresAt).toBe(new Date(server.clock.now() + 7 * DAY).toISOString());
    });
  });

  describe('the browser is closed, with a refresh token of thirty days', () => {
    useServer({ refreshTokenLifetime: '30d', sessionLifetime: '90d' });

    test('back after ten days: the access token is refused, the app refreshes unseen, and the user is still in', async () => {
      const pair = await newcomer();
      await passTime(server, 10 * DAY);
      const { extensions } = errorOf(await server.client.me(pair.accessToken));
      expect(extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED', refreshable: true });
      const next = await server.client.refresh(pair.refreshToken);
      expect((await server.client.me(next.accessToken)).data.me.email).toBe(pair.user.email);
    });

    test('back after forty days: the refresh token has expired too, and only logging in helps', async () => {
      const pair = await newcomer();
      await passTime(server, 40 * DAY);
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
      expect(await refusalOfRefresh(pair)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
      expect(await accessWith(await server.client.login(pair.user.email))).toBe('good');
    });
  });

  describe('a clock that is stepped', () => {
    useServer();

    test('back an hour costs a refresh and no login', async () => {
      const pair = await newcomer();
      await stepClock(server, -HOUR);
      const { extensions } = errorOf(await server.client.me(pair.accessToken));
      expect(extensions).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID', refreshable: true });
      const healed = await server.client.refresh(pair.refreshToken);
      expect(await accessWith(healed)).toBe('good');
    });

    test('back an hour and right again after refreshes loses no session', async () => {
      let pair = await newcomer();
      await stepClock(server, -HOUR);
      for (let count = 0; count < 3; count += 1) {
        await passTime(server, MINUTE);
        pair = await server.client.refresh(pair.refreshToken);
        expect(await accessWith(pair)).toBe('good');
      }
      await stepClock(server, HOUR);
      const healed = await server.client.refresh(pair.refreshToken);
      expect(await accessWith(healed)).toBe('good');
    });

    test('back an hour takes a lost race of two tabs for no theft', async () => {
      const pair = await newcomer();
      const next = await server.client.refresh(pair.refreshToken);
      await stepClock(server, -HOUR);
      expect(await refusalOfRefresh(pair)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
      await server.client.refresh(next.refreshToken);
    });

    test('back an hour lets no refresh token live longer than it would have', async () => {
      const pair = await newcomer();
      await stepClock(server, -HOUR);
      const next = await server.client.refresh(pair.refreshToken);
      expect(next.refreshTokenExpiresAt).toBe(pair.refreshTokenExpiresAt);
      await stepClock(server, HOUR);
      await passTime(server, 7 * DAY + LEEWAY);
      expect(await refusalOfRefresh(next)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
    });

    test('forward an hour costs a refresh, and nothing is good beyond its expiry and leeway', async () => {
      const pair = await newcomer();
      await stepClock(server, HOUR);
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
      expect(await accessWith(await server.client.refresh(pair.refreshToken))).toBe('good');
    });

    test('forward an hour and back again loses no session', async () => {
      const pair = await newcomer();
      await stepClock(server, HOUR);
      const next = await server.client.refresh(pair.refreshToken);
      await stepClock(server, -HOUR);
      const healed = await server.client.refresh(next.refreshToken);
      expect(await accessWith(healed)).toBe('good');
    });

    test('forward beyond the idle limit and back again loses no session', async () => {
      const pair = await newcomer();
      await stepClock(server, 8 * DAY);
      expect(await refusalOfRefresh(pair)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
      await stepClock(server, -8 * DAY);
      await server.client.refresh(pair.refreshToken);
    });

    test('forward beyond the idle limit and back again revives no session that was logged out meanwhile', async () => {
      const pair = await newcomer();
      await stepClock(server, 8 * DAY);
      await server.client.logout(pair.accessToken);
      await stepClock(server, -8 * DAY);
      expect(await refusalOfRefresh(pair)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test.each([
      ['back an hour', [-HOUR]],
      ['forward an hour', [HOUR]],
      ['forward an hour and back again', [HOUR, -HOUR]],
      ['forward a day and back again', [DAY, -DAY]],
    ])('%s revives no token of an ended session, not for a moment', async (_name, steps) => {
      const pair = await newcomer();
      const next = await server.client.refresh(pair.refreshToken);
      await passTime(server, MINUTE);
      await server.client.logout(next.accessToken);
      for (const step of steps) {
        await stepClock(server, 0);
        server.clock.step(step);
        for (const token of [pair.accessToken, next.accessToken]) {
          expect(accessOf(await server.client.me(token))).toMatch(/^(UNAUTHENTICATED \w+|SERVICE_UNAVAILABLE)$/);
        }
        expect(await refusalOfRefresh(next)).toMatch(/^INVALID_REFRESH_TOKEN TOKEN_(REVOKED|EXPIRED)$/);
        await readWhole();
      }
    });

    test('back by minutes, after the blacklist was forgotten, revives no token of an ended session', async () => {
      const pair = await newcomer();
      await server.client.logout(pair.accessToken);
      await passTime(server, 17 * MINUTE);
      await readWhole();
      server.clock.step(-10 * MINUTE);
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });
  });
});

test('lifetimes that contradict each other stop the start', async () => {
  const clock = new ManualClock();
  await expect(start({ clock, accessTokenLifetime: '8d' })).rejects.toThrow('accessTokenLifetime');
  await expect(start({ clock, sessionLifetime: '1d' })).rejects.toThrow('sessionLifetime');
});
