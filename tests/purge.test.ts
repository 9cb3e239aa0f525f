import { administrateWell, countRows, newAdministrator } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { expiredRows } from './support/expired-rows.ts';
import { expectRevoked } from './support/expect-tokens.ts';
import { DAY, HOUR, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime, stepClock } from './support/pass-time.ts';
import { queryPlans } from './support/query-plans.ts';
import type { TestAuth, TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const NOTHING = { sessions: 0, blacklistedTokens: 0, securityEvents: 0, rateLimits: 0, oneTimeCodes: 0 };
const start = useServers();

onEachDatabase((database) => {
  const startOne = async (options: TestAuthOptions = {}): Promise<TestAuth> =>
    start({ databaseUrl: await database.fresh(), ...options });
  const rowsOf = async (server: TestAuth) => ({
    sessions: await countRows(server, 'simplejwt_session'),
    blacklistedTokens: await countRows(server, 'simplejwt_blacklisted_token'),
    events: await countRows(server, 'simplejwt_security_event'),
  });

  describe('a purge deletes', () => {
    test('no live session, no row that refuses a token, and no event that is to be kept', async () => {
      const server = await startOne();
      const { client, auth } = server;
      const first = await client.register();
      const alive = await client.refresh(first.refreshToken);
      const ended = await client.login();
      await client.logout(ended.accessToken);
      const before = await rowsOf(server);
      expect(await auth.purge()).toEqual(NOTHING);
      expect(await rowsOf(server)).toEqual(before);
      await expectRevoked(client, ended);
      expect(refusalOf(await client.tryRefresh(first.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
      await client.refresh(alive.refreshToken);
    });

    test('a session once none of its tokens can be good any more, and not before', async () => {
      const server = await startOne();
      const { client, auth, clock } = server;
      const { refreshToken } = await client.register();
      clock.advance(7 * DAY + 5 * SECOND);
      expect((await auth.purge()).sessions).toBe(0);
      expect(refusalOf(await client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
      clock.advance(HOUR);
      expect((await auth.purge()).sessions).toBe(0);
      clock.advance(1);
      expect((await auth.purge()).sessions).toBe(1);
      expect(refusalOf(await client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
    });

    test('the row of a rotated token after its expiry, and that of an ended session after the expiry of its access tokens', async () => {
      const server = await startOne();
      const { client, auth, clock } = server;
      const first = await client.register();
      await client.refresh(first.refreshToken);
      const ended = await client.login();
      await client.logout(ended.accessToken);
      clock.advance(15 * MINUTE + 5 * SECOND + MINUTE + 5 * SECOND + HOUR);
      expect((await auth.purge()).blacklistedTokens).toBe(0);
      clock.advance(1);
      expect((await auth.purge()).blacklistedTokens).toBe(1);
      expect(await countRows(server, 'simplejwt_blacklisted_token', `reason = 'ROTATED'`)).toBe(1);
      clock.advance(7 * DAY + 2 * HOUR);
      expect((await auth.purge()).blacklistedTokens).toBe(1);
    });

    test('an event once it is older than the retention', async () => {
      const server = await startOne({ eventRetention: '30d' });
      const { client, auth, clock } = server;
      await client.register();
      clock.advance(30 * DAY);
      expect((await auth.purge()).securityEvents).toBe(0);
      await client.login();
      clock.advance(1);
      expect((await auth.purge()).securityEvents).toBe(1);
      expect(await countRows(server, 'simplejwt_security_event')).toBe(1);
    });
  });

  test('a second purge has nothing left to delete', async () => {
    const server = await startOne();
    await expiredRows(server, 450);
    expect(await server.auth.purge()).toEqual({
      sessions: 450,
      blacklistedTokens: 450,
      securityEvents: 450,
      rateLimits: 450,
      oneTimeCodes: 450,
    });
    expect(await server.auth.purge()).toEqual(NOTHING);
  });

  test('a purge deletes few rows at a time, each batch in a transaction of its own', async () => {
    const server = await startOne();
    await expiredRows(server, 2_000);
    const batches = await countStatements(server, /^delete /);
    const commits = await countStatements(server, /^commit$/);
    await server.auth.purge();
    // Batches of 50, 100, 200, 400, and then 500 at most.
    expect(batches()).toBe(5 * 7);
    expect(commits()).toBe(batches());
  });

  test('the batches of a purge stay small on a slow disk', async () => {
    const server = await startOne();
    await expiredRows(server, 500);
    const batches = await countStatements(server, /^delete /);
    await hookStatements(server.orm, {
      before(sql) {
        if (sql.startsWith('delete ')) server.clock.advance(15);
      },
    });
    await server.auth.purge();
    expect(batches()).toBe(5 * (500 / 50 + 1));
  });

  test('a purge that fails half-way has deleted its first batches, and the next one deletes the rest', async () => {
    const server = await startOne();
    await expiredRows(server, 700);
    let batches = 0;
    await hookStatements(server.orm, {
      before(sql) {
        if (/^delete from .simplejwt_blacklisted_token/.test(sql) && ++batches === 2) throw new Error('no more');
      },
    });
    await expect(server.auth.purge()).rejects.toThrow('no more');
    const { sessions, blacklistedTokens, events } = await rowsOf(server);
    expect(sessions).toBe(0);
    expect(blacklistedTokens).toBeGreaterThan(0);
    expect(blacklistedTokens).toBeLessThan(700);
    expect(events).toBe(700);
    expect(await server.auth.purge()).toEqual({
      sessions: 0,
      blacklistedTokens,
      securityEvents: 700,
      rateLimits: 700,
      oneTimeCodes: 700,
    });
  });

  test('a purge that is told to stop does so after its batch, and the next one deletes the rest', async () => {
    const server = await startOne();
    await expiredRows(server, 700);
    const stopping = new AbortController();
    await hookStatements(server.orm, {
      before(sql) {
        if (/^delete from .simplejwt_blacklisted_token/.test(sql)) stopping.abort();
      },
    });
    const first = await server.auth.purge(stopping.signal);
    expect(first).toMatchObject({ sessions: 700, securityEvents: 0 });
    expect(first.blacklistedTokens).toBeLessThan(700);
    const rest = {
      sessions: 0,
      blacklistedTokens: 700 - first.blacklistedTokens,
      securityEvents: 700,
      rateLimits: 700,
      oneTimeCodes: 700,
    };
    expect(await server.auth.purge()).toEqual(rest);
  });

  test('many processes that purge at once delete each row once, and no refresh fails meanwhile', async () => {
    const here = await startOne();
    const { databaseUrl, keys, clock } = here;
    const servers = [here];
    while (servers.length < 4) servers.push(await start({ databaseUrl, keys, clock }));
    let { refreshToken } = await here.client.register();
    await expiredRows(here, 3_000);
    const purges = Promise.all(servers.flatMap(({ auth }) => [auth.purge(), auth.purge()]));
    let isOver = false;
    void purges.finally(() => (isOver = true));
    for (let index = 0; !isOver; index += 1) {
      ({ refreshToken } = await servers[index % 4]!.client.refresh(refreshToken));
    }
    const results = await purges;
    const sum = (name: keyof typeof NOTHING) => results.reduce((total, result) => total + result[name], 0);
    const names = ['sessions', 'blacklistedTokens', 'securityEvents', 'rateLimits', 'oneTimeCodes'] as const;
    expect(names.map(sum)).toEqual([3_000, 3_000, 3_000, 3_000, 3_000]);
    expect(servers.map((server) => server.log())).toEqual(['', '', '', '']);
  });

  test('each batch is found by an index', async () => {
    const server = await startOne();
    await expiredRows(server, 10);
    const plans = await queryPlans(server, /^delete /, async () => server.auth.purge());
    expect(plans).toHaveLength(5);
    const indexes = [
      'simplejwt_session_refresh_expires_at_index',
      'simplejwt_blacklisted_token_expires_at_index',
      'simplejwt_security_event_created_at_index',
      'simplejwt_rate_limit_expires_at_index',
      'simplejwt_one_time_code_expires_at_index',
    ];
    for (const [position, plan] of plans.entries()) {
      expect(plan).toContain(indexes[position]);
      expect(plan).not.toMatch(/seq scan/i);
      expect(plan).not.toMatch(/SCAN auth_/);
    }
  });

  describe('a purge revives no revoked token', () => {
    test.each([
      ['by a clock that is five seconds fast', 5 * SECOND],
      ['by a clock that is right', 0],
      ['by a clock that is five seconds slow', -5 * SECOND],
    ])('%s', async (_title, difference) => {
      const server = await startOne();
      const { client, auth, clock, databaseUrl, keys } = server;
      const administrator = await newAdministrator(server);
      const first = await client.register();
      const rotated = await client.refresh(first.refreshToken);
      const loggedOut = await client.login();
      const ended = await client.login();
      const role = await client.register('role@example.com');
      const deleted = await client.register('deleted@example.com');
      await client.logout(loggedOut.accessToken);
      await client.endSession(rotated.accessToken, ended.session.id);
      await administrateWell(client, 'setUserRoles', role.user.id, administrator.accessToken, ['EDITOR']);
      await administrateWell(client, 'deleteUser', deleted.user.id, administrator.accessToken);
      const begun = clock.now();
      // The access tokens expire, their rows refuse nothing more, these rows may go; then the same for the refresh tokens.
      for (const end of [15 * MINUTE, 16 * MINUTE + 5 * SECOND, 76 * MINUTE + 10 * SECOND, 7 * DAY, 7 * DAY + HOUR]) {
        for (const offset of [-5 * SECOND, -1, 0, 1, 5 * SECOND]) {
          await passTime(server, begun + end + offset - clock.now());
          // The process that purges has a clock that disagrees by as much as it may.
          await stepClock(server, difference);
          await auth.purge();
          await stepClock(server, -difference);
          await expectDead(server);
        }
        const restarted = await start({ databaseUrl, keys, clock, blacklistPoll: '30s' });
        await expectDead(restarted);
        await restarted.stop();
      }

      async function expectDead({ client: judge }: TestAuth): Promise<void> {
        for (const { accessToken, refreshToken } of [loggedOut, ended, deleted]) {
          expect(accessOf(await judge.me(accessToken))).toMatch(/TOKEN_(REVOKED|EXPIRED)$/);
          expect(refusalOf(await judge.tryRefresh(refreshToken))).toMatch(/TOKEN_(REVOKED|EXPIRED)$/);
        }
        expect(accessOf(await judge.me(role.accessToken))).toMatch(/TOKEN_(REVOKED|EXPIRED)$/);
      }
    });
  });
});

async function countStatements({ orm }: TestAuth, isCounted: RegExp): Promise<() => number> {
  let count = 0;
  await hookStatements(orm, {
    before(sql) {
      if (isCounted.test(sql)) count += 1;
    },
  });
  return () => count;
}
