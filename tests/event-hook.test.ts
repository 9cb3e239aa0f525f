import { setTimeout as pause } from 'node:timers/promises';
import type { AuthEvent, AuthOptions } from '../src/index.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { MINUTE } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { startTestHost } from './support/start-test-host.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();

onEachDatabase((database) => {
  async function startWithHook(onEvent?: AuthOptions['onEvent']) {
    const events: AuthEvent[] = [];
    const server = await start({
      databaseUrl: await database.fresh(),
      reuseLeeway: '10s',
      onEvent: onEvent ?? ((event) => void events.push(event)),
    });
    const expectEvents = async (...expected: string[]) => {
      await waitUntil(() => events.length >= expected.length);
      const seen = events.splice(0).map(({ type, cause }) => (cause === null ? type : `${type} ${cause}`));
      expect(seen.toSorted()).toEqual(expected.toSorted());
    };
    return { ...server, events, expectEvents };
  }

  test('a hook learns of sessions that open and end, of reuse and of changes of users', async () => {
    const { expectEvents, ...server } = await startWithHook();
    const { auth, client } = server;
    const pair = await client.register();
    await expectEvents('REGISTERED');
    const other = await client.login();
    await expectEvents('LOGGED_IN');
    await client.tryLogin(EMAIL, 'wrong horse battery');
    await expectEvents('LOGIN_FAILED');
    await client.logout(other.accessToken);
    await expectEvents('SESSION_ENDED LOGGED_OUT');
    await auth.setUserRoles(pair.user.id, ['EDITOR']);
    await expectEvents('ROLES_CHANGED');
    await client.refresh(pair.refreshToken);
    await passTime(server, MINUTE);
    await client.tryRefresh(pair.refreshToken);
    await expectEvents('REUSE_DETECTED PREVIOUS', 'SESSION_ENDED TOKEN_REUSED');
  });

  test('an event says whose it is, from where, and when', async () => {
    const { client, clock, events } = await startWithHook();
    const { user, session } = await client.register();
    await waitUntil(() => events.length > 0);
    expect(events).toEqual([
      {
        type: 'REGISTERED',
        userId: user.id,
        sessionId: session.id,
        cause: null,
        userAgent: expect.any(String),
        ipAddress: '127.0.0.1',
        at: new Date(clock.now()),
      },
    ]);
  });

  test('a hook that fails, at once or later, changes no answer, and its fault is reported', async () => {
    let isLate = false;
    const { client, log } = await startWithHook(() => {
      if (!isLate) throw new Error('the hook broke at once');
      return pause(1).then(() => Promise.reject(new Error('the hook broke later')));
    });
    await client.register();
    await waitUntil(() => log().includes('the hook broke at once'));
    isLate = true;
    expect((await client.login()).user.email).toBe(EMAIL);
    await waitUntil(() => log().includes('the hook broke later'));
  });

  test('a hook that never ends delays no answer', async () => {
    const { client } = await startWithHook(() => new Promise(() => undefined));
    const pair = await client.refresh((await client.register()).refreshToken);
    expect((await client.me(pair.accessToken)).data.me.email).toBe(EMAIL);
  });

  test('the tokens of a session are refused by the time that a hook learns of its end', async () => {
    const outcomes: boolean[] = [];
    let token = '';
    const server = await startWithHook(async ({ type }) => {
      if (type === 'SESSION_ENDED') outcomes.push((await server.auth.verifyToken(token)).isValid);
    });
    ({ accessToken: token } = await server.client.register());
    await server.client.logout(token);
    await waitUntil(() => outcomes.length > 0);
    expect(outcomes).toEqual([false]);
  });

  test('what is rolled back is not reported', async () => {
    const { client, events, orm } = await startWithHook();
    await client.register();
    await waitUntil(() => events.length > 0);
    events.splice(0);
    let isBroken = true;
    await hookStatements(orm, {
      before: (sql) => {
        if (isBroken && sql === 'commit') throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
      },
    });
    expect(refusalOf(await client.tryLogin())).toBe('SERVICE_UNAVAILABLE');
    isBroken = false;
    await client.login();
    await waitUntil(() => events.length > 0);
    expect(events.map(({ type }) => type)).toEqual(['LOGGED_IN']);
  });

  test("a hook learns of what happens to the host's users", async () => {
    const events: AuthEvent[] = [];
    const host = await startTestHost({
      databaseUrl: await database.fresh(),
      onEvent: (event) => void events.push(event),
    });
    await host.people.add('ada', { id: 1 });
    await host.client.login('ada', PASSWORD);
    await host.people.change(1, { isActive: false });
    await host.auth.userChanged(1);
    await waitUntil(() => events.length >= 2);
    expect(events.map(({ type, cause, userId }) => [type, cause, userId])).toEqual([
      ['LOGGED_IN', null, '1'],
      ['SESSION_ENDED', 'USER_DEACTIVATED', '1'],
    ]);
    await host.stop();
  });
});
