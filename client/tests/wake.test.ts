import { setTimeout as pause } from 'node:timers/promises';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { MINUTE } from '../../tests/support/manual-clock.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { type FakePage, useFakePages } from './support/fake-page.ts';
import { createNetwork } from './support/network.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const openPage = useFakePages();
/** Milliseconds. Shorter than every timer of the kit. */
const AT_ONCE = 2_000;

async function logIn() {
  const server = await startServer();
  const page = openPage(`${server.url}/`);
  const network = createNetwork();
  const browser = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock: server.clock });
  const tab = browser.openTab();
  await tab.register({ email: EMAIL, password: PASSWORD });
  return { server, page, network, browser, tab };
}

test.each<[string, (page: FakePage) => void]>([
  ['is shown from the cache of pages', ({ window }) => void window.dispatchEvent(new Event('pageshow'))],
  ['comes to the front', ({ window }) => void window.dispatchEvent(new Event('focus'))],
  ['has a network again', ({ window }) => void window.dispatchEvent(new Event('online'))],
  ['is visible again', (page) => page.setVisible(true)],
])('a pair that is due is exchanged as soon as the page %s', async (_moment, happen) => {
  const { server, page, network } = await logIn();
  await passTime(server, 16 * MINUTE);

  happen(page);

  await waitUntil(() => network.refreshes() === 1, AT_ONCE);
  expect(network.refreshes()).toBe(1);
});

test('a hidden page refreshes only for an operation', async () => {
  const { server, page, network, tab } = await logIn();
  page.setVisible(false);
  await passTime(server, 16 * MINUTE);

  page.window.dispatchEvent(new Event('online'));
  await pause(100);
  expect(network.refreshes()).toBe(0);

  expect(await tab.request('{ me { email } }')).toEqual({ data: { me: { email: EMAIL } } });
});

test.each([
  ['has written the entry', (key: string) => key],
  ['has cleared the storage', () => null],
])('the storage is read when another tab %s', async (_what, keyOf) => {
  const { page, browser, tab } = await logIn();
  const deaf = browser.openTab({ isShared: false });
  await deaf.ready;
  const [key = ''] = browser.entries.keys();
  await tab.logout();
  page.tellWritten('of somebody else');
  await pause(300);
  expect(deaf.getState().status).toBe('LOGGED_IN');

  page.tellWritten(keyOf(key));

  await waitUntil(() => deaf.getState().status === 'LOGGED_OUT', AT_ONCE);
  expect(deaf.getState()).toMatchObject({ reason: 'LOGGED_OUT' });
});

test('a closed client ignores the page', async () => {
  const { server, page, network, tab } = await logIn();
  await passTime(server, 16 * MINUTE);
  tab.close();

  page.window.dispatchEvent(new Event('pageshow'));
  page.setVisible(true);
  await pause(100);

  expect(network.refreshes()).toBe(0);
});
