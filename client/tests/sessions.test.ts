import { setTimeout as pause } from 'node:timers/promises';
import { fillQueue, SHORT_QUEUE } from '../../tests/support/busy-logins.ts';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { Mailbox } from '../../tests/support/mailbox.ts';
import { DAY, MINUTE } from '../../tests/support/manual-clock.ts';
import type { TestAuthOptions } from '../../tests/support/start-test-auth.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { TOKEN_PART } from '../../tests/support/tokens.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { adapterOf } from '../src/adapter.ts';
import { AuthRequestError, type AuthClientOptions, AuthUnavailableError } from '../src/index.ts';
import { createNetwork, holdBackRefreshes } from './support/network.ts';
import { type Tab, useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const ME = '{ me { email } }';
const isAda = { data: { me: { email: EMAIL } } };
const END_SESSION = 'mutation ($id: ID!) { endSession(input: { id: $id }) { endedSessions } }';
const CREDENTIALS = { email: EMAIL, password: PASSWORD };

async function logIn(options: Partial<AuthClientOptions> = {}, settings: TestAuthOptions = {}) {
  const server = await startServer(settings);
  const network = createNetwork();
  const shared = { url: `${server.url}/graphql`, fetch: network.fetch, clock: server.clock, ...options };
  const browser = openBrowser(shared);
  const tab = browser.openTab();
  await tab.register(CREDENTIALS);
  return { server, network, browser, tab, shared };
}

async function openTabs({ browser, tab }: Awaited<ReturnType<typeof logIn>>): Promise<[Tab, Tab, Tab]> {
  const tabs: [Tab, Tab, Tab] = [tab, browser.openTab(), browser.openTab()];
  await Promise.all(tabs.map((each) => each.ready));
  return tabs;
}

function logoutsOf(tab: Tab): unknown[] {
  return tab.events.filter(({ type }) => type === 'LOGGED_OUT');
}

describe('login', () => {
  test('a wrong password is reported by its code', async () => {
    const { browser, tab } = await logIn();
    await tab.logout();

    const failure = await tab.login({ email: EMAIL, password: 'wrong' }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(AuthRequestError);
    expect((failure as AuthRequestError).details).toEqual({ code: 'INVALID_CREDENTIALS' });
    expect(tab.getState()).toMatchObject({ status: 'LOGGED_OUT' });
    expect(browser.entries.size).toBe(0);
  });

  test('at a busy server is reported with the time to wait, and the password is sent once', async () => {
    const { server, network, browser } = await logIn({}, SHORT_QUEUE);
    const release = await fillQueue(server);
    const before = network.sent.length;

    const failure = await browser
      .openTab()
      .login(CREDENTIALS)
      .catch((error: unknown) => error);

    await release();
    expect((failure as AuthRequestError).details).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 3 });
    expect(network.sent.slice(before).filter(({ query }) => query.includes('login('))).toHaveLength(1);
  });

  test('each field to be corrected is named', async () => {
    const { tab } = await logIn();

    const failure = await tab.register({ email: 'nonsense', password: '1' }).catch((error: unknown) => error);

    expect((failure as AuthRequestError).details).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'input.email', reason: 'EMAIL_INVALID' }, { path: 'input.password' }],
    });
  });

  test('fails without a network and reports that it may be repeated', async () => {
    const { network, browser } = await logIn();
    network.goAway();

    await expect(browser.openTab().login(CREDENTIALS)).rejects.toThrow(AuthUnavailableError);
  });

  test('a login in one tab logs in the other tabs', async () => {
    const session = await logIn();
    const [first, second, third] = await openTabs(session);
    await first.logout();
    await waitUntil(() => third.getState().status === 'LOGGED_OUT');

    await second.login(CREDENTIALS);

    await waitUntil(() => first.getState().status === 'LOGGED_IN' && third.getState().status === 'LOGGED_IN');
    expect(await third.request(ME)).toEqual(isAda);
  });

  test('a new password opens a new session in all tabs', async () => {
    const session = await logIn();
    const [first, second] = await openTabs(session);
    const { sessionId } = first.getState();

    await first.changePassword({ currentPassword: PASSWORD, newPassword: 'a battery of horses' });

    expect(first.getState().sessionId).not.toBe(sessionId);
    await waitUntil(() => second.getState().sessionId === first.getState().sessionId);
    expect(await second.request(ME)).toEqual(isAda);
    expect([...logoutsOf(first), ...logoutsOf(second)]).toEqual([]);
  });
});

test('a new password is set although the access token is refused', async () => {
  const { server, network, browser } = await logIn();
  const behind = browser.openTab({ clock: { now: () => 0, monotonic: () => 0 } });
  await behind.ready;
  await passTime(server, 16 * MINUTE);

  await behind.changePassword({ currentPassword: PASSWORD, newPassword: 'a battery of horses' });

  expect(await behind.request(ME)).toEqual(isAda);
  expect(network.refreshes()).toBe(1);
});

test('a forgotten password is replaced with the digits of a mail, or with its link, and all tabs go on', async () => {
  const mailbox = new Mailbox();
  const session = await logIn({}, { mailer: mailbox.mailer, linkUrl: 'https://app.example.com/' });
  const [first, second] = await openTabs(session);
  await first.logout();

  const requestId = await first.requestPasswordReset({ email: EMAIL });
  const { digits } = await mailbox.next();
  const wrong = await first
    .resetPassword({ code: digits, newPassword: 'a battery of horses' })
    .catch((error: unknown) => error);
  expect((wrong as AuthRequestError).details).toEqual({ code: 'INVALID_CREDENTIALS' });
  await first.resetPassword({ code: digits, requestId, newPassword: 'a battery of horses' });
  await waitUntil(() => second.getState().status === 'LOGGED_IN');
  expect(await second.request(ME)).toEqual(isAda);

  await first.requestPasswordReset({ email: EMAIL });
  const { token } = await mailbox.next();
  await first.resetPassword({ code: token, newPassword: 'a third battery of horses' });
  expect(await first.request(ME)).toEqual(isAda);
});

test('an address is proved with the digits of a mail, in the session of the tab', async () => {
  const mailbox = new Mailbox();
  const { tab, browser } = await logIn({}, { mailer: mailbox.mailer, linkUrl: 'https://app.example.com/' });
  const requestId = await tab.requestEmailVerification({ email: EMAIL });
  const { digits } = await mailbox.next();
  const failure = await tab.verifyEmail({ code: digits }).catch((error: unknown) => error);
  expect((failure as AuthRequestError).details).toEqual({ code: 'INVALID_CREDENTIALS' });

  expect(await tab.verifyEmail({ code: digits, requestId })).toMatchObject({ email: EMAIL });

  expect(await tab.request('{ me { isEmailVerified } }')).toEqual({ data: { me: { isEmailVerified: true } } });
  expect(logoutsOf(tab)).toEqual([]);
  expect(browser.entries.size).toBeGreaterThan(0);
});

test('an e-mail is changed in the session of the tab, and all tabs show it', async () => {
  const mailbox = new Mailbox();
  const session = await logIn({}, { mailer: mailbox.mailer, linkUrl: 'https://app.example.com/' });
  const [first, second] = await openTabs(session);
  const { sessionId } = first.getState();
  const newEmail = 'ada@new.example.com';
  const requestId = await first.requestEmailChange({ newEmail, password: PASSWORD });
  const { digits } = await mailbox.next();
  const failure = await second.confirmEmailChange({ code: digits }).catch((error: unknown) => error);
  expect((failure as AuthRequestError).details).toEqual({ code: 'INVALID_CREDENTIALS' });

  expect(await first.confirmEmailChange({ code: digits, requestId })).toMatchObject({ email: newEmail });

  for (const tab of [first, second]) {
    await waitUntil(() => tab.getState().user?.email === newEmail);
    expect(tab.getState()).toMatchObject({ status: 'LOGGED_IN', sessionId });
  }

  const { token } = await mailbox.next();
  const resetId = await first.revertEmailChange({ code: token });
  const code = (await mailbox.next()).digits;
  await first.resetPassword({ code, requestId: resetId, newPassword: 'a battery of horses' });
  expect(first.getState().user?.email).toBe(EMAIL);
});

test('a code logs in without a password, in all tabs', async () => {
  const mailbox = new Mailbox();
  const settings = { mailer: mailbox.mailer, linkUrl: 'https://app.example.com/', loginByCode: true };
  const [first, second] = await openTabs(await logIn({}, settings));
  await first.logout();
  const requestId = await first.requestLoginCode({ email: EMAIL });
  const { digits } = await mailbox.next();
  expect(await first.loginWithCode({ code: digits, requestId })).toMatchObject({ email: EMAIL });
  await waitUntil(() => second.getState().status === 'LOGGED_IN');
  expect(await second.request(ME)).toEqual(isAda);
});

test('a registration that has to be verified gives no user, and a login says why it waits', async () => {
  const mailbox = new Mailbox();
  const linkUrl = 'https://app.example.com/';
  const server = await startServer({ mailer: mailbox.mailer, linkUrl, emailVerification: 'required' });
  const tab = openBrowser({ url: `${server.url}/graphql`, clock: server.clock }).openTab();
  const credentials = { email: 'eve@example.com', password: PASSWORD };
  expect(await tab.register(credentials)).toBeNull();
  expect(tab.getState().status).toBe('LOGGED_OUT');
  const failure = await tab.login(credentials).catch((error: unknown) => error);
  expect((failure as AuthRequestError).details).toEqual({ code: 'EMAIL_UNVERIFIED' });
  await tab.verifyEmail({ code: (await mailbox.next()).token, password: PASSWORD });
  expect(await tab.login(credentials)).toMatchObject({ email: 'eve@example.com' });
});

test('the link of a notice ends the session that it is about', async () => {
  const mailbox = new Mailbox();
  const settings = { mailer: mailbox.mailer, linkUrl: 'https://app.example.com/', notices: ['NEW_DEVICE' as const] };
  const { server, tab } = await logIn({}, settings);
  const { data } = await server.client.tryLogin(EMAIL, PASSWORD, { 'user-agent': 'Phone' });
  const { token } = await mailbox.next();
  const ended = { endedSessions: 1, endedSessionIds: [data.login.session.id] };
  expect(await tab.endSessionWithCode({ code: token })).toEqual(ended);
  expect(tab.getState().status).toBe('LOGGED_IN');
});

test('a refresh that is refused as RATE_LIMITED is reported, and the session goes on until the reason is known', async () => {
  const { server, tab } = await logIn({}, { refreshBudget: '1/1d' });
  const elsewhere = await server.client.login();
  await server.client.logout(elsewhere.accessToken, { scope: 'ALL_SESSIONS' });
  await server.client.tryRefresh('x.y.z');
  await passTime(server, 16 * MINUTE);

  const failure = await tab.refresh().catch((error: unknown) => error);
  expect((failure as AuthRequestError).details).toMatchObject({ code: 'RATE_LIMITED' });
  await expect(tab.request(ME)).rejects.toThrow(AuthUnavailableError);
  expect(tab.getState().status).toBe('LOGGED_IN');

  await passTime(server, DAY);
  await tab.request(ME).catch(() => undefined);
  await waitUntil(() => tab.getState().status === 'LOGGED_OUT');
});

describe('logout', () => {
  test('in one tab logs out all tabs once and ends the session', async () => {
    const session = await logIn();
    const tabs = await openTabs(session);
    const accessToken = adapterOf(tabs[0]).credentials().headers['authorization']?.slice('Bearer '.length);

    expect(await tabs[1].logout()).toMatchObject({ endedSessions: 1 });

    await waitUntil(() => tabs.every((tab) => tab.getState().status === 'LOGGED_OUT'));
    for (const tab of tabs) {
      expect(logoutsOf(tab)).toEqual([{ type: 'LOGGED_OUT', reason: 'LOGGED_OUT', isElsewhere: tab !== tabs[1] }]);
    }
    expect(session.browser.entries.size).toBe(0);
    expect((await session.server.client.me(accessToken)).errors[0]?.extensions.reason).toBe('TOKEN_REVOKED');
  });

  test('without a network logs out all tabs, and the server is told later', async () => {
    const { server, network, browser, tab } = await logIn();
    const other = browser.openTab();
    await other.ready;
    const accessToken = adapterOf(tab).credentials().headers['authorization']?.slice('Bearer '.length);
    network.goAway();

    expect(await tab.logout()).toBeNull();
    await waitUntil(() => other.getState().status === 'LOGGED_OUT');
    expect([...browser.entries.values()].join('')).not.toMatch(TOKEN_PART);

    network.comeBack();
    tab.wake();
    await waitUntil(async () => (await server.client.me(accessToken)).errors.length > 0);
  });

  test('of the other sessions keeps this one', async () => {
    const { server, tab } = await logIn();
    const elsewhere = await server.client.login();

    expect(await tab.logout({ scope: 'OTHER_SESSIONS' })).toMatchObject({ endedSessions: 1 });

    expect(await tab.request(ME)).toEqual(isAda);
    expect((await server.client.me(elsewhere.accessToken)).data.me).toBeNull();
  });

  test('of the other sessions keeps this one although its access token has expired and the clock was set back', async () => {
    const { server, browser, tab } = await logIn();
    const elsewhere = await server.client.login();
    tab.close();
    await passTime(server, 16 * MINUTE);
    const clock = { now: () => 0, monotonic: () => server.clock.monotonic() };
    const reloaded = browser.openTab({ clock });

    expect(await reloaded.logout({ scope: 'OTHER_SESSIONS' })).toMatchObject({ endedSessions: 1 });

    expect(await reloaded.request(ME)).toEqual(isAda);
    expect((await server.client.tryRefresh(elsewhere.refreshToken)).errors[0]?.extensions.reason).toBe('TOKEN_REVOKED');
  });

  test('of all sessions ends them although the access token has expired', async () => {
    const { server, tab } = await logIn();
    const elsewhere = await server.client.login();
    await passTime(server, 16 * MINUTE);

    expect(await tab.logout({ scope: 'ALL_SESSIONS' })).toMatchObject({ endedSessions: 2 });

    expect(tab.getState().status).toBe('LOGGED_OUT');
    expect((await server.client.tryRefresh(elsewhere.refreshToken)).errors[0]?.extensions.reason).toBe('TOKEN_REVOKED');
  });

  test('wins against a refresh that is under way', async () => {
    const { server, network, browser, tab } = await logIn();
    const other = browser.openTab();
    await other.ready;
    await passTime(server, 16 * MINUTE);
    const answers = Promise.withResolvers<void>();
    const late = browser.openTab({
      locks: null,
      async fetch(input, init) {
        const response = await network.fetch(input, init);
        await answers.promise;
        return response;
      },
    });
    const refreshed = late.refresh();
    await waitUntil(() => network.refreshes() === 1);

    await other.logout();
    answers.resolve();
    await refreshed;

    expect(late.getState().status).toBe('LOGGED_OUT');
    await waitUntil(() => tab.getState().status === 'LOGGED_OUT');
    expect(await browser.openTab().ready).toMatchObject({ status: 'LOGGED_OUT' });
  });
});

describe('a session that was ended elsewhere', () => {
  test('sends every tab to the login once, at the next operation', async () => {
    const session = await logIn();
    const tabs = await openTabs(session);
    const elsewhere = await session.server.client.login();
    await session.server.client.endSession(elsewhere.accessToken, String(tabs[0].getState().sessionId));
    const before = session.network.sent.length;

    const answers = await Promise.all(Array.from({ length: 10 }, () => tabs[0].request(ME)));

    for (const { errors } of answers) expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    await waitUntil(() => tabs.every((tab) => tab.getState().status === 'LOGGED_OUT'));
    await pause(100);
    for (const tab of tabs) expect(logoutsOf(tab)).toHaveLength(1);
    expect(tabs[1].getState()).toMatchObject({ reason: 'SESSION_ENDED' });
    // Ten operations and no loop.
    expect(session.network.sent.length - before).toBe(10);
  });

  test('sends every tab to the login once, at the next refresh', async () => {
    const session = await logIn();
    const tabs = await openTabs(session);
    await session.server.client.logout(undefined, { refreshToken: heldRefreshToken(session.browser.entries) });
    await passTime(session.server, 16 * MINUTE);

    await Promise.all(tabs.map((tab) => tab.request(ME)));

    await waitUntil(() => tabs.every((tab) => tab.getState().status === 'LOGGED_OUT'));
    for (const tab of tabs) expect(logoutsOf(tab)).toHaveLength(1);
    expect(session.network.refreshes()).toBe(1);
  });

  test('ends at its absolute limit', async () => {
    const { server, network, browser } = await logIn();
    await passTime(server, 8 * 24 * 60 * MINUTE);

    const tab = browser.openTab();
    await tab.request(ME);

    expect(tab.getState()).toMatchObject({ status: 'LOGGED_OUT', reason: 'SESSION_ENDED' });
    expect(network.refreshes()).toBe(1);
  });
});

describe('a thief who has refreshed first', () => {
  test('loses the session when the owner comes back', async () => {
    const { server, browser, tab } = await logIn();
    const stolen = await server.client.refresh(heldRefreshToken(browser.entries));
    await passTime(server, 16 * MINUTE);

    const { data } = await tab.request(ME);

    expect(data).toEqual({ me: null });
    expect(tab.getState()).toMatchObject({ status: 'LOGGED_OUT', reason: 'SESSION_TAKEN' });
    expect((await server.client.tryRefresh(stolen.refreshToken)).errors[0]?.extensions.reason).toBe('TOKEN_REVOKED');
  });

  test('loses the session when the owner comes back within the leeway and finds no newer token', async () => {
    const { server, browser, shared } = await logIn();
    const { clock: _clock, ...withoutClock } = shared;
    const stolen = await server.client.refresh(heldRefreshToken(browser.entries));

    const tab = browser.openTab({ ...withoutClock, clock: realClock, reuseLeewaySeconds: 0.5 });
    await tab.refresh();

    expect(tab.getState()).toMatchObject({ status: 'LOGGED_OUT', reason: 'SESSION_TAKEN' });
    expect((await server.client.me(stolen.accessToken)).errors[0]?.extensions.reason).toBe('TOKEN_REVOKED');
  });
});

test('the newer pair of another tab is awaited and used', async () => {
  const { server, network, browser } = await logIn();
  const newer = await server.client.refresh(heldRefreshToken(browser.entries));
  const tab = browser.openTab({ clock: realClock, reuseLeewaySeconds: 5 });
  const refreshed = tab.refresh();
  await waitUntil(() => network.refreshes() === 1);

  for (const [key, entry] of browser.entries) {
    if (!entry.startsWith('{')) continue;
    const { accessToken, refreshToken } = newer;
    const held = JSON.parse(entry) as { count: number };
    browser.entries.set(key, JSON.stringify({ ...held, count: held.count + 1, accessToken, refreshToken }));
  }
  await refreshed;

  expect(tab.getState().status).toBe('LOGGED_IN');
  expect(adapterOf(tab).credentials().headers['authorization']).toBe(`Bearer ${newer.accessToken}`);
});

test('a request that one user starts is not repeated as another', async () => {
  const { server, network, browser, tab } = await logIn();
  await server.client.register('bob@example.com', PASSWORD);
  await passTime(server, 16 * MINUTE);
  const still = { now: () => 0, monotonic: () => 0 };
  const behind = browser.openTab({ clock: still });
  await behind.ready;
  const held = Promise.withResolvers<void>();
  const slow = browser.openTab({
    clock: still,
    async fetch(input, init) {
      const response = await network.fetch(input, init);
      await held.promise;
      return response;
    },
  });
  const begun = slow.request(ME);
  await waitUntil(() => network.sent.some(({ query }) => query === ME));

  await tab.login({ email: 'bob@example.com', password: PASSWORD });
  await waitUntil(() => slow.getState().user?.email === 'bob@example.com');
  held.resolve();

  expect((await begun).data).toEqual({ me: null });
});

test('a request that one user starts is not sent as another', async () => {
  const { server, network, browser, tab } = await logIn();
  await server.client.register('bob@example.com', PASSWORD);
  const late = Promise.withResolvers<void>();
  const slow = browser.openTab({ fetch: holdBackRefreshes(network.fetch, late.promise) });
  await slow.ready;
  await passTime(server, 16 * MINUTE);
  const begun = slow.request(END_SESSION, { id: '1' }).catch((error: unknown) => error);
  await waitUntil(() => network.refreshes() === 1);

  await tab.login({ email: 'bob@example.com', password: PASSWORD });
  await waitUntil(() => slow.getState().user?.email === 'bob@example.com');
  late.resolve();

  expect(await begun).toBeInstanceOf(AuthUnavailableError);
  expect(network.sent.filter(({ query }) => query === END_SESSION)).toEqual([]);
});

test('a request is answered if the same user logs in again meanwhile', async () => {
  const { server, network, browser, tab } = await logIn();
  const late = Promise.withResolvers<void>();
  const slow = browser.openTab({ fetch: holdBackRefreshes(network.fetch, late.promise) });
  await slow.ready;
  await passTime(server, 16 * MINUTE);
  const begun = slow.request(ME);
  await waitUntil(() => network.refreshes() === 1);

  await tab.login({ email: EMAIL, password: PASSWORD });
  await waitUntil(() => slow.getState().sessionId === tab.getState().sessionId);
  late.resolve();

  expect((await begun).data).toMatchObject({ me: { email: EMAIL } });
});

test('a request that one user has sent is not repeated as another and gets its first answer', async () => {
  const { server, network, browser, tab } = await logIn();
  await server.client.register('bob@example.com', PASSWORD);
  const late = Promise.withResolvers<void>();
  const clock = { now: () => 0, monotonic: () => 0 };
  const slow = browser.openTab({ clock, fetch: holdBackRefreshes(network.fetch, late.promise) });
  await slow.ready;
  await passTime(server, 16 * MINUTE);
  const begun = slow.request(END_SESSION, { id: '1' });
  await waitUntil(() => network.refreshes() === 1);

  await tab.login({ email: 'bob@example.com', password: PASSWORD });
  await waitUntil(() => slow.getState().user?.email === 'bob@example.com');
  late.resolve();

  expect((await begun).errors?.[0]?.extensions).toMatchObject({ reason: 'TOKEN_EXPIRED' });
  expect(network.sent.filter(({ query }) => query === END_SESSION)).toHaveLength(1);
});

test('an answer that is not GraphQL is passed on unchanged', async () => {
  const { browser, shared } = await logIn();
  const answer = { errors: { email: ['taken'] } };
  const tab = browser.openTab({ fetch: async () => Response.json(answer, { status: 422 }) });

  const response = await tab.fetch(shared.url.replace('/graphql', '/people'), { method: 'POST' });

  expect(await response.json()).toEqual(answer);
});

test('a listener that throws does not stop a logout, and its error is reported', async () => {
  const { server, tab } = await logIn();
  const accessToken = adapterOf(tab).credentials().headers['authorization']?.slice('Bearer '.length);
  const told: string[] = [];
  const reported: unknown[] = [];
  Object.assign(globalThis, { reportError: (error: unknown) => void reported.push(error) });
  tab.subscribe(() => fail());
  tab.subscribe(({ type }) => void told.push(type));

  expect(await tab.logout()).toMatchObject({ endedSessions: 1 });

  expect(told).toEqual(['LOGGED_OUT']);
  expect(reported).toEqual([new Error('forbidden')]);
  expect((await server.client.me(accessToken)).errors[0]?.extensions.reason).toBe('TOKEN_REVOKED');
  Reflect.deleteProperty(globalThis, 'reportError');
});

test("tokens are sent to the API's own origin only", async () => {
  const { tab } = await logIn();
  const elsewhere = await startServer();

  const response = await tab.fetch(`${elsewhere.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: ME }),
  });

  expect(await response.json()).toMatchObject({ errors: [{ extensions: { reason: 'TOKEN_MISSING' } }] });
});

test('a storage that fails costs nothing but the restoring of the session', async () => {
  const server = await startServer();
  const network = createNetwork();
  const storage = { getItem: fail, setItem: fail, removeItem: fail };
  const tab = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock: server.clock }).openTab({
    storage,
  });
  await tab.register(CREDENTIALS);
  await passTime(server, 16 * MINUTE);
  network.loseAnswers(1);

  expect(await tab.request(ME)).toEqual(isAda);
});

test.each(['{"version":1', '{"version":2,"sessionId":"1"}', '[]', 'null', '{"version":1,"sessionId":7}'])(
  'a storage with %s logs nobody in',
  async (entry) => {
    const { browser, tab } = await logIn();
    tab.close();
    for (const key of browser.entries.keys()) browser.entries.set(key, entry);

    const reopened = browser.openTab();

    expect(await reopened.ready).toMatchObject({ status: 'LOGGED_OUT' });
    await reopened.login(CREDENTIALS);
    expect(await reopened.request(ME)).toEqual(isAda);
  },
);

function fail(): never {
  throw new Error('forbidden');
}

const realClock = { now: () => Date.now(), monotonic: () => performance.now() };

function heldRefreshToken(entries: ReadonlyMap<string, string>): string {
  const [held] = [...entries.values()].filter((entry) => entry.startsWith('{'));
  return (JSON.parse(held ?? '{}') as { refreshToken: string }).refreshToken;
}
