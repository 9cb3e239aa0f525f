import { Query, Resolver } from 'type-graphql';
import { Authorized } from '../src/index.ts';
import { administrate, administrateWell, failInserts, newAdministrator, securityEvents } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood } from './support/expect-tokens.ts';
import type { Answer, GraphQLClient, Pair } from './support/graphql-client.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { startTwoServers } from './support/two-servers.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

@Resolver()
class ReportResolver {
  @Authorized('EDITOR')
  @Query(() => String, { nullable: true })
  report(): string {
    return 'for editors only';
  }
}

const OUT_OF_DATE = { code: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED', refreshable: true };

const start = useServers();

onEachDatabase((database) => {
  let here: TestAuth;
  let there: TestAuth;
  let administrator: Pair;
  beforeAll(async () => {
    ({ here, there, administrator } = await startTwoServers(await database.fresh(), { resolvers: [ReportResolver] }));
  });
  afterAll(() => Promise.all([here.stop(), there.stop()]));

  const setRoles = (id: string, ...roles: string[]) =>
    administrateWell(here.client, 'setUserRoles', id, administrator.accessToken, roles);
  const report = (client: GraphQLClient, accessToken: string): Promise<Answer> =>
    client.run('{ report }', {}, accessToken);
  async function editor(): Promise<Pair> {
    const email = someEmail();
    const { user } = await here.client.register(email);
    await setRoles(user.id, 'EDITOR');
    return here.client.login(email);
  }

  test('a new role is in the next token', async () => {
    const pair = await here.client.register(someEmail());
    expect(errorOf(await report(here.client, pair.accessToken)).extensions.code).toBe('FORBIDDEN');
    expect((await setRoles(pair.user.id, 'EDITOR')).roles).toEqual(['EDITOR']);
    const next = await here.client.refresh(pair.refreshToken);
    expect(claimsOf(next.accessToken)['roles']).toEqual(['EDITOR']);
    expect((await report(there.client, next.accessToken)).data).toEqual({ report: 'for editors only' });
  });

  test('a removed role is in no token from then on, by refresh, by retry or by login', async () => {
    const key = 'a-key-of-one-refresh-0123456789';
    const email = someEmail();
    const { user } = await here.client.register(email);
    await setRoles(user.id, 'EDITOR');
    const phone = await here.client.login(email);
    const next = await here.client.refresh(phone.refreshToken, key);
    expect(claimsOf(next.accessToken)['roles']).toEqual(['EDITOR']);
    await setRoles(user.id);
    const later = [
      await there.client.refresh(phone.refreshToken, key),
      await there.client.refresh(next.refreshToken),
      await there.client.login(email),
    ];
    for (const { accessToken } of later) {
      expect(claimsOf(accessToken)['roles']).toEqual([]);
      expect(refusalOf(await report(there.client, accessToken))).toBe('FORBIDDEN ROLE_MISSING');
    }
  });

  test('a change of roles is in force at once here and within the poll elsewhere, for existing access tokens too', async () => {
    const pair = await editor();
    expect((await report(there.client, pair.accessToken)).data.report).toBe('for editors only');
    await setRoles(pair.user.id);
    expect(errorOf(await report(here.client, pair.accessToken)).extensions).toEqual(OUT_OF_DATE);
    expect(await here.client.verify(pair.accessToken)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
    await waitUntil(async () => (await report(there.client, pair.accessToken)).errors.length > 0);
    expect(errorOf(await report(there.client, pair.accessToken)).extensions).toEqual(OUT_OF_DATE);
  });

  test('a change of roles is in force within one document', async () => {
    const pair = await newAdministrator(here);
    const { data, errors } = await here.client.run(
      `mutation ($input: SetUserRolesInput!) {
        first: setUserRoles(input: $input) { roles }
        second: setUserRoles(input: $input) { roles }
      }`,
      { input: { id: pair.user.id, roles: [] } },
      pair.accessToken,
    );
    expect(data).toEqual({ first: { roles: [] }, second: null });
    expect(errors.map(({ path, extensions }) => ({ path, extensions }))).toEqual([
      { path: ['second'], extensions: OUT_OF_DATE },
    ]);
  });

  test('a change of roles ends no session: each goes on with its refresh token', async () => {
    const email = someEmail();
    const laptop = await here.client.register(email);
    const phone = await here.client.login(email);
    await setRoles(laptop.user.id, 'EDITOR');
    for (const pair of [laptop, phone]) {
      const next = await there.client.refresh(pair.refreshToken);
      expect(next.session.id).toBe(pair.session.id);
      await expectGood(here.client, next);
    }
    expect((await here.client.sessions((await here.client.login(email)).accessToken)).data.sessions).toHaveLength(3);
  });

  test('a change of roles refuses no token of another user', async () => {
    const pair = await editor();
    const stranger = await editor();
    await setRoles(pair.user.id);
    await waitUntil(async () => accessOf(await there.client.me(pair.accessToken)) !== 'good');
    await expectGood(there.client, await expectGood(here.client, stranger));
  });

  test('a change of roles is in force on a process that starts later', async () => {
    const pair = await editor();
    await setRoles(pair.user.id);
    const { databaseUrl, keys, clock } = here;
    const restarted = await start({ databaseUrl, keys, clock, blacklistPoll: '30s', resolvers: [ReportResolver] });
    expect(errorOf(await report(restarted.client, pair.accessToken)).extensions).toEqual(OUT_OF_DATE);
  });

  test('the same roles in any order change nothing and refuse no token', async () => {
    const { user } = await editor();
    await setRoles(user.id, 'EDITOR', 'AUTHOR');
    const pair = await here.client.login(user.email);
    const events = await securityEvents(here.client, pair.accessToken);
    expect((await setRoles(user.id, 'AUTHOR', 'EDITOR', 'AUTHOR')).roles).toEqual(['EDITOR', 'AUTHOR']);
    expect(await securityEvents(here.client, pair.accessToken)).toEqual(events);
    await expectGood(here.client, pair);
  });

  test('an invalid role is refused, and the roles stay', async () => {
    const pair = await editor();
    const many = Array.from({ length: 33 }, (_, index) => `ROLE_${index}`);
    for (const roles of [[''], ['two words'], ['A,B'], ['"ADMIN"'], ['É'], ['x'.repeat(65)], many]) {
      const answer = await administrate(here.client, 'setUserRoles', pair.user.id, administrator.accessToken, roles);
      expect(errorOf(answer).extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.roles', reason: 'ROLE_INVALID' }],
      });
    }
    expect((await report(here.client, pair.accessToken)).data.report).toBe('for editors only');
  });

  test('the roles stay when the event cannot be recorded', async () => {
    const pair = await editor();
    const mend = await failInserts(here.databaseUrl, 'simplejwt_security_event');
    const answer = await administrate(here.client, 'setUserRoles', pair.user.id, administrator.accessToken);
    await mend();
    expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
    expect((await report(here.client, pair.accessToken)).data.report).toBe('for editors only');
    await expectGood(there.client, await expectGood(here.client, pair));
  });
});
