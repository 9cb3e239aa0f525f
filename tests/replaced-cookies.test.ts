import { type ClientRequestArgs, request } from 'node:http';
import { generateKeys } from '../src/index.ts';
import { newAdministrator, securityEvents } from './support/accounts.ts';
import { PASSWORD } from './support/graphql-client.ts';
import { SECOND } from './support/manual-clock.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { ACCESS, COOKIE_DELIVERIES, CSRF, Page, REFRESH, setCookiesOf } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { claimsOf, signToken } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

describe.each(COOKIE_DELIVERIES)('with %s', (delivery) => {
  test('a logout with a Bearer token that does not verify needs the CSRF token, and clears nothing', async () => {
    const page = new Page(await start());
    await page.register(delivery);
    const before = page.jar.header();

    const headers = { authorization: 'Bearer nonsense', 'x-csrf-token': undefined };
    const answer = await page.logout(null, headers);

    expect(refusalOf(answer)).toBe('CSRF_REJECTED');
    expect(setCookiesOf(answer)).toEqual([]);
    expect(page.jar.header()).toBe(before);
    expect((await page.tryRefresh()).errors).toEqual([]);
  });

  test('a logout with a Bearer token of another user clears no cookie that still works', async () => {
    const server = await start();
    const page = new Page(server);
    await page.register(delivery);
    const other = await server.client.register(someEmail());

    const headers = { authorization: `Bearer ${other.accessToken}`, 'x-csrf-token': undefined };
    expect((await page.logout(null, headers)).data.logout.endedSessionIds).toEqual([other.session.id]);

    expect((await page.tryRefresh()).errors).toEqual([]);
  });

  test('a login ends the session whose cookies it replaces, and records why', async () => {
    const server = await start();
    const page = new Page(server);
    const first = await page.register(delivery);
    const second = await page.login(delivery);

    const administrator = await newAdministrator(server);
    const events = await securityEvents(server.client, administrator.accessToken, first.user.id);
    expect(events.filter(({ type }) => type === 'SESSION_ENDED')).toEqual([
      expect.objectContaining({ sessionId: first.session.id, cause: 'REPLACED' }),
    ]);
    expect((await page.tryRefresh()).errors).toEqual([]);
    expect(second.session.id).not.toBe(first.session.id);
  });

  test.each([
    ['without the CSRF token', 'EMAIL', { 'x-csrf-token': undefined }],
    ['with a wrong password', 'WRONG', {}],
  ])('a login %s leaves the session of the cookies alone', async (_how, kind, headers) => {
    const server = await start();
    const page = new Page(server);
    const first = await page.register(delivery);
    const refreshToken = String(page.jar.get(REFRESH));
    await page.tryLogin(delivery, undefined, headers, kind === 'WRONG' ? 'wrong password' : PASSWORD);

    expect((await server.client.refresh(refreshToken).catch(() => null)) === null).toBe(true);
    const administrator = await newAdministrator(server);
    const events = await securityEvents(server.client, administrator.accessToken, first.user.id);
    expect(events.filter(({ cause }) => cause === 'REPLACED')).toEqual([]);
  });
});

describe('cookies of two users', () => {
  async function mixCookies() {
    const server = await start();
    const [ada, bob] = [new Page(server), new Page(server)];
    await ada.register('COOKIES', someEmail());
    await bob.register('COOKIES', someEmail());
    const access = String(ada.jar.get(ACCESS));
    bob.jar.put(ACCESS, access);
    return { server, ada, mixed: bob };
  }

  test('are logged out of the session that the CSRF token proves, and the other one stays', async () => {
    const { ada, mixed } = await mixCookies();

    const answer = await mixed.logout();

    expect(answer.data.logout.endedSessions).toBe(1);
    expect(mixed.jar.names()).toContain(ACCESS);
    expect(mixed.jar.names()).not.toContain(REFRESH);
    expect(accessOf(await ada.me())).toBe('good');
  });

  test('are refused without a CSRF token', async () => {
    const { mixed } = await mixCookies();
    expect(refusalOf(await mixed.logout(null, { 'x-csrf-token': undefined }))).toBe('CSRF_REJECTED');
  });
});

test('two deployments on one host leave the cookies of the other alone', async () => {
  const keys = generateKeys();
  const first = await start({ issuer: 'http://localhost:4000', keys });
  const second = await start({ issuer: 'http://localhost:5000' });
  const here = new Page(first);
  const there = new Page(second, undefined, here.jar);
  const own = { 'x-csrf-token': undefined };
  expect((await here.tryRegister('COOKIES')).errors).toEqual([]);
  expect((await there.tryRegister('COOKIES')).errors).toEqual([]);
  expect(here.jar.names()).toHaveLength(6);

  for (const page of [here, there, here]) expect((await page.run('{ me { email } }')).data.me).not.toBeNull();
  const { csrfToken } = (await there.run('{ csrfToken }', {}, own)).data as { csrfToken: string };
  await there.logout(null, { 'x-csrf-token': csrfToken });
  expect(here.jar.names()).toHaveLength(3);
  expect((await here.run('{ me { email } }')).data.me).not.toBeNull();
});

describe('a server that delivers in the body only', () => {
  test('does not look at cookies', async () => {
    const server = await start();
    const page = new Page(server);
    await page.register('COOKIES');
    const { databaseUrl, keys, clock } = server;
    const strict = await start({ databaseUrl, keys, clock, tokenDelivery: ['BODY'] });
    const same = new Page(strict, undefined, page.jar);

    expect(errorOf(await same.me()).extensions).toMatchObject({ reason: 'TOKEN_MISSING', refreshable: false });
    expect(refusalOf(await same.tryRefresh())).toBe('INVALID_REFRESH_TOKEN TOKEN_MISSING');
    const elsewhere = new Page(strict, { origin: 'https://evil.test' }, page.jar);
    expect((await elsewhere.run('{ __typename }')).status).toBe(200);
  });
});

test('two Authorization headers are refused, whichever comes first', async () => {
  const server = await start();
  const [ada, bob] = [await server.client.register(someEmail()), await server.client.register(someEmail())];
  for (const [one, other] of [
    [ada, bob],
    [bob, ada],
    [ada, ada],
  ] as const) {
    const headers = ['authorization', `Bearer ${one.accessToken}`, 'authorization', `Bearer ${other.accessToken}`];
    expect(await postRaw(server, headers, '{ me { id } }')).toContain('"reason":"TOKEN_INVALID"');
  }
});

test('the shell of a native app is an origin', async () => {
  for (const origin of ['capacitor://localhost', 'ionic://localhost', 'tauri://localhost']) {
    const page = new Page(await start({ allowedOrigins: [origin] }), { origin, 'sec-fetch-site': 'cross-site' });
    expect((await page.tryRegister('COOKIES')).errors).toEqual([]);
  }
  for (const origin of ['capacitor://localhost/', 'capacitor://', 'capacitor:localhost', 'file://', 'capacitor://*'])
    await expect(start({ allowedOrigins: [origin] })).rejects.toThrow('allowedOrigins');
});

test('an access token that a browser would drop is refused when it is signed, with the reason in the log', async () => {
  const claims = { namespace: 'shop', compute: () => ({ text: 'x'.repeat(length) }) };
  let length = 2_300;
  const server = await start({ claims, cookieSameSite: 'Strict' });
  const page = new Page(server);
  const answer = await page.tryRegister('COOKIES');
  expect(answer.errors).toEqual([]);
  const [longest = 0] = setCookiesOf(answer)
    .map((cookie) => cookie.length)
    .toSorted((a, b) => b - a);
  expect(longest).toBeGreaterThan(3_500);
  expect(longest).toBeLessThanOrEqual(4_093);

  length = 3_000;
  expect(refusalOf(await page.tryLogin('COOKIES'))).toBe('INTERNAL_SERVER_ERROR');
  expect(server.log()).toContain('3900 characters');
});

test('a refresh token that names another user than its session is refused', async () => {
  const server = await start();
  const [ada, bob] = [await server.client.register(someEmail()), await server.client.register(someEmail())];
  const forged = signToken(server.keys, 'refresh', { ...claimsOf(ada.refreshToken), sub: bob.user.id });
  await passTime(server, SECOND);

  expect(refusalOf(await server.client.tryRefresh(forged))).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');
  expect(await server.client.verify(forged)).toMatchObject({ isValid: false, reason: 'TOKEN_INVALID' });
  await server.client.refresh(ada.refreshToken);
});

test('the readable cookie is the CSRF token', async () => {
  const page = new Page(await start());
  const { csrfToken } = await page.register('COOKIES');
  expect(page.jar.get(CSRF)).toBe(csrfToken);
});

async function postRaw({ url }: TestAuth, headers: readonly string[], query: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ query });
  const own = ['host', `${hostname}:${port}`, 'content-type', 'application/json', 'content-length', `${body.length}`];
  const options: ClientRequestArgs = {
    hostname,
    port,
    path: '/graphql',
    method: 'POST',
    headers: [...own, ...headers],
  };
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
