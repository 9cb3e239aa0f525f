import { administrateWell, failInserts, newAdministrator } from './support/accounts.ts';
import { parseSetCookie } from './support/cookie-jar.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { symmetricKey } from './support/key-rings.ts';
import { DAY, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { ACCESS, COOKIE_DELIVERIES, CSRF, Page, REFRESH, setCookiesOf } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { claimsOf, TOKEN_PART } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
let server: TestAuth;
let page: Page;
beforeEach(async () => {
  server = await start();
  page = new Page(server);
});

const KEY = 'a-random-key-of-22-chars';
const REUSED = 11 * SECOND;

describe.each(COOKIE_DELIVERIES)('%s', (delivery) => {
  const isAll = delivery === 'COOKIES';
  const names = isAll ? [ACCESS, REFRESH, CSRF] : [REFRESH, CSRF];

  /** No answer may show the content of a credential cookie. */
  function expectHidden(text: string): void {
    for (const name of isAll ? [ACCESS, REFRESH] : [REFRESH]) {
      const value = page.jar.get(name);
      const [header, payload] = value?.split('.') ?? [];
      for (const part of [header, payload]) expect(part).toMatch(TOKEN_PART);
      expect(text).not.toContain(String(value));
    }
  }

  test.each(['register', 'login', 'refreshToken', 'changePassword'])(
    'the body of %s contains no token that is in a cookie',
    async (operation) => {
      const registered = await page.tryRegister(delivery);
      const answers = {
        register: async () => registered,
        login: async () => page.tryLogin(delivery),
        refreshToken: async () => page.tryRefresh(),
        changePassword: async () =>
          page.changePassword(PASSWORD, 'a newer horse battery', {
            authorization: isAll ? undefined : `Bearer ${registered.data.register.accessToken}`,
          }),
      };
      const answer = await answers[operation as keyof typeof answers]();

      const pair = answer.data[operation];
      expect(pair.refreshToken).toBeNull();
      expect(pair.accessToken === null).toBe(isAll);
      expect(pair.csrfToken).toBe(page.jar.get(CSRF));
      expectHidden(answer.text);
      expect(page.jar.names().toSorted()).toEqual(names.toSorted());
      expect(page.jar.readableNames()).toEqual([CSRF]);
      expect(claimsOf(String(page.jar.get(REFRESH))).sid).toBe(pair.session.id);
    },
  );

  test('the page is still logged in after a reload', async () => {
    const { user } = await page.register(delivery);

    page.reload();

    if (!isAll) await page.refresh();
    expect((await page.me()).data.me.id).toBe(user.id);
  });

  test('TOKEN_MISSING is refreshable after a reload, because the request has a refresh cookie', async () => {
    await page.register(delivery);
    const cookie = `${REFRESH}=${page.jar.get(REFRESH)}`;

    page.reload();

    expect(errorOf(await page.me({ cookie })).extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
      refreshable: true,
    });
  });

  test('a refresh helps when the access token has expired', async () => {
    await page.register(delivery);

    await passTime(server, 16 * MINUTE);

    expect(errorOf(await page.me()).extensions).toMatchObject({ code: 'UNAUTHENTICATED', refreshable: true });
    await page.refresh();
    expect(accessOf(await page.me())).toBe('good');
  });

  test('the session remembers its delivery for every later pair, even if the token comes in the input', async () => {
    await page.register(delivery);
    const refreshToken = page.jar.get(REFRESH);

    const answer = await page.tryRefresh({ refreshToken }, { cookie: undefined });

    expect(answer.data.refreshToken).toMatchObject({ refreshToken: null });
    expect(setCookiesOf(answer)).not.toHaveLength(0);
    expectHidden(answer.text);
  });

  test('a refresh by cookie sets new cookies, and the old ones are refused', async () => {
    await page.register(delivery);
    const old = page.jar.get(REFRESH);

    await page.refresh();

    expect(page.jar.get(REFRESH)).not.toBe(old);
    const again = await server.client.tryRefresh(String(old));
    expect(refusalOf(again)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
  });

  test('TOKEN_ROTATED neither sets nor clears a cookie, because the winner has set them', async () => {
    await page.register(delivery);
    const late = new Page(server, undefined, page.jar.copy());
    await page.refresh();

    const answer = await late.tryRefresh();

    expect(refusalOf(answer)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
    expect(setCookiesOf(answer)).toEqual([]);
  });

  test('the browser stays logged in after ten simultaneous refreshes by one cookie, in any order of their answers', async () => {
    await page.register(delivery);

    const answers = await Promise.all(Array.from({ length: 10 }, () => page.tryRefresh()));

    const won = answers.filter(({ errors }) => errors.length === 0);
    expect(won).toHaveLength(1);
    expect(answers.filter((answer) => setCookiesOf(answer).length > 0)).toEqual(won);
    page.accessToken = won[0]?.data.refreshToken.accessToken;
    expect(accessOf(await page.me())).toBe('good');
    await page.refresh();
  });

  test('a retry with its idempotency key sets the same refresh cookie', async () => {
    await page.register(delivery);
    const lost = new Page(server, undefined, page.jar.copy());
    await lost.refresh({ idempotencyKey: KEY });

    server.clock.advance(MINUTE);
    await page.refresh({ idempotencyKey: KEY });

    expect(page.jar.get(REFRESH)).toBe(lost.jar.get(REFRESH));
    expect(page.jar.get(CSRF)).toBe(lost.jar.get(CSRF));
  });

  test('TOKEN_REUSED clears the cookies', async () => {
    await page.register(delivery);
    const thief = new Page(server, undefined, page.jar.copy());
    await thief.refresh();
    server.clock.advance(REUSED);

    expect(refusalOf(await page.tryRefresh())).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');

    expect(page.jar.names()).toEqual([]);
  });

  test('a refresh that fails inside the server does not change the cookies', async () => {
    await page.register(delivery);
    await failInserts(server.databaseUrl, 'simplejwt_blacklisted_token');

    const answer = await page.tryRefresh();

    expect(answer.data.refreshToken).toBeNull();
    expect(setCookiesOf(answer)).toEqual([]);
  });

  test('a token in the input is never replaced by the cookie', async () => {
    await page.register(delivery);

    for (const refreshToken of ['', 'garbage']) {
      const answer = await page.tryRefresh({ refreshToken });
      expect(refusalOf(answer)).toMatch(/^INVALID_REFRESH_TOKEN TOKEN_(MISSING|INVALID)$/);
      expect(setCookiesOf(answer)).toEqual([]);
    }
    await page.refresh();
  });

  test('a Bearer header is never replaced by the cookie', async () => {
    await page.register(delivery);

    for (const authorization of ['Bearer', 'Bearer garbage', `bearer ${page.jar.get(REFRESH)}`]) {
      expect(refusalOf(await page.me({ authorization }))).toBe('UNAUTHENTICATED TOKEN_INVALID');
    }
  });

  test('logout clears the cookies and ends the session', async () => {
    await page.register(delivery);
    const [access, refresh] = [page.jar.get(ACCESS) ?? page.accessToken, page.jar.get(REFRESH)];
    page.reload();

    const answer = await page.logout();

    expect(answer.data.logout.endedSessions).toBe(1);
    expect(page.jar.names()).toEqual([]);
    expect(refusalOf(await server.client.me(String(access)))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect(refusalOf(await server.client.tryRefresh(String(refresh)))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
  });

  test.each([
    ['that has ended', async () => server.auth.blacklistToken(String(page.jar.get(REFRESH)))],
    ['that has expired', async () => server.clock.advance(8 * DAY)],
    [
      'whose token was used again',
      async () => {
        const old = page.jar.copy();
        await page.refresh();
        page = new Page(server, undefined, old);
        server.clock.advance(REUSED);
      },
    ],
    ['of a user who was deleted', async () => deleteUser(server, EMAIL)],
  ])('logout clears the cookies of a session %s', async (_state, happen) => {
    await page.register(delivery);
    page.reload();
    const headers = { cookie: page.jar.header(), 'x-csrf-token': page.jar.get(CSRF) };
    await happen();
    page.reload();

    const answer = await page.logout(null, headers);

    expect(answer.errors).toEqual([]);
    const cleared = setCookiesOf(answer).map(parseSetCookie);
    expect(cleared.map(({ name }) => name)).toEqual([ACCESS, REFRESH, CSRF]);
    expect(cleared.map(({ attributes }) => attributes.get('max-age'))).toEqual(['0', '0', '0']);
  });

  test('a logout of the other sessions keeps the cookies, and a logout of all sessions clears them', async () => {
    await page.register(delivery);
    await server.client.login();
    page.reload();

    const others = await page.logout({ scope: 'OTHER_SESSIONS' });
    expect(others.data.logout.endedSessions).toBe(1);
    expect(page.jar.names()).toHaveLength(names.length);

    const all = await page.logout({ scope: 'ALL_SESSIONS' });
    expect(all.data.logout.endedSessions).toBe(1);
    expect(page.jar.names()).toEqual([]);
  });

  test('logout judges the token of its input and the header, and ignores the cookies', async () => {
    const somebody = await server.client.register(someEmail());
    await page.register(delivery);
    page.reload();

    const answer = await page.logout({ refreshToken: somebody.refreshToken }, { 'x-csrf-token': undefined });

    expect(answer.data?.logout?.endedSessionIds).toEqual([somebody.session.id]);
  });

  test('a logout that is authenticated by header needs no CSRF token', async () => {
    const { session } = await page.register(delivery);
    const bearer = page.accessToken ?? page.jar.get(ACCESS);

    const answer = await page.logout(null, { authorization: `Bearer ${bearer}`, 'x-csrf-token': undefined });

    expect(answer.data?.logout?.endedSessionIds).toEqual([session.id]);
    expect(page.jar.names()).toEqual([]);
  });

  test('a logout with the header of one user and the cookie of another ends nothing, and clears the cookies', async () => {
    const somebody = await server.client.register(someEmail());
    await page.register(delivery);

    const answer = await page.logout(null, { authorization: `Bearer ${somebody.accessToken}` });

    expect(answer.data.logout.endedSessions).toBe(0);
    expect(page.jar.names()).toEqual([]);
    expect(accessOf(await server.client.me(somebody.accessToken))).toBe('good');
  });

  describe('with cookies that can no longer be verified', () => {
    beforeEach(async () => {
      await page.register(delivery);
      page.reload();
      const restarted = await start({
        databaseUrl: server.databaseUrl,
        clock: server.clock,
        keys: {
          keys: [
            symmetricKey('access'),
            symmetricKey('refresh'),
            ...server.keys.keys.filter(({ purpose }) => purpose === 'password'),
          ],
        },
      });
      page = new Page(restarted, undefined, page.jar);
    });

    test('a login needs no CSRF token, and sets new cookies', async () => {
      expect((await page.tryLogin(delivery, EMAIL, { 'x-csrf-token': undefined })).errors).toEqual([]);

      await page.refresh();
      expect(accessOf(await page.me())).toBe('good');
    });

    test('a login with the delivery BODY clears the cookies', async () => {
      await page.login('BODY');

      expect(page.jar.names()).toEqual([]);
    });

    test('a registration needs no CSRF token', async () => {
      const answer = await page.tryRegister(delivery, someEmail(), { 'x-csrf-token': undefined });

      expect(answer.errors).toEqual([]);
    });

    test('a logout needs no CSRF token, and clears the cookies', async () => {
      const answer = await page.logout(null, { 'x-csrf-token': undefined });

      expect(answer.data.logout.endedSessions).toBe(0);
      expect(page.jar.names()).toEqual([]);
    });

    test('a refresh is refused and clears the cookies, so that the page does not loop', async () => {
      expect(refusalOf(await page.tryRefresh())).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');

      expect(page.jar.names()).toEqual([]);
      expect(errorOf(await page.me()).extensions).toEqual({
        code: 'UNAUTHENTICATED',
        reason: 'TOKEN_MISSING',
        refreshable: false,
      });
    });
  });

  test('CSRF tokens stay valid through a rotation of keys, as long as the old refresh key is in the ring', async () => {
    await page.register(delivery);
    page.reload();
    const restarted = await start({
      databaseUrl: server.databaseUrl,
      clock: server.clock,
      keys: { keys: [symmetricKey('access'), symmetricKey('refresh'), ...server.keys.keys] },
    });
    const later = new Page(restarted, undefined, page.jar);
    const old = later.jar.get(CSRF);

    await later.refresh();

    expect(later.jar.get(CSRF)).not.toBe(old);
    expect((await later.tryRefresh(null, { 'x-csrf-token': old })).errors).toEqual([]);
  });

  test('a refresh and a login in the same document are both refused, and no cookie changes', async () => {
    await page.register(delivery);
    const before = page.jar.header();

    const answer = await page.run(
      `mutation ($input: LoginInput!) {
        refreshToken { session { id } }
        login(input: $input) { session { id } }
      }`,
      { input: { email: EMAIL, password: PASSWORD, delivery } },
    );

    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual([
      'TOO_MANY_CREDENTIAL_OPERATIONS',
      'TOO_MANY_CREDENTIAL_OPERATIONS',
    ]);
    expect(page.jar.header()).toBe(before);
    expect((await page.tryRefresh()).errors).toEqual([]);
  });

  test('a change of password keeps the delivery of the session', async () => {
    await page.register(delivery);

    const { data } = await page.changePassword(PASSWORD, 'a newer horse battery');

    expect(data.changePassword.refreshToken).toBeNull();
    page.accessToken = data.changePassword.accessToken;
    await page.refresh();
    expect(accessOf(await page.me())).toBe('good');
  });
});

test('a pair in the body sets no cookie, and has no CSRF token', async () => {
  const answer = await page.tryRegister('BODY');

  expect(setCookiesOf(answer)).toEqual([]);
  expect(answer.data.register.csrfToken).toBeNull();
  const next = await page.tryRefresh({ refreshToken: answer.data.register.refreshToken });
  expect(next.data.refreshToken.refreshToken).toMatch(TOKEN_PART);
  expect(setCookiesOf(next)).toEqual([]);
});

test('a login with the delivery BODY does not change the cookies of a live session', async () => {
  await page.register('COOKIES');
  const before = page.jar.header();

  await page.login('BODY');

  expect(page.jar.header()).toBe(before);
});

test('a login with REFRESH_COOKIE clears the access cookie of the session before', async () => {
  await page.register('COOKIES');

  await page.login('REFRESH_COOKIE');

  expect(page.jar.names()).toEqual([REFRESH, CSRF]);
});

test.each([
  [['BODY'], ['COOKIES', 'REFRESH_COOKIE']],
  [['COOKIES'], ['BODY', 'REFRESH_COOKIE']],
  [['REFRESH_COOKIE', 'BODY'], ['COOKIES']],
] as const)(
  'a server that allows %j refuses %j as DELIVERY_NOT_ALLOWED, and registers no user',
  async (allowed, refused) => {
    page = new Page(await start({ tokenDelivery: [...allowed] }));

    for (const delivery of refused) {
      const answer = await page.tryRegister(delivery);
      expect(errorOf(answer).extensions).toEqual({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.delivery', reason: 'DELIVERY_NOT_ALLOWED' }],
      });
      expect(setCookiesOf(answer)).toEqual([]);
      expect(refusalOf(await page.tryLogin(delivery))).toBe('BAD_USER_INPUT');
    }
    for (const delivery of allowed) await page.register(delivery, someEmail());
    await page.register(allowed[0]);
  },
);

test.each([
  ['SameSite is Lax by default', undefined, 'Lax'],
  ['SameSite is Strict if so configured', 'Strict', 'Strict'],
  ['SameSite is None if so configured', 'None', 'None'],
] as const)('%s', async (_title, cookieSameSite, expected) => {
  page = new Page(await start(cookieSameSite === undefined ? {} : { cookieSameSite }));

  const set = setCookiesOf(await page.tryRegister('COOKIES'));
  const cleared = setCookiesOf(await page.logout());

  for (const header of [...set, ...cleared]) expect(header).toContain(`; SameSite=${expected}`);
  expect(set).toHaveLength(3);
  expect(cleared).toHaveLength(3);
});

async function deleteUser(on: TestAuth, email: string): Promise<void> {
  const { accessToken } = await newAdministrator(on);
  const { data } = await on.client.run('{ users(first: 20) { edges { node { id email } } } }', {}, accessToken);
  const users: { node: { id: string; email: string } }[] = data.users.edges;
  const id = users.find(({ node }) => node.email === email)?.node.id;
  await administrateWell(on.client, 'deleteUser', String(id), accessToken);
}
