import {
  ADMIN_OPERATIONS,
  type AdminOperation,
  administrate,
  administrateWell,
  newAdministrator,
  securityEvents,
  tryUsers,
} from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked, expectRevokedSoon } from './support/expect-tokens.ts';
import { type Pair, PASSWORD } from './support/graphql-client.ts';
import { MINUTE } from './support/manual-clock.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { startTwoServers } from './support/two-servers.ts';
import { useServers } from './support/use-servers.ts';

const NOBODY = '01900000-0000-7000-8000-000000000000';
/** The mutations that can remove an administrator. */
const REMOVALS = ['deactivateUser', 'deleteUser', 'setUserRoles'] as const;

const start = useServers();

onEachDatabase((database) => {
  describe('administration', () => {
    let here: TestAuth;
    let there: TestAuth;
    let administrator: Pair;
    beforeAll(async () => {
      ({ here, there, administrator } = await startTwoServers(await database.fresh()));
    });
    afterAll(() => Promise.all([here.stop(), there.stop()]));

    const newcomer = () => here.client.register(someEmail());

    test.each(ADMIN_OPERATIONS)('only an administrator may run %s', async (operation) => {
      const target = await newcomer();
      const other = await newcomer();
      expect(refusalOf(await administrate(here.client, operation, target.user.id))).toBe(
        'UNAUTHENTICATED TOKEN_MISSING',
      );
      for (const pair of [other, target]) {
        const answer = await administrate(here.client, operation, target.user.id, pair.accessToken);
        expect(refusalOf(answer)).toBe('FORBIDDEN ROLE_MISSING');
      }
      await expectGood(here.client, target);
      await administrateWell(here.client, operation, target.user.id, administrator.accessToken);
    });

    test('only an administrator may list the users', async () => {
      expect(refusalOf(await tryUsers(here.client))).toBe('UNAUTHENTICATED TOKEN_MISSING');
      const { accessToken } = await newcomer();
      expect(refusalOf(await tryUsers(here.client, accessToken))).toBe('FORBIDDEN ROLE_MISSING');
    });

    test('an administrator sees the users, the latest first, and nothing of their passwords', async () => {
      const email = someEmail();
      await passTime(here, MINUTE);
      await passTime(there, 0);
      const { user } = await here.client.register(email);
      const { data, text } = await tryUsers(here.client, administrator.accessToken, { first: 1 });
      const now = new Date(here.clock.now()).toISOString();
      expect(data.users.edges[0].node).toEqual({
        id: user.id,
        email,
        roles: [],
        isActive: true,
        createdAt: now,
        lastLoginAt: now,
      });
      expect(data.users.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
      expect(text).not.toMatch(/hash|\$2b\$/);
    });

    test('a user who loses the role is no longer an administrator, with an old token or a new one', async () => {
      const former = await newAdministrator(here);
      await administrateWell(here.client, 'setUserRoles', former.user.id, administrator.accessToken);
      expect(refusalOf(await tryUsers(here.client, former.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      const { accessToken } = await here.client.refresh(former.refreshToken);
      expect(refusalOf(await tryUsers(there.client, accessToken))).toBe('FORBIDDEN ROLE_MISSING');
    });

    test.each(ADMIN_OPERATIONS)(
      '%s answers NOT_FOUND for the id of no user and for text that is not an id',
      async (operation) => {
        const { user } = await newcomer();
        for (const id of [
          NOBODY,
          administrator.session.id,
          '',
          ' ',
          'nobody',
          '1',
          `${user.id} `,
          user.id.toUpperCase(),
          user.id.replaceAll('-', ''),
          `{${user.id}}`,
          "' or '1' = '1",
          '\0',
          '\ud800',
          'x'.repeat(10_000),
        ]) {
          const answer = await administrate(here.client, operation, id, administrator.accessToken);
          expect(errorOf(answer).extensions).toEqual({ code: 'NOT_FOUND' });
        }
      },
    );

    test('endUserSessions ends all sessions of a user, at once here and within the poll elsewhere, and lets the user log in again', async () => {
      const laptop = await newcomer();
      const phone = await here.client.refresh((await here.client.login(laptop.user.email)).refreshToken);
      const stranger = await newcomer();
      const ended = await administrateWell(here.client, 'endUserSessions', laptop.user.id, administrator.accessToken);
      expect(ended.endedSessions).toBe(2);
      expect(ended.endedSessionIds.toSorted()).toEqual([laptop.session.id, phone.session.id].toSorted());
      for (const pair of [laptop, phone]) {
        await expectRevoked(here.client, pair);
        await expectRevokedSoon(there.client, pair);
      }
      await expectGood(there.client, await expectGood(here.client, stranger));
      await expectGood(here.client, await here.client.login(laptop.user.email));
    });

    test('endUserSessions ends 0 sessions of a user who has none', async () => {
      const { user } = await newcomer();
      await administrateWell(here.client, 'endUserSessions', user.id, administrator.accessToken);
      const ended = await administrateWell(here.client, 'endUserSessions', user.id, administrator.accessToken);
      expect(ended).toEqual({ endedSessions: 0, endedSessionIds: [] });
    });

    test('register makes no administrator: it refuses roles in its input', async () => {
      const answer = await here.client.run(
        'mutation ($input: RegisterInput!) { register(input: $input) { user { roles } } }',
        { input: { email: someEmail(), password: PASSWORD, roles: ['ADMIN'] } },
      );
      expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.roles', reason: 'UNKNOWN_FIELD' }]);
    });
  });

  describe('the last administrator', () => {
    const remove = (server: TestAuth, operation: AdminOperation, id: string, accessToken: string, roles?: string[]) =>
      administrate(server.client, operation, id, accessToken, roles);

    test.each(REMOVALS)('cannot be removed by %s', async (operation) => {
      const server = await start({ databaseUrl: await database.fresh() });
      const only = await newAdministrator(server);
      const answer = await remove(server, operation, only.user.id, only.accessToken);
      expect(errorOf(answer).extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.id', reason: 'LAST_ADMINISTRATOR' }],
      });
      const events = await securityEvents(server.client, only.accessToken);
      expect(events.map(({ type }) => type)).not.toContain('ROLES_CHANGED');
      await expectGood(server.client, only);
    });

    test.each(REMOVALS)('cannot be removed by %s when the other administrators are deactivated', async (operation) => {
      const server = await start({ databaseUrl: await database.fresh() });
      const active = await newAdministrator(server);
      const other = await newAdministrator(server);
      await administrateWell(server.client, 'deactivateUser', other.user.id, active.accessToken);
      const answer = await remove(server, operation, active.user.id, active.accessToken);
      expect(refusalOf(answer)).toBe('BAD_USER_INPUT');
      await expectGood(server.client, active);
    });

    test('cannot be removed when the other users only have roles with a similar name', async () => {
      const server = await start({ databaseUrl: await database.fresh() });
      const only = await newAdministrator(server);
      for (const role of ['admin', 'Admin', 'ADMINISTRATOR', 'SUPER_ADMIN', 'ADMIN.']) {
        const { user } = await server.client.register(someEmail());
        await administrateWell(server.client, 'setUserRoles', user.id, only.accessToken, [role]);
      }
      for (const operation of REMOVALS) {
        expect(refusalOf(await remove(server, operation, only.user.id, only.accessToken))).toBe('BAD_USER_INPUT');
      }
      await expectGood(server.client, only);
    });

    test('may change other roles, and may be removed when there is a second administrator', async () => {
      const server = await start({ databaseUrl: await database.fresh() });
      const { user, refreshToken } = await newAdministrator(server);
      let pair = await server.client.refresh(refreshToken);
      await administrateWell(server.client, 'setUserRoles', user.id, pair.accessToken, ['ADMIN', 'EDITOR']);
      pair = await server.client.refresh(pair.refreshToken);
      const second = await newAdministrator(server);
      await administrateWell(server.client, 'setUserRoles', user.id, pair.accessToken, ['EDITOR']);
      expect(refusalOf(await remove(server, 'deleteUser', second.user.id, second.accessToken))).toBe('BAD_USER_INPUT');
    });

    test.each(REMOVALS)(
      'remains when two administrators remove each other at the same time by %s',
      async (operation) => {
        const databaseUrl = await database.fresh();
        const here = await start({ databaseUrl });
        const there = await start({ databaseUrl, keys: here.keys, clock: here.clock });
        const keeper = await newAdministrator(here);
        const [one, other] = [await newAdministrator(here), await newAdministrator(here)] as const;
        await administrateWell(here.client, 'deactivateUser', keeper.user.id, keeper.accessToken);
        for (let round = 0; round < 10; round += 1) {
          const [ours, theirs] = [await here.client.login(one.user.email), await here.client.login(other.user.email)];
          const answers = await Promise.all([
            remove(here, operation, other.user.id, ours.accessToken),
            remove(there, operation, one.user.id, theirs.accessToken),
          ]);
          const succeeded = answers.filter((answer) => answer.data?.[operation]);
          expect(succeeded).toHaveLength(1);
          const survivor = answers[0] === succeeded[0] ? one : other;
          const removed = survivor === one ? other : one;
          const { accessToken } = await here.client.login(survivor.user.email);
          if (operation === 'deleteUser') {
            await here.auth.createUser({ email: removed.user.email, password: PASSWORD, roles: ['ADMIN'] });
            const { user } = await here.client.login(removed.user.email);
            Object.assign(removed, { user });
          } else {
            await administrateWell(here.client, 'activateUser', removed.user.id, accessToken);
            await administrateWell(here.client, 'setUserRoles', removed.user.id, accessToken, ['ADMIN']);
          }
        }
      },
    );
  });
});
