import {
  administrate,
  administrateWell,
  countRows,
  failInserts,
  newAdministrator,
  securityEvents,
} from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked, expectRevokedSoon } from './support/expect-tokens.ts';
import { type Pair, PASSWORD } from './support/graphql-client.ts';
import { SECOND } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { startTwoServers } from './support/two-servers.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

onEachDatabase((database) => {
  let here: TestAuth;
  let there: TestAuth;
  let administrator: Pair;
  beforeAll(async () => {
    ({ here, there, administrator } = await startTwoServers(await database.fresh()));
  });
  afterAll(() => Promise.all([here.stop(), there.stop()]));

  const deactivate = (id: string) => administrateWell(here.client, 'deactivateUser', id, administrator.accessToken);
  const activate = (id: string) => administrateWell(here.client, 'activateUser', id, administrator.accessToken);
  async function newcomer() {
    const email = someEmail();
    return { email, ...(await here.client.register(email)) };
  }

  test('deactivation ends every session of the user, at once here and within the poll elsewhere', async () => {
    const { email, ...laptop } = await newcomer();
    const phone = await here.client.refresh((await here.client.login(email)).refreshToken);
    expect(await deactivate(laptop.user.id)).toMatchObject({ id: laptop.user.id, isActive: false });
    for (const pair of [laptop, phone]) {
      await expectRevoked(here.client, pair);
      await expectRevokedSoon(there.client, pair);
    }
    expect(await here.auth.verifyToken(phone.accessToken)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
  });

  test('a refresh is refused even on a process that does not know of the deactivation yet', async () => {
    const { databaseUrl, keys, clock } = here;
    const slow = await start({ databaseUrl, keys, clock, blacklistPoll: '30s' });
    const { user, refreshToken } = await newcomer();
    await deactivate(user.id);
    expect(refusalOf(await slow.client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
  });

  test('deactivation refuses no token of another user', async () => {
    const { user } = await newcomer();
    const stranger = await newcomer();
    await deactivate(user.id);
    await expectGood(there.client, await expectGood(here.client, stranger));
    expect(accessOf(await there.client.me(administrator.accessToken))).toBe('good');
  });

  test('a deactivated account answers the right password with the same bytes as a wrong one', async () => {
    const { email, user } = await newcomer();
    const wrong = await here.client.tryLogin(email, 'wrong horse battery');
    await deactivate(user.id);
    for (const password of [PASSWORD, 'wrong horse battery']) {
      for (const { client } of [here, there]) {
        const answer = await client.tryLogin(email, password);
        expect([answer.status, answer.text]).toEqual([wrong.status, wrong.text]);
      }
    }
    expect(await here.auth.openSession({ userId: user.id })).toBeNull();
  });

  test('activation lets the user log in again, and revives no session that has ended', async () => {
    const { email, ...before } = await newcomer();
    await deactivate(before.user.id);
    expect(await activate(before.user.id)).toMatchObject({ id: before.user.id, isActive: true });
    await expectRevoked(here.client, before);
    await expectRevokedSoon(there.client, before);
    const after = await here.client.login(email);
    await expectGood(there.client, await expectGood(here.client, after));
  });

  test('a session that has ended stays ended after activation and a restart of the server', async () => {
    const pair = await newcomer();
    await deactivate(pair.user.id);
    await activate(pair.user.id);
    const { databaseUrl, keys, clock } = here;
    const restarted = await start({ databaseUrl, keys, clock });
    await expectRevoked(restarted.client, pair);
  });

  test('the activation of an active user refuses no token and records no event', async () => {
    const pair = await newcomer();
    const events = await securityEvents(here.client, pair.accessToken);
    expect(await activate(pair.user.id)).toMatchObject({ isActive: true });
    expect(await securityEvents(here.client, pair.accessToken)).toEqual(events);
    await expectGood(here.client, pair);
  });

  test('a second deactivation changes nothing, not even the time of the first', async () => {
    const { user } = await newcomer();
    await deactivate(user.id);
    const sinceWhen = async () =>
      here.orm.em.getConnection().execute(`select deactivated_at from simplejwt_user where id = '${user.id}'`);
    const before = await sinceWhen();
    await passTime(here, SECOND);
    expect(await deactivate(user.id)).toMatchObject({ isActive: false });
    expect(await sinceWhen()).toEqual(before);
    const events = await securityEvents(here.client, administrator.accessToken, user.id);
    expect(events.filter(({ type }) => type === 'USER_DEACTIVATED')).toHaveLength(1);
  });

  test('a user with thousands of sessions can be deactivated', async () => {
    const { client, orm, auth } = await start({ databaseUrl: await database.fresh(), blacklistPoll: '30s' });
    const { accessToken } = await newAdministrator({ auth, client });
    const pair = await client.register();
    await orm.em.getConnection().execute(copiesOfSession(database.name, pair.session.id, 9_000));
    await administrateWell(client, 'deactivateUser', pair.user.id, accessToken);
    expect(await countRows({ orm }, 'simplejwt_session', `user_id = '${pair.user.id}' and ended_at is null`)).toBe(0);
    expect(await countRows({ orm }, 'simplejwt_blacklisted_token', `reason = 'USER_DEACTIVATED'`)).toBe(9_001);
    await expectRevoked(client, pair);
  });

  test.each(['simplejwt_blacklisted_token', 'simplejwt_security_event'])(
    'a failed insert into %s leaves everything unchanged',
    async (table) => {
      const { email, ...pair } = await newcomer();
      const mend = await failInserts(here.databaseUrl, table);
      const answer = await administrate(here.client, 'deactivateUser', pair.user.id, administrator.accessToken);
      await mend();
      expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
      const events = await securityEvents(here.client, pair.accessToken);
      expect(events.map(({ type }) => type)).toEqual(['REGISTERED']);
      await expectGood(there.client, await expectGood(here.client, pair));
      await here.client.login(email);
    },
  );
});

/** SQL that inserts copies of a session, each with an id of its own. */
function copiesOfSession(dialect: 'SQLite' | 'PostgreSQL', id: string, count: number): string {
  const columns =
    'user_id, refresh_key_id, refresh_issued_at, refresh_expires_at, expires_at, created_at, user_agent, ip_address';
  return dialect === 'SQLite'
    ? `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})
      insert into simplejwt_session (id, refresh_jti, ${columns})
      select ${idOf("printf('%012x', i)")}, ${idOf("printf('%012x', i)")}, ${columns} from simplejwt_session, n where id = '${id}'`
    : `insert into simplejwt_session (id, refresh_jti, ${columns})
      select (${idOf(`lpad(to_hex(i), 12, '0')`)})::uuid, (${idOf(`lpad(to_hex(i), 12, '0')`)})::uuid, ${columns}
      from simplejwt_session, generate_series(1, ${count}) as i where id = '${id}'`;
}

function idOf(digits: string): string {
  return `'01900000-0000-7000-8000-' || ${digits}`;
}
