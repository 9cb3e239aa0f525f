import type { HostClaims } from '../src/index.ts';
import { administrateWell, countRows, tryChangePassword } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood } from './support/expect-tokens.ts';
import { type Answer, type Pair, PASSWORD } from './support/graphql-client.ts';
import { refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { startTwoServers } from './support/two-servers.ts';

const KEY = 'a-key-of-one-refresh-0123456789';
const REVOKED = 'INVALID_REFRESH_TOKEN TOKEN_REVOKED';

/** Runs once, after the account is read and before its next access token is signed. */
let meanwhile: (() => Promise<unknown>) | null = null;
const claims: HostClaims = {
  namespace: 'https://example.com/claims',
  async compute() {
    const change = meanwhile;
    meanwhile = null;
    await change?.();
    return {};
  },
};

onEachDatabase((database) => {
  let here: TestAuth;
  let there: TestAuth;
  let administrator: Pair;
  beforeAll(async () => {
    ({ here, there, administrator } = await startTwoServers(await database.fresh(), { claims }));
  });
  afterAll(() => Promise.all([here.stop(), there.stop()]));

  const operate = (operation: 'setUserRoles' | 'deactivateUser' | 'deleteUser', id: string, roles: string[] = []) =>
    administrateWell(there.client, operation, id, administrator.accessToken, roles);

  /** A user with a role and a session. */
  async function editor(): Promise<{ email: string; pair: Pair }> {
    const email = someEmail();
    const { user } = await here.client.register(email);
    await operate('setUserRoles', user.id, ['EDITOR']);
    return { email, pair: await here.client.login(email) };
  }

  /** Asks for a pair. Before the pair is signed, the account changes at another process. */
  async function askWhile(asked: string, change: (pair: Pair) => Promise<unknown>): Promise<Answer> {
    const { email, pair } = await editor();
    const { refreshToken } = pair;
    if (asked === 'retry') await here.client.refresh(refreshToken, KEY);
    meanwhile = async () => change(pair);
    const answer =
      asked === 'login' ? await here.client.tryLogin(email) : await here.client.tryRefresh(refreshToken, KEY);
    expect(meanwhile).toBeNull();
    return answer;
  }

  const liveSessions = async () => countRows(here, 'simplejwt_session', 'ended_at is null');

  test.each(['refresh', 'retry', 'login'])('a role that is removed during a %s is not in its answer', async (asked) => {
    const answer = await askWhile(asked, ({ user }) => operate('setUserRoles', user.id));
    const pair: Pair = answer.data.refreshToken ?? answer.data.login;
    expect(claimsOf(pair.accessToken)['roles']).toEqual([]);
    await expectGood(there.client, pair);
  });

  test.each([
    ['refresh', REVOKED],
    ['retry', REVOKED],
    ['login', 'INVALID_CREDENTIALS'],
  ])(
    'a %s gives no pair when the account is deactivated, deleted or given another password meanwhile',
    async (asked, refusal) => {
      const before = await liveSessions();
      const changes: ((pair: Pair) => Promise<unknown>)[] = [
        ({ user }) => operate('deactivateUser', user.id),
        ({ user }) => operate('deleteUser', user.id),
        ({ accessToken }) => tryChangePassword(there.client, accessToken, PASSWORD, 'another horse entirely'),
      ];
      for (const change of changes) expect(refusalOf(await askWhile(asked, change))).toBe(refusal);
      // The additional session is the one that the change of password opened.
      expect(await liveSessions()).toBe(before + 1);
    },
  );

  test.each(['refresh', 'retry'])('a %s gives no pair when the session is ended meanwhile', async (asked) => {
    const answer = await askWhile(asked, ({ accessToken }) => there.client.logout(accessToken));
    expect(refusalOf(answer)).toBe(REVOKED);
  });
});
