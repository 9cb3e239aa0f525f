import { setTimeout as pause } from 'node:timers/promises';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { MINUTE } from '../../tests/support/manual-clock.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createAuthClient, type TokenDelivery, type TokenStorage } from '../src/index.ts';
import { createCookieJar } from './support/cookie-jar.ts';
import { setGlobals, useFakePages } from './support/fake-page.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const openPage = useFakePages();
const ME = '{ me { email } }';
const isAda = { data: { me: { email: EMAIL } } };
const CREDENTIALS = { email: EMAIL, password: PASSWORD };

async function logIn(delivery: TokenDelivery = 'BODY') {
  const server = await startServer();
  const jar = createCookieJar();
  const shared = { url: `${server.url}/graphql`, fetch: jar.fetch, clock: server.clock, delivery };
  const browser = openBrowser(shared);
  const { storage, fail } = createFailing(browser.storage);
  const tab = browser.openTab({ storage });
  await tab.register(CREDENTIALS);
  return { server, jar, browser, shared, storage, fail, tab };
}

/** A storage whose methods can be made to fail. */
function createFailing(through: TokenStorage) {
  let failing: readonly (keyof TokenStorage)[] = [];
  const attempt = (method: keyof TokenStorage): void => {
    if (failing.includes(method)) throw new Error('full, or forbidden');
  };
  const storage: TokenStorage = {
    getItem(key) {
      attempt('getItem');
      return through.getItem(key);
    },
    setItem(key, value) {
      attempt('setItem');
      return through.setItem(key, value);
    },
    removeItem(key) {
      attempt('removeItem');
      return through.removeItem(key);
    },
  };
  return { storage, fail: (...methods: typeof failing) => void (failing = methods) };
}

describe('a storage that fails for a while', () => {
  test('is written again, so the session is restored', async () => {
    const { browser, fail, tab } = await logIn();
    fail('setItem');
    await tab.refresh();
    fail();
    await tab.refresh();
    tab.close();

    const reloaded = browser.openTab();

    expect(await reloaded.ready).toMatchObject({ status: 'LOGGED_IN' });
    await reloaded.refresh();
    expect(reloaded.getState().status).toBe('LOGGED_IN');
  });

  test('is not trusted until it is written again, so a new login stays', async () => {
    const { server, fail, tab } = await logIn();
    await server.client.register('bob@example.com', PASSWORD);
    fail('setItem');
    await tab.login({ email: 'bob@example.com', password: PASSWORD });
    fail();

    tab.wake();
    await passTime(server, 16 * MINUTE);

    expect(await tab.request(ME)).toEqual({ data: { me: { email: 'bob@example.com' } } });
    expect(tab.getState()).toMatchObject({ user: { email: 'bob@example.com' } });
  });

  test.each(['BODY', 'COOKIES'] as const)('holds nobody after a logout, with %s', async (delivery) => {
    const { jar, browser, fail, tab } = await logIn(delivery);
    fail('setItem');
    await tab.refresh();

    expect(await tab.logout()).toMatchObject({ endedSessions: 1 });

    expect(browser.entries.size).toBe(0);
    expect(jar.cookies.size).toBe(0);
  });

  test.each([
    ['when the page comes back', true],
    ['a little later', false],
  ])('and could not be read at first is read again %s', async (_when, isWoken) => {
    const { browser, storage, fail, tab } = await logIn();
    tab.close();
    fail('getItem');
    const reloaded = browser.openTab({ storage });
    expect(await reloaded.ready).toMatchObject({ status: 'LOGGED_OUT' });

    fail();
    if (isWoken) reloaded.wake();

    await waitUntil(() => reloaded.getState().status === 'LOGGED_IN', isWoken ? 400 : 5_000);
    expect(await reloaded.request(ME)).toEqual(isAda);
  });
});

test('a slow storage is read only after it is written', async () => {
  const { server, browser, tab } = await logIn();
  await server.client.register('bob@example.com', PASSWORD);
  const { storage } = browser;
  const slow = browser.openTab({
    isShared: false,
    storage: {
      ...storage,
      async setItem(key, value) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return storage.setItem(key, value);
      },
    },
  });
  await slow.ready;
  tab.close();

  const entered = slow.login({ email: 'bob@example.com', password: PASSWORD });
  await waitUntil(() => slow.getState().user?.email === 'bob@example.com');
  slow.wake();
  await entered;

  expect(slow.getState()).toMatchObject({ user: { email: 'bob@example.com' } });
  expect(slow.events.map(({ type }) => type)).toEqual(['STARTED', 'LOGGED_IN']);
});

test('a slow storage is ignored once another tab has said who is logged in', async () => {
  const { browser, tab } = await logIn();
  const reads: (() => void)[] = [];
  const slow = browser.openTab({
    storage: {
      ...browser.storage,
      getItem: async (key) => {
        await new Promise<void>((resolve) => reads.push(resolve));
        return browser.storage.getItem(key);
      },
    },
  });
  await tab.refresh();
  await waitUntil(() => reads.length === 2);
  reads[1]?.();
  await pause(50);
  const letThrough = setInterval(() => reads.forEach((read) => read()));
  expect(await slow.ready).toMatchObject({ status: 'LOGGED_IN' });

  await pause(100);
  const before = reads.length;
  await pause(1_200);
  clearInterval(letThrough);

  expect(reads.length).toBe(before);
});

/** The storage that a duplicated tab begins with. */
function copyOf(original: ReadonlyMap<string, string>) {
  const entries = new Map(original);
  const storage = {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => entries.set(key, value),
    removeItem: (key: string) => entries.delete(key),
  };
  return { entries, storage };
}

test('a pair of another tab is not stored again, even if the storage does not show it yet', async () => {
  const { server, browser, tab } = await logIn();
  const { entries, storage } = copyOf(browser.entries);
  const before = new Map(entries);
  const behind = browser.openTab({ storage });
  await behind.ready;
  await passTime(server, 16 * MINUTE);

  await tab.refresh();
  await waitUntil(() => behind.events.some(({ type }) => type === 'REFRESHED'));
  await pause(50);

  expect(entries).toEqual(before);
});

test('a duplicated tab with a `sessionStorage` stores the pair that the other tab has refreshed', async () => {
  const { server, browser, tab } = await logIn();
  const { entries, storage } = copyOf(browser.entries);
  setGlobals({ sessionStorage: storage });
  const duplicated = browser.openTab({ storage });
  await duplicated.ready;
  await passTime(server, 16 * MINUTE);
  await tab.refresh();
  await waitUntil(() => duplicated.events.some(({ type }) => type === 'REFRESHED'));
  await waitUntil(() => [...entries.values()][0] === [...browser.entries.values()][0]);
  duplicated.close();
  await passTime(server, 16 * MINUTE);

  const reloaded = browser.openTab({ storage });

  expect(await reloaded.request(ME)).toEqual(isAda);
  expect(reloaded.getState().status).toBe('LOGGED_IN');
});

describe('the storage of the browser', () => {
  test.each([
    ['is used on a page', true],
    ['is not used where there is none, for there it would be that of all users of the process', false],
  ])('%s', async (_title, isPage) => {
    const { browser, shared, tab } = await logIn('COOKIES');
    await tab.logout();
    if (isPage) openPage(shared.url);
    setGlobals({ localStorage: browser.storage });
    const auth = createAuthClient({ ...shared, isShared: false });

    await auth.login(CREDENTIALS);

    expect(browser.entries.size).toBe(isPage ? 1 : 0);
    auth.close();
  });
});
