import { administrate, administrateWell, countRows, failInserts, securityEvents } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked, expectRevokedSoon } from './support/expect-tokens.ts';
import type { Pair } from './support/graphql-client.ts';
import { HOUR, MINUTE } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { startTwoServers } from './support/two-servers.ts';

onEachDatabase((database) => {
  let here: TestAuth;
  let there: TestAuth;
  let administrator: Pair;
  beforeAll(async () => {
    ({ here, there, administrator } = await startTwoServers(await database.fresh()));
  });
  afterAll(() => Promise.all([here.stop(), there.stop()]));

  const remove = (id: string) => administrateWell(here.client, 'deleteUser', id, administrator.accessToken);
  async function newcomer() {
    const email = someEmail();
    return { email, ...(await here.client.register(email)) };
  }

  test('deletion ends every session of the user, at once here and within the poll elsewhere', async () => {
    const { email, ...laptop } = await newcomer();
    const phone = await here.client.refresh((await here.client.login(email)).refreshToken);
    expect(await remove(laptop.user.id)).toMatchObject({ id: laptop.user.id, email, isActive: false });
    for (const pair of [laptop, phone]) {
      await expectRevoked(here.client, pair);
      await expectRevokedSoon(there.client, pair);
    }
    expect(here.log()).toBe('');
    expect(there.log()).toBe('');
  });

  test('deletion refuses no token of another user', async () => {
    const { user } = await newcomer();
    const stranger = await newcomer();
    await remove(user.id);
    await expectGood(there.client, await expectGood(here.client, stranger));
    expect(accessOf(await there.client.me(administrator.accessToken))).toBe('good');
  });

  test('deletion leaves no row of the user or of the sessions', async () => {
    const { user } = await newcomer();
    await remove(user.id);
    expect(await countRows(here, 'simplejwt_user', `id = '${user.id}'`)).toBe(0);
    expect(await countRows(here, 'simplejwt_session', `user_id = '${user.id}'`)).toBe(0);
  });

  test('a revoked token stays revoked after a restart and a purge, for as long as it would have lived', async () => {
    const { email, ...loggedOut } = await newcomer();
    const alive = await here.client.login(email);
    await here.client.logout(loggedOut.accessToken);
    await remove(alive.user.id);
    const { databaseUrl, keys, clock } = here;
    const restarted = await startTestAuth({ databaseUrl, keys, clock });
    try {
      for (const minutes of [0, 7, 7]) {
        await passTime(restarted, minutes * MINUTE);
        await restarted.auth.purge();
        for (const pair of [loggedOut, alive]) await expectRevoked(restarted.client, pair);
      }
      clock.advance(2 * HOUR);
      await restarted.auth.purge();
      const answer = await restarted.client.tryRefresh(alive.refreshToken);
      expect(refusalOf(answer)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    } finally {
      await restarted.stop();
      await passTime(here, 0);
      await passTime(there, 0);
      administrator = await here.client.login(administrator.user.email);
    }
  });

  test('the events of a deleted user stay on record for an administrator', async () => {
    const { user, session } = await newcomer();
    await remove(user.id);
    const events = await securityEvents(here.client, administrator.accessToken, user.id);
    expect(events.map(({ type, sessionId, cause }) => [type, sessionId, cause]).toSorted()).toEqual([
      ['REGISTERED', session.id, null],
      ['SESSION_ENDED', session.id, 'USER_DELETED'],
      ['USER_DELETED', null, null],
    ]);
  });

  test('the e-mail can be registered again, by a user who has nothing to do with the deleted one', async () => {
    const { email, ...before } = await newcomer();
    await remove(before.user.id);
    expect(refusalOf(await here.client.tryLogin(email))).toBe('INVALID_CREDENTIALS');
    const after = await there.client.register(email);
    expect(after.user.id).not.toBe(before.user.id);
    await expectRevoked(here.client, before);
    await expectGood(here.client, after);
    expect((await securityEvents(here.client, after.accessToken)).map(({ type }) => type)).toEqual(['REGISTERED']);
  });

  test('a deactivated user can be deleted', async () => {
    const pair = await newcomer();
    await administrateWell(here.client, 'deactivateUser', pair.user.id, administrator.accessToken);
    await remove(pair.user.id);
    await expectRevoked(here.client, pair);
    expect(refusalOf(await administrate(here.client, 'deleteUser', pair.user.id, administrator.accessToken))).toBe(
      'NOT_FOUND',
    );
  });

  test.each(['simplejwt_blacklisted_token', 'simplejwt_security_event'])(
    'a failed insert into %s leaves everything unchanged',
    async (table) => {
      const { email, ...pair } = await newcomer();
      const mend = await failInserts(here.databaseUrl, table);
      const answer = await administrate(here.client, 'deleteUser', pair.user.id, administrator.accessToken);
      await mend();
      expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
      await expectGood(there.client, await expectGood(here.client, pair));
      await here.client.login(email);
    },
  );
});
