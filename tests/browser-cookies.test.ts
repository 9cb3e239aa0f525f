import type { BrowserContext, Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './support/browser.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { accessOf } from './support/outcomes.ts';
import { ACCESS, COOKIE_DELIVERIES, CSRF, REFRESH } from './support/page.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { startWebFront, type WebFront } from './support/web-front.ts';

/** Names below .localhost resolve to this machine, and browsers accept Secure cookies from them over http. */
const API = 'app.localhost';
const SUB_DOMAIN = 'web.app.localhost';
/** A site whose pages are refused, and one whose pages are allowed. */
const ELSEWHERE = 'evil.localhost';
const PARTNER = 'partner.localhost';

const PAIR = '{ accessToken refreshToken csrfToken session { id } user { id } }';
const REGISTER = `mutation ($input: RegisterInput!) { register(input: $input) ${PAIR} }`;
const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) ${PAIR} }`;
const REFRESH_TOKEN = `mutation ($input: RefreshTokenInput) { refreshToken(input: $input) ${PAIR} }`;
const LOGOUT = 'mutation { logout { endedSessions } }';

let running: TestBrowser;
let front: WebFront;
let server: TestAuth;
let browser: BrowserContext;

beforeAll(async () => {
  running = await startBrowser();
}, 60_000);
afterAll(() => running.stop());

beforeEach(async () => {
  front = await startWebFront();
  browser = await running.browser.newContext();
});
afterEach(async () => {
  await browser.close();
  await front.stop();
  await server.stop();
});

async function startBehind(options: Parameters<typeof startTestAuth>[0] = {}): Promise<void> {
  server = await startTestAuth(options);
  front.target = server.url;
}

async function open(hostname: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(front.origin(hostname));
  return page;
}

interface Sent {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly headers?: Record<string, string>;
}

/** Sends a request from the script of a page, with cookies. Returns what the script can see of the answer. */
async function send(page: Page, { query, variables = {}, headers = {} }: Sent) {
  const request = {
    url: `${front.origin(API)}/graphql`,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  };
  return page.evaluate(async ({ url, ...init }) => {
    try {
      const response = await fetch(url, { method: 'POST', credentials: 'include', ...init });
      return { status: response.status, ...(await response.json()) };
    } catch {
      return { status: 0, data: null, errors: [] };
    }
  }, request);
}

async function register(page: Page, delivery: string) {
  const { data } = await send(page, {
    query: REGISTER,
    variables: { input: { email: EMAIL, password: PASSWORD, delivery } },
  });
  return data.register;
}

/** The cookies of the API by name, including those that no script can read. */
async function cookies(): Promise<Record<string, string>> {
  const all = await browser.cookies(front.origin(API));
  return Object.fromEntries(all.map(({ name, value }) => [name, value]));
}

async function isLoggedIn(): Promise<boolean> {
  const page = await open(API);
  const { [CSRF]: csrf = '' } = await cookies();
  const { data } = await send(page, { query: REFRESH_TOKEN, headers: { 'x-csrf-token': csrf } });
  await page.close();
  return Boolean(data?.refreshToken);
}

describe.each(COOKIE_DELIVERIES)('%s', (delivery) => {
  const isAll = delivery === 'COOKIES';

  beforeEach(() => startBehind());

  test('the user is still logged in after a reload', async () => {
    const page = await open(API);
    const pair = await register(page, delivery);

    await page.reload();

    const token = isAll ? null : (await refreshFromPage(page)).accessToken;
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    expect((await send(page, { query: '{ me { id } }', headers })).data).toEqual({ me: { id: pair.user.id } });
  });

  test('a script on the page can read the CSRF cookie and no other', async () => {
    const page = await open(API);
    const pair = await register(page, delivery);

    const held = await cookies();
    const names = isAll ? [ACCESS, CSRF, REFRESH] : [CSRF, REFRESH];
    expect(Object.keys(held).toSorted()).toEqual(names);
    expect(await page.evaluate(() => document.cookie)).toBe(`${CSRF}=${pair.csrfToken}`);
    expect([pair.refreshToken, pair.accessToken === null]).toEqual([null, isAll]);
  });

  test('logout removes the cookies from the browser', async () => {
    const page = await open(API);
    const { csrfToken } = await register(page, delivery);
    const { [REFRESH]: refreshToken = '' } = await cookies();

    const { data } = await send(page, { query: LOGOUT, headers: { 'x-csrf-token': csrfToken } });

    expect(data.logout.endedSessions).toBe(1);
    expect(await cookies()).toEqual({});
    expect(await server.client.verify(refreshToken)).toMatchObject({ reason: 'TOKEN_REVOKED' });
  });

  test.each([
    [ELSEWHERE, 'cross-site'],
    [SUB_DOMAIN, 'same-site'],
  ])('a page of %s, which is %s, cannot refresh or log out, by script or by form', async (hostname, relation) => {
    const { session } = await register(await open(API), delivery);
    const before = await cookies();
    front.passed.length = 0;

    const page = await open(hostname);
    for (const query of [REFRESH_TOKEN, LOGOUT]) await attack(page, query);

    expect(new Set(front.passed.map(({ headers }) => headers['sec-fetch-site']))).toEqual(new Set([relation]));
    expect(front.passed.filter(({ headers }) => headers['cookie'] !== undefined).length > 0).toBe(
      relation === 'same-site',
    );
    expect(front.passed.filter(({ status }) => status < 400)).toEqual([]);
    expect(await cookies()).toEqual(before);
    expect(claimsOf(String(before[REFRESH])).sid).toBe(session.id);
    expect(await isLoggedIn()).toBe(true);
  });

  test.each([ELSEWHERE, SUB_DOMAIN])('a page of %s cannot log the browser in', async (hostname) => {
    await server.client.register();
    const page = await open(hostname);

    await attack(
      page,
      `mutation { login(input: { email: "${EMAIL}", password: "${PASSWORD}", delivery: ${delivery} }) ${PAIR} }`,
    );

    expect(front.passed.filter(({ status }) => status < 400)).toEqual([]);
    expect(front.passed.length).toBeGreaterThan(3);
    expect(await cookies()).toEqual({});
    expect(await isLoggedIn()).toBe(false);
  });

  test('a reload in the middle of a refresh keeps the user logged in: the page retries with its idempotency key', async () => {
    const page = await open(API);
    const { session } = await register(page, delivery);
    const before = await cookies();
    await page.evaluate(() => sessionStorage.setItem('key', crypto.randomUUID()));

    const lost = front.loseAnswer('refreshToken');
    const interrupted = refreshFromPage(page).catch(() => null);
    await lost;
    await page.reload();
    await interrupted;
    expect(await cookies()).toEqual(before);
    server.clock.advance(60_000);
    const pair = await refreshFromPage(page);

    expect(pair.session.id).toBe(session.id);
    const after = await cookies();
    expect(after[REFRESH]).not.toBe(before[REFRESH]);
    expect(await isLoggedIn()).toBe(true);
  });
});

/** Refreshes like a page that keeps the idempotency key of a refresh until the answer has arrived. */
async function refreshFromPage(page: Page) {
  const idempotencyKey = await page.evaluate(() => {
    const key = sessionStorage.getItem('key') ?? crypto.randomUUID();
    sessionStorage.setItem('key', key);
    return key;
  });
  const { [CSRF]: csrf = '' } = await cookies();
  const { data } = await send(page, {
    query: REFRESH_TOKEN,
    variables: { input: { idempotencyKey } },
    headers: { 'x-csrf-token': csrf },
  });
  await page.evaluate(() => sessionStorage.removeItem('key'));
  return data.refreshToken;
}

/** Sends everything that a page of another origin can send, by script and by form. */
async function attack(page: Page, query: string): Promise<void> {
  const url = `${front.origin(API)}/graphql`;
  await page.evaluate(
    async ({ target, document: text }) => {
      const body = JSON.stringify({ query: text });
      const types = ['application/json', 'text/plain', 'text/plain;charset=application/json'];
      for (const type of types) {
        for (const mode of ['cors', 'no-cors'] as const) {
          const init = { method: 'POST', body, headers: { 'content-type': type } };
          await fetch(target, { ...init, credentials: 'include', mode }).catch(() => null);
        }
      }
      await fetch(target, { method: 'POST', body: new URLSearchParams({ query: text }), credentials: 'include' }).catch(
        () => null,
      );
      navigator.sendBeacon(target, body);
    },
    { target: url, document: query },
  );
  for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
    const answered = page.waitForResponse((response) => response.url() === url);
    await page.evaluate(
      ({ target, type, document: text }) => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action: target, enctype: type });
        const field = document.createElement('input');
        // A text/plain form sends name=value: with this name and value the body is JSON.
        field.name = type === 'text/plain' ? `{"query":${JSON.stringify(text)},"x":"` : 'query';
        field.value = type === 'text/plain' ? '"}' : text;
        form.append(field);
        form.target = 'nowhere';
        document.body.append(form);
        form.submit();
      },
      { target: url, type: enctype, document: query },
    );
    await answered;
  }
}

describe('a page of an allowed origin', () => {
  test.each([
    [SUB_DOMAIN, 'Lax'],
    [PARTNER, 'None'],
  ] as const)(
    'at %s, with SameSite=%s, logs in, stays logged in after a reload and logs out',
    async (hostname, cookieSameSite) => {
      await startBehind({ allowedOrigins: [front.origin(hostname)], cookieSameSite });
      const page = await open(hostname);
      const { user, csrfToken } = await register(page, 'COOKIES');

      await page.reload();

      expect(await page.evaluate(() => document.cookie)).toBe('');
      const { data } = await send(page, { query: '{ me { id } csrfToken }' });
      expect(data).toEqual({ me: { id: user.id }, csrfToken });
      const refreshed = await send(page, { query: REFRESH_TOKEN, headers: { 'x-csrf-token': csrfToken } });
      expect(refreshed.data.refreshToken.user.id).toBe(user.id);
      await send(page, { query: LOGOUT, headers: { 'x-csrf-token': csrfToken } });
      expect(await cookies()).toEqual({});
    },
  );
});

test('a failed login does not change the cookies', async () => {
  await startBehind();
  const page = await open(API);
  await register(page, 'COOKIES');

  const { errors } = await send(page, {
    query: LOGIN,
    variables: { input: { email: EMAIL, password: 'a wrong password', delivery: 'COOKIES' } },
  });

  expect(errors[0].extensions.code).toBe('INVALID_CREDENTIALS');
  expect(accessOf(await send(page, { query: '{ me { id } }' }))).toBe('good');
});
