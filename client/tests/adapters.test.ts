import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { Client, cacheExchange, fetchExchange, type TypedDocumentNode } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { MINUTE } from '../../tests/support/manual-clock.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createAuthLink } from '../src/apollo.ts';
import { type AuthClient, authErrorOf } from '../src/index.ts';
import { createUrqlAuth } from '../src/urql.ts';
import { createCookieJar } from './support/cookie-jar.ts';
import { END_SESSION, ME } from './support/documents.ts';
import { createNetwork } from './support/network.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const CREDENTIALS = { email: EMAIL, password: PASSWORD };
const DELIVERIES = ['BODY', 'COOKIES', 'REFRESH_COOKIE'] as const;
const isAda = { email: EMAIL };

/** What an app does with its client, whichever it is. Each operation is one that nothing else answers. */
interface App {
  me(): Promise<unknown>;
  endSession(id: string): Promise<unknown>;
}

function apolloApp(auth: AuthClient, url: string, through: typeof fetch): App & { client: ApolloClient } {
  const client = new ApolloClient({
    link: createAuthLink(auth).concat(new HttpLink({ uri: url, fetch: through })),
    cache: new InMemoryCache(),
    queryDeduplication: false,
  });
  return {
    client,
    me: async () => (await client.query<{ me: unknown }>({ query: ME, fetchPolicy: 'network-only' })).data?.me,
    endSession: async (id) =>
      (await client.mutate<{ endSession: unknown }>({ mutation: END_SESSION, variables: { id } })).data?.endSession,
  };
}

function urqlApp(auth: AuthClient, url: string, through: typeof fetch): App {
  const client = new Client({
    url,
    fetch: through,
    preferGetMethod: false,
    exchanges: [cacheExchange, authExchange(createUrqlAuth(auth)), fetchExchange],
  });
  let count = 0;
  return {
    async me() {
      count += 1;
      // Equal queries are one for urql.
      const query = `query Me${count} { me { email } }`;
      const { data, error } = await client
        .query<{ me: unknown }>(query, {}, { requestPolicy: 'network-only' })
        .toPromise();
      if (error !== undefined) throw error;
      return data?.me;
    },
    async endSession(id) {
      const document = END_SESSION as TypedDocumentNode<{ endSession: unknown }, { id: string }>;
      const { data, error } = await client.mutation(document, { id }).toPromise();
      if (error !== undefined) throw error;
      return data?.endSession;
    },
  };
}

describe.each([
  ['Apollo Client', apolloApp],
  ['urql', urqlApp],
])('%s', (_name, createApp) => {
  describe.each(DELIVERIES)('with %s', (delivery) => {
    async function logIn() {
      const server = await startServer();
      const jar = createCookieJar();
      const network = createNetwork(delivery === 'BODY' ? fetch : jar.fetch);
      const url = `${server.url}/graphql`;
      const browser = openBrowser({ url, fetch: network.fetch, clock: server.clock, delivery });
      const tab = browser.openTab();
      await tab.register(CREDENTIALS);
      return { server, network, url, browser, tab, app: createApp(tab, url, network.fetch) };
    }

    test('fifty operations at once after the access token has expired cost one refresh', async () => {
      const { server, network, app } = await logIn();
      await passTime(server, 16 * MINUTE);

      const answers = await Promise.all(Array.from({ length: 50 }, () => app.me()));

      expect(answers).toEqual(Array.from({ length: 50 }, () => expect.objectContaining(isAda)));
      expect(network.refreshes()).toBe(1);
    });

    test('fifty operations whose access token the server refuses cost one refresh', async () => {
      const { server, network, url, browser } = await logIn();
      const now = server.clock.now();
      const still = { now: () => now, monotonic: () => 0 };
      const behind = browser.openTab({ clock: still, isShared: false });
      const app = createApp(behind, url, network.fetch);
      await app.me();
      const before = network.refreshes();
      await passTime(server, 16 * MINUTE);

      const answers = await Promise.all(Array.from({ length: 50 }, () => app.me()));

      expect(answers).toEqual(Array.from({ length: 50 }, () => expect.objectContaining(isAda)));
      expect(network.refreshes() - before).toBe(1);
    });

    test('a mutation goes through, with what it needs', async () => {
      const { server, app, tab } = await logIn();
      await passTime(server, 16 * MINUTE);

      expect(await app.endSession(String(tab.getState().user?.id))).toMatchObject({ endedSessions: 0 });
    });

    test('the answer of a refresh is lost: it goes on', async () => {
      const { server, network, app } = await logIn();
      await passTime(server, 16 * MINUTE);
      network.loseAnswers(1);

      expect(await app.me()).toMatchObject(isAda);
    });

    test('the network is away for a while: operations fail, nobody is logged out, and it goes on afterwards', async () => {
      const { server, network, app, tab } = await logIn();
      await passTime(server, 16 * MINUTE);
      network.goAway();

      await expect(app.me()).rejects.toThrow(Error);
      expect(tab.getState().status).toBe('LOGGED_IN');

      network.comeBack();
      expect(await app.me()).toMatchObject(isAda);
    });

    test('an ended session sends every tab to the login once, and the operation says why', async () => {
      const { server, app, browser, tab } = await logIn();
      const other = browser.openTab();
      await other.ready;
      const elsewhere = await server.client.login();
      await server.client.endSession(elsewhere.accessToken, String(tab.getState().sessionId));

      const failure = await app.me().catch((error: unknown) => error);

      expect(authErrorOf(failure)).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_REVOKED' });
      await waitUntil(() => other.getState().status === 'LOGGED_OUT');
      for (const each of [tab, other]) expect(each.events.filter(({ type }) => type === 'LOGGED_OUT')).toHaveLength(1);
    });
  });
});

describe('the store of Apollo Client', () => {
  test('is emptied at logout', async () => {
    const { tab, client } = await logInApollo();

    await tab.logout();

    await waitUntil(() => !JSON.stringify(client.extract()).includes(EMAIL));
    expect(tab.getState().status).toBe('LOGGED_OUT');
  });

  test('is emptied when another tab logs out', async () => {
    const { browser, tab, client } = await logInApollo();

    await browser.openTab().logout();

    await waitUntil(() => !JSON.stringify(client.extract()).includes(EMAIL));
    expect(tab.getState().status).toBe('LOGGED_OUT');
  });

  test('holds nothing of the last user when the next one logs in, and the queries on the page are asked again', async () => {
    const { server, tab, client } = await logInApollo();
    await server.client.register('bob@example.com', PASSWORD);
    const seen: unknown[] = [];
    const watching = client.watchQuery<{ me: { email: string } | null }>({ query: ME }).subscribe({
      next: ({ data }) => void seen.push(data?.me?.email),
      error: () => undefined,
    });

    await tab.login({ email: 'bob@example.com', password: PASSWORD });

    await waitUntil(() => seen.includes('bob@example.com'));
    expect(JSON.stringify(client.extract())).not.toContain(EMAIL);
    watching.unsubscribe();
  });

  test('stays as it is when a pair is refreshed', async () => {
    const { tab, client } = await logInApollo();

    await tab.refresh();

    expect(JSON.stringify(client.extract())).toContain(EMAIL);
  });

  test('an error of a field is handed on with the fields beside it', async () => {
    const { tab, client } = await logInApollo();
    await tab.logout();

    const failure = await client.query({ query: ME, fetchPolicy: 'network-only' }).catch((error: unknown) => error);

    expect(CombinedGraphQLErrors.is(failure)).toBe(true);
    expect(authErrorOf(failure)).toEqual({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING', refreshable: false });
  });
});

async function logInApollo() {
  const server = await startServer();
  const url = `${server.url}/graphql`;
  const browser = openBrowser({ url, clock: server.clock });
  const tab = browser.openTab();
  await tab.register(CREDENTIALS);
  const { client } = apolloApp(tab, url, fetch);
  await client.query({ query: ME });
  expect(JSON.stringify(client.extract())).toContain(EMAIL);
  return { server, url, browser, tab, client };
}
