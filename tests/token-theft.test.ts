import { onEachDatabase, runSql } from './support/databases.ts';
import { ManualClock, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const LEEWAY = 10 * SECOND;
const SETTINGS = [
  ['with each rotated token on the blacklist', true],
  ['with no row for a rotated token', false],
] as const;

const start = useServers();

onEachDatabase((database) => {
  describe.each(SETTINGS)('%s', (_name, blacklistAfterRotation) => {
    let server: TestAuth;
    beforeAll(async () => {
      server = await startTestAuth({ databaseUrl: await database.fresh(), blacklistAfterRotation });
    });
    afterAll(() => server.stop());

    const newcomer = () => server.client.register(someEmail());
    const refusalOfRefresh = async (token: string) => refusalOf(await server.client.tryRefresh(token));
    const accessWith = async (token: string) => accessOf(await server.client.me(token));

    async function expectDead(pair: { accessToken: string; refreshToken: string }): Promise<void> {
      expect(await accessWith(pair.accessToken)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      expect(await refusalOfRefresh(pair.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    }

    test('the previous token is refused within the leeway, and the session lives on', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      await passTime(server, LEEWAY);
      expect(await refusalOfRefresh(first.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
      expect(await accessWith(second.accessToken)).toBe('good');
      await server.client.refresh(second.refreshToken);
    });

    test('the previous token ends the session after the leeway, and all tokens of the session are refused at once', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      await passTime(server, LEEWAY + 1);
      expect(await refusalOfRefresh(first.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
      expect(await accessWith(first.accessToken)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      await expectDead(second);
      expect(await refusalOfRefresh(first.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    });

    test('the session stays ended, with the cause on record, even though the request that ended it failed', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      await passTime(server, MINUTE);
      await server.client.tryRefresh(first.refreshToken);

      const query = 'select end_reason from simplejwt_session where id = ?';
      const rows = await server.orm.em.getConnection().execute(query, [first.session.id]);
      expect(rows).toEqual([{ end_reason: 'TOKEN_REUSED' }]);

      const { databaseUrl, clock, keys } = server;
      const { client } = await start({ databaseUrl, clock, keys, blacklistAfterRotation });
      expect(accessOf(await client.me(second.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      expect(refusalOf(await client.tryRefresh(second.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    });

    test('an older ancestor ends the session even within the leeway', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      const third = await server.client.refresh(second.refreshToken);
      expect(await refusalOfRefresh(first.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
      await expectDead(third);
    });

    test('an ancestor from long ago ends the session too', async () => {
      const first = await newcomer();
      let last = await server.client.refresh(first.refreshToken);
      for (let count = 0; count < 3; count += 1) {
        await passTime(server, MINUTE);
        last = await server.client.refresh(last.refreshToken);
      }
      expect(await refusalOfRefresh(first.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
      await expectDead(last);
    });

    test('verifyToken refuses the previous token within the leeway, and the session lives on', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      expect(await server.client.verify(first.refreshToken)).toMatchObject({ isValid: false, reason: 'TOKEN_ROTATED' });
      await server.client.refresh(second.refreshToken);
    });

    test('verifyToken ends the session when it is given a superseded token after the leeway', async () => {
      const first = await newcomer();
      const second = await server.client.refresh(first.refreshToken);
      await passTime(server, LEEWAY + 1);
      expect(await server.client.verify(first.refreshToken)).toMatchObject({ isValid: false, reason: 'TOKEN_REUSED' });
      await expectDead(second);
    });

    test('a thief who refreshed first loses the session when the owner comes back', async () => {
      const owner = await newcomer();
      let thief = await server.client.refresh(owner.refreshToken);
      await passTime(server, 5 * MINUTE);
      thief = await server.client.refresh(thief.refreshToken);
      await passTime(server, 5 * MINUTE);
      expect(await refusalOfRefresh(owner.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
      await expectDead(thief);
    });

    test('a theft ends no other session of the user, and no session of another user', async () => {
      const email = someEmail();
      const laptop = await server.client.register(email);
      const phone = await server.client.login(email);
      const stranger = await newcomer();
      const next = await server.client.refresh(laptop.refreshToken);
      await passTime(server, LEEWAY + 1);
      await server.client.tryRefresh(laptop.refreshToken);
      await expectDead(next);

      const { data } = await server.client.sessions(phone.accessToken);
      expect(data.sessions.map(({ id }: { id: string }) => id)).toEqual([phone.session.id]);
      for (const pair of [phone, stranger]) await server.client.refresh(pair.refreshToken);
    });

    test('a superseded token that has expired is no sign of theft: it is merely refused', async () => {
      const first = await newcomer();
      let last = await server.client.refresh(first.refreshToken);
      for (let day = 0; day < 8; day += 4) {
        await passTime(server, 4 * 24 * 60 * MINUTE);
        last = await server.client.refresh(last.refreshToken);
      }
      expect(await refusalOfRefresh(first.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
      expect(await accessWith(last.accessToken)).toBe('good');
    });
  });

  test('a token that was exchanged before rotated tokens were blacklisted is still a sign of theft afterwards', async () => {
    const clock = new ManualClock();
    const databaseUrl = await database.fresh();
    const before = await start({ databaseUrl, clock, blacklistAfterRotation: false });
    const first = await before.client.register();
    clock.advance(5 * SECOND);
    const second = await before.client.refresh(first.refreshToken);
    clock.advance(5 * SECOND);
    const third = await before.client.refresh(second.refreshToken);
    await before.stop();

    const { client } = await start({ databaseUrl, clock, keys: before.keys, blacklistAfterRotation: true });
    expect(refusalOf(await client.tryRefresh(first.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
    expect(refusalOf(await client.tryRefresh(third.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
  });

  test('the leeway is configurable', async () => {
    const { client, clock } = await start({ databaseUrl: await database.fresh(), reuseLeeway: '2s' });
    const first = await client.register();
    await client.refresh(first.refreshToken);
    clock.advance(2 * SECOND);
    expect(refusalOf(await client.tryRefresh(first.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
    clock.advance(1);
    expect(refusalOf(await client.tryRefresh(first.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
  });
});

onEachDatabase((database) => {
  describe.each(SETTINGS)('a database restored from a backup, %s', (_name, blacklistAfterRotation) => {
    test('refuses a token that is newer than the backup, and the session lives on', async () => {
      const databaseUrl = await database.fresh();
      const clock = new ManualClock();
      const beforeBackup = await start({ databaseUrl, clock, blacklistAfterRotation });
      const setUp = { databaseUrl, clock, keys: beforeBackup.keys, blacklistAfterRotation };
      const kept = await beforeBackup.client.register();
      await beforeBackup.stop();
      const restore = await backUp(databaseUrl);

      const afterBackup = await start(setUp);
      clock.advance(MINUTE);
      const second = await afterBackup.client.refresh(kept.refreshToken);
      clock.advance(MINUTE);
      const third = await afterBackup.client.refresh(second.refreshToken);
      await afterBackup.stop();
      await restore();

      const { client } = await start(setUp);
      for (const { refreshToken } of [second, third]) {
        expect(refusalOf(await client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');
        expect(await client.verify(refreshToken)).toMatchObject({ isValid: false, reason: 'TOKEN_INVALID' });
      }
      const { session } = await client.refresh(kept.refreshToken);
      expect(session.id).toBe(kept.session.id);
    });
  });
});

/** Copies the tables that a refresh changes. The function that it returns restores them. */
async function backUp(databaseUrl: string): Promise<() => Promise<void>> {
  const tables = ['simplejwt_session', 'simplejwt_blacklisted_token', 'simplejwt_security_event'];
  for (const table of tables) await runSql(databaseUrl, `create table backup_of_${table} as select * from ${table}`);
  return async () => {
    for (const table of tables) {
      await runSql(databaseUrl, `delete from ${table}`);
      await runSql(databaseUrl, `insert into ${table} select * from backup_of_${table}`);
    }
  };
}
