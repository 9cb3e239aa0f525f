import { MINUTE } from '../../tests/support/manual-clock.ts';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { createNetwork } from './support/network.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const ME = '{ me { email } }';
const isAda = { data: { me: { email: EMAIL } } };

async function logIn() {
  const server = await startServer();
  const network = createNetwork();
  const { clock } = server;
  const browser = openBrowser({ url: `${server.url}/graphql`, fetch: network.fetch, clock });
  const tab = browser.openTab();
  await tab.register({ email: EMAIL, password: PASSWORD });
  return { server, network, clock, browser, tab };
}

test('fifty operations at once with an expired access token cost one refresh', async () => {
  const { clock, network, tab } = await logIn();
  clock.advance(16 * MINUTE);

  const answers = await Promise.all(Array.from({ length: 50 }, () => tab.request(ME)));

  expect(answers).toEqual(Array.from({ length: 50 }, () => isAda));
  expect(network.refreshes()).toBe(1);
});
