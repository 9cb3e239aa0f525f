import { MINUTE, SECOND } from '../../tests/support/manual-clock.ts';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { adapterOf } from '../src/adapter.ts';
import { AuthUnavailableError } from '../src/index.ts';
import { createNetwork, refusal } from './support/network.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const ME = '{ me { email } }';
const isAda = { data: { me: { email: EMAIL } } };

async function logIn() {
  const server = await startServer();
  const network = createNetwork();
  const browser = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock: server.clock });
  const tab = browser.openTab();
  await tab.register({ email: EMAIL, password: PASSWORD });
  return { server, network, browser, tab };
}

test.each([
  ['Web Locks', {}],
  ['no Web Locks', { locks: null }],
])('fifty operations at once with an expired access token cost one refresh, with %s', async (_locks, options) => {
  const { server, network, browser } = await logIn();
  const tab = browser.openTab(options);
  await tab.request(ME);
  await passTime(server, 16 * MINUTE);

  const answers = await Promise.all(Array.from({ length: 50 }, () => tab.request(ME)));

  expect(answers).toEqual(Array.from({ length: 50 }, () => isAda));
  expect(network.refreshes()).toBe(1);
});

test.each([
  ['Web Locks', {}, 1],
  ['no Web Locks', { locks: null }, 5],
])(
  'five tabs of ten operations each, with %s, get all their answers, and nobody is logged out',
  async (_locks, options, mostRefreshes) => {
    const { server, network, browser, tab } = await logIn();
    const tabs = [tab, ...Array.from({ length: 4 }, () => browser.openTab(options))];
    await Promise.all(tabs.map((each) => each.ready));
    await passTime(server, 16 * MINUTE);

    const answers = await Promise.all(tabs.flatMap((each) => Array.from({ length: 10 }, () => each.request(ME))));

    expect(answers).toEqual(Array.from({ length: 50 }, () => isAda));
    expect(tabs.map((each) => each.getState().status)).toEqual(Array.from({ length: 5 }, () => 'LOGGED_IN'));
    expect(network.refreshes()).toBeLessThanOrEqual(mostRefreshes);
    const tokens = tabs.map((each) => adapterOf(each).credentials().headers['authorization']);
    await waitUntil(() => tabs.every((each) => adapterOf(each).credentials().headers['authorization'] === tokens[0]));
  },
);

test('fifty operations whose access token the server refuses cost one refresh', async () => {
  const { server, network, tab } = await logIn();
  // The client's clock has stood still, so its token seems valid.
  const still = { now: () => 0, monotonic: () => 0 };
  const behind = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock: still }).openTab();
  await behind.login({ email: EMAIL, password: PASSWORD });
  await passTime(server, 16 * MINUTE);

  const answers = await Promise.all(Array.from({ length: 50 }, () => behind.request(ME)));

  expect(answers).toEqual(Array.from({ length: 50 }, () => isAda));
  expect(network.refreshes()).toBe(1);
  expect(tab.getState().status).toBe('LOGGED_IN');
});

test('each refresh has a random key of 32 characters, and its retry has the same key', async () => {
  const { server, network, tab } = await logIn();

  await tab.refresh();
  await passTime(server, 16 * MINUTE);
  network.loseAnswers(2);
  expect(await tab.request(ME)).toEqual(isAda);

  const keys = keysOf(network);
  expect(keys).toHaveLength(4);
  for (const key of keys) expect(key).toMatch(/^[\w-]{32}$/);
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys[2]).toBe(keys[1]);
  expect(keys[3]).toBe(keys[1]);
});

test('the key is stored before the refresh and removed after its answer', async () => {
  const { network, browser, tab } = await logIn();
  const isWritten = () => [...browser.entries.values()].some((entry) => entry.includes(String(keysOf(network)[0])));
  const reached = network.holdBackNextAnswer();
  void tab.refresh().catch(() => undefined);

  await reached;
  expect(isWritten()).toBe(true);

  tab.close();
  const reloaded = browser.openTab();
  await reloaded.refresh();
  const [first, second] = keysOf(network);
  expect(second).toBe(first);
  expect(isWritten()).toBe(false);
});

test('tabs without Web Locks that refresh at once send the same key', async () => {
  const { network, browser, tab } = await logIn();
  const tabs = [tab, browser.openTab({ locks: null }), browser.openTab({ locks: null })];
  await Promise.all(tabs.map((each) => each.ready));

  await Promise.all(tabs.map((each) => each.refresh()));

  expect(keysOf(network).length).toBeGreaterThan(1);
  expect(new Set(keysOf(network)).size).toBe(1);
});

test('a late answer does not replace a newer pair', async () => {
  const { network, browser, tab } = await logIn();
  let deliver: (() => void) | undefined;
  const late = browser.openTab({
    locks: null,
    async fetch(input, init) {
      const response = await network.fetch(input, init);
      await new Promise<void>((resolve) => (deliver = resolve));
      return response;
    },
  });
  await late.ready;
  const refreshed = late.refresh();
  await waitUntil(() => deliver !== undefined);
  await tab.refresh();
  await tab.refresh();

  deliver?.();
  await refreshed;

  const reloaded = browser.openTab();
  await reloaded.ready;
  await reloaded.refresh();
  expect([late, tab, reloaded].map((each) => each.getState().status)).toEqual(['LOGGED_IN', 'LOGGED_IN', 'LOGGED_IN']);
});

test("the session survives the loss of a refresh's answer", async () => {
  const { server, network, tab } = await logIn();
  const { sessionId } = tab.getState();
  await passTime(server, 16 * MINUTE);
  network.loseAnswers(1);

  expect(await tab.request(ME)).toEqual(isAda);

  expect(tab.getState()).toMatchObject({ status: 'LOGGED_IN', sessionId });
});

test('the session survives a reload in the middle of a refresh', async () => {
  const { server, network, browser, tab } = await logIn();
  const { sessionId } = tab.getState();
  await passTime(server, 16 * MINUTE);
  const reached = network.holdBackNextAnswer();
  const lost = tab.request(ME).catch((error: unknown) => error);
  await reached;

  tab.close();
  const reloaded = browser.openTab();

  expect(await reloaded.request(ME)).toEqual(isAda);
  expect(reloaded.getState()).toMatchObject({ status: 'LOGGED_IN', sessionId });
  expect(await lost).toBeInstanceOf(AuthUnavailableError);
  // Much later, the previous token would count as stolen.
  await passTime(server, 16 * MINUTE);
  expect(await reloaded.request(ME)).toEqual(isAda);
});

test('the expired access token of a repeated old answer is not sent', async () => {
  const { server, network, browser, tab } = await logIn();
  const reached = network.holdBackNextAnswer();
  void tab.refresh().catch(() => undefined);
  await reached;
  tab.close();
  const reloaded = browser.openTab();
  await reloaded.ready;
  await passTime(server, 16 * MINUTE);

  expect(await reloaded.request(ME)).toEqual(isAda);

  expect(operationsNamedMe(network)).toBe(1);
  expect(network.refreshes()).toBe(3);
});

test('the session survives a closed browser', async () => {
  const { server, browser, tab } = await logIn();
  tab.close();
  await passTime(server, 60 * MINUTE);

  const reopened = browser.openTab();

  expect(await reopened.ready).toMatchObject({ status: 'LOGGED_IN', user: { email: EMAIL } });
  expect(await reopened.request(ME)).toEqual(isAda);
});

test('while the network is away, operations fail and nobody is logged out', async () => {
  const { server, network, tab } = await logIn();
  await passTime(server, 16 * MINUTE);
  network.goAway();

  await expect(tab.request(ME)).rejects.toThrow(AuthUnavailableError);
  expect(tab.getState().status).toBe('LOGGED_IN');

  network.comeBack();
  expect(await tab.request(ME)).toEqual(isAda);
  expect(tab.events.map(({ type }) => type)).toEqual(['STARTED', 'LOGGED_IN', 'REFRESH_FAILED', 'REFRESHED']);
});

test.each([
  ['SERVICE_UNAVAILABLE', () => refusal({ code: 'SERVICE_UNAVAILABLE' })],
  ['INTERNAL_SERVER_ERROR', () => refusal({ code: 'INTERNAL_SERVER_ERROR' })],
  ['a page of HTML', () => new Response('<html>', { status: 502, headers: { 'content-type': 'text/html' } })],
  ['half an answer', () => new Response('{"data":', { headers: { 'content-type': 'application/json' } })],
  ['null', () => new Response('null', { headers: { 'content-type': 'application/json' } })],
])('a refresh that the server answers with %s logs nobody out', async (_name, answer) => {
  const { server, network, tab } = await logIn();
  await passTime(server, 16 * MINUTE);
  network.answerInstead(3, answer);

  await expect(tab.request(ME)).rejects.toThrow(Error);
  expect(tab.getState().status).toBe('LOGGED_IN');

  network.answerInstead(0, answer);
  expect(await tab.request(ME)).toEqual(isAda);
});

test('an early refresh that fails stops no operation', async () => {
  const { server, network, tab } = await logIn();
  await passTime(server, 14 * MINUTE + 45 * SECOND);
  network.answerInstead(9, () => refusal({ code: 'SERVICE_UNAVAILABLE' }));

  expect(await tab.request(ME)).toEqual(isAda);
  expect(network.refreshes()).toBe(3);
});

test('a pair is exchanged in time although no operation is sent', async () => {
  const server = await startServer({ accessTokenLifetime: '2s' });
  const network = createNetwork();
  const tab = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch }).openTab();
  await tab.register({ email: EMAIL, password: PASSWORD });
  expect(network.refreshes()).toBe(0);

  await waitUntil(() => network.refreshes() === 1);
});

test.each([
  ['ten years behind', -10 * 365 * 24 * 60 * MINUTE],
  ['ten years ahead', 10 * 365 * 24 * 60 * MINUTE],
])('a clock that is %s does no harm', async (_name, error) => {
  const server = await startServer();
  const network = createNetwork();
  const wrong = { now: () => server.clock.now() + error, monotonic: () => server.clock.monotonic() };
  const browser = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock: wrong });
  const tab = browser.openTab();
  await tab.register({ email: EMAIL, password: PASSWORD });

  await passTime(server, 5 * MINUTE);
  expect(await tab.request(ME)).toEqual(isAda);
  expect(await browser.openTab().request(ME)).toEqual(isAda);
  expect(network.refreshes()).toBe(0);
  await passTime(server, 10 * MINUTE);
  expect(await tab.request(ME)).toEqual(isAda);

  expect(network.refreshes()).toBe(1);
  // The server has refused no token.
  expect(operationsNamedMe(network)).toBe(3);
});

test('a clock that is corrected costs one refresh at most', async () => {
  const { server, network } = await logIn();
  let offset = 0;
  const clock = { now: () => server.clock.now() + offset, monotonic: () => server.clock.monotonic() };
  const browser = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock });
  const tab = browser.openTab();
  await tab.login({ email: EMAIL, password: PASSWORD });

  offset = -60 * MINUTE;
  await passTime(server, 16 * MINUTE);
  expect(await tab.request(ME)).toEqual(isAda);
  expect(network.refreshes()).toBe(1);
  // The monotonic clock showed it, so the server has refused no token.
  expect(operationsNamedMe(network)).toBe(1);

  offset = 60 * MINUTE;
  expect(await tab.request(ME)).toEqual(isAda);
  expect(await tab.request(ME)).toEqual(isAda);
  expect(network.refreshes()).toBe(2);
});

test('a pair that is held while the laptop sleeps counts as old', async () => {
  const { server, network } = await logIn();
  let slept = 0;
  const clock = { now: () => server.clock.now(), monotonic: () => server.clock.monotonic() - slept };
  const tab = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock }).openTab();
  await tab.login({ email: EMAIL, password: PASSWORD });

  slept = 60 * MINUTE;
  await passTime(server, slept);
  tab.wake();

  await waitUntil(() => network.refreshes() === 1);
  await waitUntil(() => (tab.lifetimes()?.accessToken ?? 0) > 14 * 60);
  expect(network.refreshes()).toBe(1);
});

function keysOf({ sent }: ReturnType<typeof createNetwork>): unknown[] {
  return sent.flatMap(({ variables }) => variables.input?.['idempotencyKey'] ?? []);
}

function operationsNamedMe({ sent }: ReturnType<typeof createNetwork>): number {
  return sent.filter(({ query }) => query === ME).length;
}
