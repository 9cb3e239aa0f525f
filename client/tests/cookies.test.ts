import { setTimeout as pause } from 'node:timers/promises';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { MINUTE } from '../../tests/support/manual-clock.ts';
import { ACCESS, CSRF, REFRESH } from '../../tests/support/page.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { TOKEN_PART } from '../../tests/support/tokens.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { AuthUnavailableError } from '../src/index.ts';
import { createCookieJar } from './support/cookie-jar.ts';
import { useFakePages } from './support/fake-page.ts';
import { createNetwork, holdBackRefreshes, refusal } from './support/network.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const openPage = useFakePages();
const ME = '{ me { email } }';
const isAda = { data: { me: { email: EMAIL } } };
const CREDENTIALS = { email: EMAIL, password: PASSWORD };
const END_NOTHING = 'mutation ($id: ID!) { endSession(input: { id: $id }) { endedSessions } }';

describe.each(['COOKIES', 'REFRESH_COOKIE'] as const)('with %s', (delivery) => {
  async function logIn() {
    const server = await startServer();
    const jar = createCookieJar();
    const network = createNetwork(jar.fetch);
    const browser = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock: server.clock, delivery });
    const tab = browser.openTab();
    await tab.register(CREDENTIALS);
    return { server, jar, network, browser, tab };
  }

  test('the storage holds no token', async () => {
    const { browser, jar, tab } = await logIn();

    expect(await tab.request(ME)).toEqual(isAda);

    expect([...browser.entries.values()].join('')).not.toMatch(TOKEN_PART);
    expect(jar.cookies.has(REFRESH)).toBe(true);
    expect(jar.cookies.has(ACCESS)).toBe(delivery === 'COOKIES');
  });

  test('fifty operations at once after the access token has expired cost one refresh', async () => {
    const { server, network, tab } = await logIn();
    await passTime(server, 16 * MINUTE);

    const answers = await Promise.all(Array.from({ length: 50 }, () => tab.request(ME)));

    expect(answers).toEqual(Array.from({ length: 50 }, () => isAda));
    expect(network.refreshes()).toBe(1);
  });

  test('an operation is sent once, and answered, if another tab refreshes twice before the answer of its own refresh arrives', async () => {
    const { server, network, browser, tab } = await logIn();
    const late = Promise.withResolvers<void>();
    const fetch = holdBackRefreshes(network.fetch, late.promise);
    // It hears nothing of the other tab, whose messages may come later than the answer.
    const slow = browser.openTab({ locks: null, isShared: false, fetch });
    await slow.ready;
    await passTime(server, 16 * MINUTE);
    const begun = slow.request(ME);
    await waitUntil(() => network.refreshes() === 1);

    await tab.refresh();
    await tab.refresh();
    late.resolve();

    expect(await begun).toEqual(isAda);
    expect(slow.getState().status).toBe('LOGGED_IN');
    expect(network.sent.filter(({ query }) => query === ME)).toHaveLength(1);
  });

  test('five tabs of ten operations each cost one refresh', async () => {
    const { server, network, browser, tab } = await logIn();
    const tabs = [tab, ...Array.from({ length: 4 }, () => browser.openTab())];
    await Promise.all(tabs.map((each) => each.ready));
    await Promise.all(tabs.map((each) => each.request(ME)));
    const before = network.refreshes();
    await passTime(server, 16 * MINUTE);

    const answers = await Promise.all(tabs.flatMap((each) => Array.from({ length: 10 }, () => each.request(ME))));

    expect(answers).toEqual(Array.from({ length: 50 }, () => isAda));
    expect(network.refreshes() - before).toBe(1);
  });

  test('a new tab uses the pair of the other tabs', async () => {
    const { network, browser, tab } = await logIn();
    await browser.openTab().request(ME);
    const before = network.refreshes();

    expect(await browser.openTab().request(ME)).toEqual(isAda);

    expect(network.refreshes()).toBe(before);
    expect(tab.getState().status).toBe('LOGGED_IN');
  });

  test('a reload restores the session, and mutations have their CSRF token', async () => {
    const { browser, tab } = await logIn();
    tab.close();

    const reloaded = browser.openTab();

    expect(await reloaded.ready).toMatchObject({ status: 'LOGGED_IN', user: { email: EMAIL } });
    expect(await reloaded.request(ME)).toEqual(isAda);
    expect(await reloaded.request(END_NOTHING, { id: reloaded.getState().user?.id })).toEqual({
      data: { endSession: { endedSessions: 0 } },
    });
  });

  test('a lost CSRF token is fetched again', async () => {
    const { browser, tab } = await logIn();
    tab.close();
    for (const [key, entry] of browser.entries) {
      browser.entries.set(key, entry.replace(/"csrfToken":"[^"]+"/, '"csrfToken":"wrong"'));
    }

    const reloaded = browser.openTab();
    const { data } = await reloaded.request(END_NOTHING, { id: String(tab.getState().user?.id) });

    expect(data).toEqual({ endSession: { endedSessions: 0 } });
  });

  test.each([
    ['with the cookies of its answer', true],
    ['without', false],
  ])('the session survives a reload in the middle of a refresh, %s', async (_which, keepsCookies) => {
    const { server, jar, network, browser, tab } = await logIn();
    const { sessionId } = tab.getState();
    await passTime(server, 16 * MINUTE);
    const before = new Map(jar.cookies);
    const reached = network.holdBackNextAnswer();
    const lost = tab.request(ME).catch((error: unknown) => error);
    await reached;
    if (!keepsCookies) jar.restore(before);

    tab.close();
    const reloaded = browser.openTab();

    expect(await reloaded.request(ME)).toEqual(isAda);
    expect(reloaded.getState()).toMatchObject({ status: 'LOGGED_IN', sessionId });
    expect(await lost).toBeInstanceOf(AuthUnavailableError);
  });

  test("the session survives the loss of a refresh's answer", async () => {
    const { server, network, tab } = await logIn();
    await passTime(server, 16 * MINUTE);
    network.loseAnswers(2);

    expect(await tab.request(ME)).toEqual(isAda);
  });

  test('a logout in one tab logs out all tabs, clears the cookies and ends the session', async () => {
    const { jar, browser, tab } = await logIn();
    const other = browser.openTab();
    await other.ready;

    expect(await other.logout()).toMatchObject({ endedSessions: 1 });

    await waitUntil(() => tab.getState().status === 'LOGGED_OUT');
    expect([...jar.cookies.keys()]).toEqual([]);
    expect(browser.entries.size).toBe(0);
  });

  test('an offline logout survives a reload, and the server is told', async () => {
    const { jar, network, browser, tab } = await logIn();
    network.goAway();
    expect(await tab.logout()).toBeNull();
    tab.close();

    network.comeBack();
    const reloaded = browser.openTab();

    expect(await reloaded.ready).toMatchObject({ status: 'LOGGED_OUT' });
    await waitUntil(() => jar.cookies.size === 0 && browser.entries.size === 0);
  });

  test('a session that was ended elsewhere sends every tab to the login once', async () => {
    const { server, browser, tab } = await logIn();
    const other = browser.openTab();
    await other.ready;
    const elsewhere = await server.client.login();
    await server.client.endSession(elsewhere.accessToken, String(tab.getState().sessionId));

    await Promise.all(Array.from({ length: 10 }, () => tab.request(ME)));

    await waitUntil(() => other.getState().status === 'LOGGED_OUT');
    for (const each of [tab, other]) expect(each.events.filter(({ type }) => type === 'LOGGED_OUT')).toHaveLength(1);
  });

  test('a mutation of one user is not sent with the cookies of another who has just logged in', async () => {
    const { server, jar, network, browser, tab } = await logIn();
    await server.client.register('bob@example.com', PASSWORD);
    const deaf = browser.openTab({ isShared: false });
    await deaf.request(ME);
    await tab.login({ email: 'bob@example.com', password: PASSWORD });
    // Only with cookies, because a Bearer token names its user.
    if (delivery === 'COOKIES') openPage(`${server.url}/`, `${CSRF}=${jar.cookies.get(CSRF)}`);
    const isMutation = ({ query }: { query: string }) => query === END_NOTHING;

    const { data } = await deaf.request(END_NOTHING, { id: String(tab.getState().sessionId) });

    // The login has ended the session that its cookies replaced.
    expect(data).toEqual({ endSession: null });
    expect(network.sent.filter(isMutation)).toHaveLength(1);
    expect(await tab.request(ME)).toEqual({ data: { me: { email: 'bob@example.com' } } });
  });

  test('the loss of the cookies ends the session', async () => {
    const { server, jar, network, tab } = await logIn();
    jar.restore(new Map());
    await passTime(server, 16 * MINUTE);

    await tab.request(ME);

    expect(tab.getState()).toMatchObject({ status: 'LOGGED_OUT', reason: 'SESSION_ENDED' });
    expect(network.refreshes()).toBe(1);
  });

  test('a machine that sleeps between two refusals of a cookie that another tab has replaced keeps the session', async () => {
    const { server, network, tab } = await logIn();
    await passTime(server, 16 * MINUTE);
    network.answerInstead(2, () => refusal({ code: 'INVALID_REFRESH_TOKEN', reason: 'TOKEN_ROTATED' }));

    const asked = tab.request(ME);
    await waitUntil(() => network.refreshes() === 1);
    await passTime(server, 16 * MINUTE);

    expect(await asked).toEqual(isAda);
    expect(tab.getState().status).toBe('LOGGED_IN');
  });

  test('a thief who refreshed first loses the session when the owner comes back', async () => {
    const { server, jar, tab } = await logIn();
    const stolen = createCookieJar();
    stolen.restore(jar.cookies);
    const thief = openBrowser({ url: `${server.url}/graphql`, fetch: stolen.fetch, delivery });
    const theirs = thief.openTab();
    await theirs.adopt({ ...PAIR, csrfToken: jar.cookies.get(CSRF) ?? null });
    await theirs.refresh();
    expect(await theirs.request(ME)).toEqual(isAda);
    await passTime(server, 16 * MINUTE);

    await tab.request(ME);

    expect(tab.getState()).toMatchObject({ status: 'LOGGED_OUT', reason: 'SESSION_TAKEN' });
    await theirs.request(ME);
    expect(theirs.getState().status).toBe('LOGGED_OUT');
  });
});

async function emptyStorage() {
  const server = await startServer();
  const jar = createCookieJar();
  const network = createNetwork(jar.fetch);
  const shared = { url: `${server.url}/graphql`, clock: server.clock, delivery: 'COOKIES' as const };
  const browser = openBrowser({ ...shared, fetch: network.fetch });
  const tab = browser.openTab();
  await tab.register(CREDENTIALS);
  tab.close();
  browser.entries.clear();
  openPage(`${server.url}/`, `${CSRF}=${jar.cookies.get(CSRF)}`);
  return { server, jar, network, browser };
}

describe('cookies that the storage does not know', () => {
  test('the session is found', async () => {
    const { browser } = await emptyStorage();

    expect(await browser.openTab().ready).toMatchObject({ status: 'LOGGED_IN', user: { email: EMAIL } });
    expect(browser.entries.size).toBe(1);
  });

  test.each([
    ['when the page comes back', true],
    ['a little later', false],
  ])('restore the session although the network was away at first, %s', async (_when, isWoken) => {
    const { network, browser } = await emptyStorage();
    network.goAway();
    const tab = browser.openTab();
    expect(await tab.ready).toMatchObject({ status: 'LOGGED_OUT' });

    network.comeBack();
    if (isWoken) tab.wake();

    await waitUntil(() => tab.getState().status === 'LOGGED_IN', isWoken ? 400 : 5_000);
    expect(await tab.request(ME)).toEqual(isAda);
    expect(browser.entries.size).toBe(1);
  });

  test.each([
    ['', false],
    [', also where the storage is full', true],
  ])('send a refresh whose answer was lost again with the same key%s', async (_where, isFull) => {
    const { network, browser } = await emptyStorage();
    network.loseAnswers(1);
    const storage = { ...browser.storage, setItem: () => Promise.reject(new Error('full')) };
    const tab = browser.openTab(isFull ? { storage } : {});
    await tab.ready;

    await waitUntil(() => tab.getState().status === 'LOGGED_IN');

    const keys = network.sent.flatMap(({ variables }) => variables.input?.['idempotencyKey'] ?? []);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test('do not replace a user who logs in meanwhile', async () => {
    const { server, network, browser } = await emptyStorage();
    await server.client.register('bob@example.com', PASSWORD);
    network.goAway();
    const late = Promise.withResolvers<void>();
    const tab = browser.openTab({ locks: null, fetch: holdBackRefreshes(network.fetch, late.promise) });
    await tab.ready;
    network.comeBack();
    await waitUntil(() => network.refreshes() === 1);

    const loggedIn = tab.login({ email: 'bob@example.com', password: PASSWORD });
    await Promise.race([loggedIn, pause(300)]);
    late.resolve();
    await loggedIn;
    await pause(100);

    expect(tab.getState().user?.email).toBe('bob@example.com');
  });

  test('are not used after a login', async () => {
    const { network, browser } = await emptyStorage();
    network.loseAnswers(9);
    const tab = browser.openTab();
    await tab.ready;

    await tab.login(CREDENTIALS);
    const before = network.refreshes();
    await pause(1_200);

    expect(network.refreshes()).toBe(before);
    expect(browser.entries.size).toBe(1);
  });

  test('are used once if the server refuses them', async () => {
    const { jar, network, browser } = await emptyStorage();
    jar.restore(new Map());

    expect(await browser.openTab().ready).toMatchObject({ status: 'LOGGED_OUT' });

    await pause(1_200);
    expect(browser.entries.size).toBe(0);
    expect(network.refreshes()).toBe(1);
  });

  test('give two tabs the same session with one refresh', async () => {
    const { network, browser } = await emptyStorage();
    const tabs = [browser.openTab(), browser.openTab()];

    const states = await Promise.all(tabs.map((each) => each.ready));

    expect(states.map(({ status }) => status)).toEqual(['LOGGED_IN', 'LOGGED_IN']);
    expect(network.refreshes()).toBe(1);
  });
});

const PAIR = {
  accessTokenExpiresAt: new Date().toISOString(),
  accessTokenExpiresIn: 900,
  refreshTokenExpiresAt: new Date().toISOString(),
  session: { id: 'unknown' },
  user: { id: '1', email: EMAIL, roles: [] },
};
