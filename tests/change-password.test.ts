import { User } from './support/entities.ts';
import {
  changePassword,
  countRows,
  failHashes,
  failInserts,
  NEW_PASSWORD,
  securityEvents,
  tryChangePassword,
} from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked, expectRevokedSoon } from './support/expect-tokens.ts';
import { PASSWORD } from './support/graphql-client.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { startTwoServers } from './support/two-servers.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

onEachDatabase((database) => {
  let here: TestAuth;
  let there: TestAuth;
  beforeAll(async () => {
    ({ here, there } = await startTwoServers(await database.fresh()));
  });
  afterAll(() => Promise.all([here.stop(), there.stop()]));

  async function newcomer() {
    const email = someEmail();
    return { email, ...(await here.client.register(email)) };
  }

  test("a change of password ends every session of the user, including the caller's, at once here and within the poll elsewhere", async () => {
    const { email, ...laptop } = await newcomer();
    const phone = await here.client.login(email);
    const next = await here.client.refresh(phone.refreshToken);
    await changePassword(here.client, laptop.accessToken);
    for (const pair of [laptop, next, { ...next, accessToken: phone.accessToken }]) {
      await expectRevoked(here.client, pair);
      await expectRevokedSoon(there.client, pair);
    }
  });

  test('a change of password opens a new session with a new sid, whose tokens are good everywhere', async () => {
    const before = await newcomer();
    const pair = await changePassword(here.client, before.accessToken);
    expect(pair.session.isCurrent).toBe(true);
    expect(pair.session.id).not.toBe(before.session.id);
    expect(claimsOf(pair.accessToken).sid).toBe(pair.session.id);
    expect(pair.user.id).toBe(before.user.id);
    expect(accessOf(await there.client.me(pair.accessToken))).toBe('good');
    const { data } = await here.client.sessions(pair.accessToken);
    expect(data.sessions.map(({ id }: { id: string }) => id)).toEqual([pair.session.id]);
    const next = await expectGood(here.client, pair);
    await expectGood(there.client, next);
  });

  test('a change of password refuses no token of another user', async () => {
    const caller = await newcomer();
    const stranger = await newcomer();
    await changePassword(here.client, caller.accessToken);
    await expectGood(there.client, await expectGood(here.client, stranger));
  });

  test('the new password logs in from then on, and the old one is refused', async () => {
    const { email, accessToken } = await newcomer();
    await changePassword(here.client, accessToken);
    expect(refusalOf(await there.client.tryLogin(email, PASSWORD))).toBe('INVALID_CREDENTIALS');
    expect((await there.client.login(email, NEW_PASSWORD)).user.email).toBe(email);
  });

  test('a wrong current password changes nothing, and the answer says only that it is wrong', async () => {
    const { email, ...pair } = await newcomer();
    const answer = await tryChangePassword(here.client, pair.accessToken, 'wrong horse battery');
    expect(errorOf(answer).extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
    expect(answer.text).not.toContain('horse');
    await expectGood(here.client, pair);
    await here.client.login(email, PASSWORD);
  });

  test('the answer names each field that cannot be a password', async () => {
    const { accessToken } = await newcomer();
    const answer = await tryChangePassword(here.client, accessToken, ' ', 'short');
    expect(errorOf(answer).extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        { path: 'input.currentPassword', reason: 'REQUIRED' },
        { path: 'input.newPassword', reason: 'PASSWORD_TOO_SHORT' },
      ],
    });
    for (const [password, reason] of [
      ['', 'REQUIRED'],
      ['with a\0NUL in it', 'PASSWORD_INVALID'],
      ['half of a pair \ud800', 'PASSWORD_INVALID'],
      ['x'.repeat(257), 'PASSWORD_TOO_LONG'],
      ['Password123', 'PASSWORD_COMMON'],
    ] as const) {
      const { extensions } = errorOf(await tryChangePassword(here.client, accessToken, PASSWORD, password));
      expect(extensions.fields).toEqual([{ path: 'input.newPassword', reason }]);
    }
  });

  test('a change of password needs an access token of a live session', async () => {
    const { accessToken } = await newcomer();
    expect(refusalOf(await tryChangePassword(here.client))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    await here.client.logout(accessToken);
    expect(refusalOf(await tryChangePassword(here.client, accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });

  test('one of two simultaneous changes wins, and the other is told that its current password is wrong', async () => {
    const { email, ...one } = await newcomer();
    const other = await here.client.login(email);
    const answers = await Promise.all([
      tryChangePassword(here.client, one.accessToken, PASSWORD, 'the first new password'),
      tryChangePassword(there.client, other.accessToken, PASSWORD, 'the second new password'),
    ]);
    const won = answers.findIndex((answer) => answer.data?.changePassword);
    expect(refusalOf(answers[1 - won]!)).toBe('INVALID_CREDENTIALS');
    const [winner, loser] = won === 0 ? ['first', 'second'] : ['second', 'first'];
    expect(refusalOf(await here.client.tryLogin(email, `the ${loser} new password`))).toBe('INVALID_CREDENTIALS');
    await here.client.login(email, `the ${winner} new password`);
    await expectGood(here.client, answers[won]!.data.changePassword);
  });

  test('a user who was just deactivated on another process gets no session from a change of password', async () => {
    const slow = await start({
      databaseUrl: here.databaseUrl,
      keys: here.keys,
      clock: here.clock,
      blacklistPoll: '30s',
    });
    const { user, accessToken } = await newcomer();
    const when = { deactivatedAt: new Date(here.clock.now()) };
    await here.orm.em.fork().nativeUpdate(User, { id: user.id }, when);
    expect(refusalOf(await tryChangePassword(slow.client, accessToken))).toBe('INVALID_CREDENTIALS');
  });

  test.each(['simplejwt_session', 'simplejwt_blacklisted_token', 'simplejwt_security_event'])(
    'a failed insert into %s leaves everything unchanged',
    async (table) => {
      const { email, ...pair } = await newcomer();
      const events = await securityEvents(here.client, pair.accessToken);
      const mend = await failInserts(here.databaseUrl, table);
      const answer = await tryChangePassword(here.client, pair.accessToken);
      await mend();
      expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
      expect(await countRows(here, 'simplejwt_session', `user_id = '${pair.user.id}'`)).toBe(1);
      expect(await securityEvents(here.client, pair.accessToken)).toEqual(events);
      await expectGood(there.client, await expectGood(here.client, pair));
      await here.client.login(email, PASSWORD);
    },
  );

  describe('a new bcrypt cost', () => {
    const costOf = async (email: string) =>
      (await here.orm.em.fork().findOneOrFail(User, { email })).passwordHash.slice(-56, -54);

    test('is applied to the hash at the next login, and ends no session', async () => {
      const { email, ...pair } = await newcomer();
      expect(await costOf(email)).toBe('04');
      const { databaseUrl, keys, clock } = here;
      const restarted = await start({ databaseUrl, keys, clock, bcryptCost: 5 });
      expect(accessOf(await restarted.client.me(pair.accessToken))).toBe('good');
      const second = await restarted.client.login(email);
      expect(await costOf(email)).toBe('05');
      await expectGood(restarted.client, second);
      await expectGood(here.client, await expectGood(restarted.client, pair));
      await here.client.login(email);
    });

    test('is not applied after a wrong password', async () => {
      const { email } = await newcomer();
      const { databaseUrl, keys, clock } = here;
      const restarted = await start({ databaseUrl, keys, clock, bcryptCost: 5 });
      await restarted.client.tryLogin(email, 'wrong horse battery');
      expect(await costOf(email)).toBe('04');
    });

    test('opens no session when the new hash cannot be written', async () => {
      const { email, user } = await newcomer();
      const { databaseUrl, keys, clock } = here;
      const restarted = await start({ databaseUrl, keys, clock, bcryptCost: 5 });
      const sessions = await countRows(here, 'simplejwt_session', `user_id = '${user.id}'`);
      const mend = await failHashes(databaseUrl);
      const answer = await restarted.client.tryLogin(email);
      await mend();
      expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
      expect(await countRows(here, 'simplejwt_session', `user_id = '${user.id}'`)).toBe(sessions);
    });
  });
});
