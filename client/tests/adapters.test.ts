import {
  ApolloClient,
  ApolloLink,
  gql,
  HttpLink,
  InMemoryCache,
  type NormalizedCacheObject,
  Observable,
} from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { Client, cacheExchange, fetchExchange, type TypedDocumentNode } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import type { DocumentNode } from 'graphql';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { MINUTE } from '../../tests/support/manual-clock.ts';
import { passTime } from '../../tests/support/pass-time.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createAuthLink, emptyStoreOnUserChange } from '../src/apollo.ts';
import { type AuthClient, type AuthClientOptions, authErrorOf } from '../src/index.ts';
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

/** What an app does with its GraphQL client. No cache answers these operations. */
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
      // urql merges equal queries.
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

    test('a mutation is sent with its credentials', async () => {
      const { server, app, tab } = await logIn();
      await passTime(server, 16 * MINUTE);

      expect(await app.endSession(String(tab.getState().user?.id))).toMatchObject({ endedSessions: 0 });
    });

    test('an operation is answered although the answer of a refresh was lost', async () => {
      const { server, network, app } = await logIn();
      await passTime(server, 16 * MINUTE);
      network.loseAnswers(1);

      expect(await app.me()).toMatchObject(isAda);
    });

    test('while the network is away, operations fail and nobody is logged out', async () => {
      const { server, network, app, tab } = await logIn();
      await passTime(server, 16 * MINUTE);
      network.goAway();

      await expect(app.me()).rejects.toThrow(Error);
      expect(tab.getState().status).toBe('LOGGED_IN');

      network.comeBack();
      expect(await app.me()).toMatchObject(isAda);
    });

    test('an operation whose answer is lost fails, and nobody is logged out', async () => {
      const { url, network, browser } = await logIn();
      const tab = browser.openTab();
      let isLost = true;
      const app = createApp(tab, url, async (input, init) => {
        const response = await network.fetch(input, init);
        if (isLost) throw new TypeError('terminated');
        return response;
      });

      await expect(app.me()).rejects.toThrow('terminated');
      expect(tab.getState().status).toBe('LOGGED_IN');

      isLost = false;
      expect(await app.me()).toMatchObject(isAda);
    });

    test('after a logout in another tab, an operation is sent anonymously and reports it', async () => {
      const { network, app, browser, tab } = await logIn();
      await app.me();
      await browser.openTab().logout();
      await waitUntil(() => tab.getState().status === 'LOGGED_OUT');
      const before = network.sent.length;

      const failure = await app.me().catch((error: unknown) => error);

      expect(authErrorOf(failure)).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' });
      expect(network.sent.slice(before).map(({ headers }) => headers.get('authorization'))).toEqual([null]);
    });

    test('an ended session sends every tab to the login once, and the operation reports why', async () => {
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

describe.each([
  ['Apollo Client', apolloApp, 'UNAUTHENTICATED'],
  // urql's exchange keeps the error to itself.
  ['urql', urqlApp, undefined],
])('of two users of one browser, with %s', (_name, createApp, told) => {
  /** A tab that sees the answers of refreshes only when it is allowed to. */
  async function logInSlowly(options: Partial<AuthClientOptions>) {
    const server = await startServer();
    await server.client.register('bob@example.com', PASSWORD);
    const network = createNetwork();
    const late = Promise.withResolvers<void>();
    const url = `${server.url}/graphql`;
    const browser = openBrowser({ url, fetch: network.fetch, clock: server.clock });
    const tab = browser.openTab();
    await tab.register(CREDENTIALS);
    const slow = browser.openTab({
      ...options,
      async fetch(input, init) {
        const response = await network.fetch(input, init);
        if (/refreshToken\(input/.test(init?.body as string)) await late.promise;
        return response;
      },
    });
    const app = createApp(slow, url, network.fetch);
    await app.me();
    await passTime(server, 16 * MINUTE);
    const switchToBob = async () => {
      await waitUntil(() => network.refreshes() === 1);
      await tab.login({ email: 'bob@example.com', password: PASSWORD });
      await waitUntil(() => slow.getState().user?.email === 'bob@example.com');
      late.resolve();
    };
    const sentMutations = () => network.sent.filter(({ query }) => query.includes('endSession(input'));
    return { app, switchToBob, sentMutations };
  }

  test('an operation that one user starts is not sent as the other', async () => {
    const { app, switchToBob, sentMutations } = await logInSlowly({});
    const begun = Promise.allSettled([app.endSession('1'), app.endSession('2')]);

    await switchToBob();

    for (const { status } of await begun) expect(status).toBe('rejected');
    expect(sentMutations()).toEqual([]);
    expect(await app.me()).toMatchObject({ email: 'bob@example.com' });
  });

  test('an operation that one user has sent is not sent again as the other', async () => {
    const { app, switchToBob, sentMutations } = await logInSlowly({ clock: { now: () => 0, monotonic: () => 0 } });
    const begun = app.endSession('1').catch((error: unknown) => error);

    await switchToBob();

    const failure = await begun;
    expect(failure).toBeInstanceOf(Error);
    expect(sentMutations()).toHaveLength(1);
    expect(authErrorOf(failure)?.code).toBe(told);
  });
});

describe('the link of Apollo Client', () => {
  const REFUSED = {
    data: null,
    errors: [{ message: 'No.', extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED', refreshable: true } }],
  };
  const isNew = { data: { me: { email: 'new' } } };
  const isOld = { data: { me: { email: 'old' } } };

  test.each([
    ['at once', (send: () => void) => send()],
    ['later', (send: () => void) => void setTimeout(send)],
  ])('drops the rest of a stream that is sent again after a refusal that comes %s', async (_when, soon) => {
    const { tab, client } = await logInApollo();
    const happened: string[] = [];
    let first: { next(result: object): void; complete(): void; error(error: unknown): void } | undefined;
    const server = new ApolloLink(() => {
      happened.push('forwarded');
      return new Observable((observer) => {
        if (first !== undefined) {
          first.next(isOld);
          observer.next(isNew);
          first.next(isOld);
          observer.complete();
          return;
        }
        first = observer;
        soon(() => {
          observer.next(REFUSED);
          observer.next(isOld);
          observer.complete();
        });
        return () => void happened.push('unsubscribed');
      });
    });

    const received: unknown[] = [];
    await new Promise<void>((complete, error) => {
      const answers = ApolloLink.execute(createAuthLink(tab).concat(server), { query: ME }, { client });
      answers.subscribe({ next: (result) => void received.push(result), complete, error });
    });

    expect(received).toEqual([isNew]);
    expect(happened).toEqual(['forwarded', 'unsubscribed', 'forwarded']);
  });

  test('unsubscribes from a stream that was sent again', async () => {
    const { tab, client } = await logInApollo();
    let open = 0;
    let forwarded = 0;
    const server = new ApolloLink(() => {
      forwarded += 1;
      return new Observable((observer) => {
        open += 1;
        observer.next(forwarded === 1 ? REFUSED : isNew);
        return () => void (open -= 1);
      });
    });
    const received: unknown[] = [];
    const answers = ApolloLink.execute(createAuthLink(tab).concat(server), { query: ME }, { client });
    const subscription = answers.subscribe((result) => void received.push(result));
    await waitUntil(() => received.length > 0);
    expect(open).toBe(1);

    subscription.unsubscribe();

    expect(open).toBe(0);
  });

  test('passes on what a link behind it throws', async () => {
    const { tab, client } = await logInApollo();
    const failing = new ApolloLink(() => {
      throw new Error('no such server');
    });
    client.setLink(createAuthLink(tab).concat(failing));

    await expect(client.query({ query: ME, fetchPolicy: 'network-only' })).rejects.toThrow('no such server');
  });
});

/** A refusal that a refresh may cure. */
function refusal(path: readonly string[], more: object = {}) {
  const extensions = { code: 'UNAUTHENTICATED', reason: 'TOKEN_EXPIRED', refreshable: true, ...more };
  return { message: 'No.', path, extensions };
}

describe.each([
  ['plain fetch', (auth: AuthClient) => async (document: string) => auth.request(document)],
  [
    'Apollo Client',
    (auth: AuthClient, url: string, through: typeof fetch) => {
      const { client } = apolloApp(auth, url, through);
      return async (document: string) => client.mutate({ mutation: gql(document), errorPolicy: 'all' });
    },
  ],
  [
    'urql',
    (auth: AuthClient, url: string, through: typeof fetch) => {
      const exchanges = [authExchange(createUrqlAuth(auth)), fetchExchange];
      const client = new Client({ url, fetch: through, preferGetMethod: false, exchanges });
      return async (document: string) => client.mutation(document, {}).toPromise();
    },
  ],
])('a mutation that is refused, through %s', (_name, createSender) => {
  async function countSent(document: string, answer: object): Promise<number> {
    const server = await startServer();
    const url = `${server.url}/graphql`;
    let count = 0;
    const through: typeof fetch = async (input, init) => {
      if (!JSON.stringify(init?.body).includes('contactUs')) return fetch(input, init);
      count += 1;
      return Response.json(answer);
    };
    const tab = openBrowser({ url, fetch: through, clock: server.clock }).openTab();
    await tab.register(CREDENTIALS);
    await createSender(tab, url, through)(document);
    return count;
  }

  test.each([
    [
      'a field below the root was refused',
      'mutation { contactUs { id guarded } }',
      { data: { contactUs: { id: '1', guarded: null } }, errors: [refusal(['contactUs', 'guarded'])] },
    ],
    [
      'a field below the root was refused, and the root field became null',
      'mutation { contactUs { id guarded } }',
      { data: { contactUs: null }, errors: [refusal(['contactUs', 'guarded'])] },
    ],
    [
      'a field below the root was refused, and the whole answer became null',
      'mutation { contactUs { id guarded } }',
      { data: null, errors: [refusal(['contactUs', 'guarded'])] },
    ],
    [
      'another root field has run',
      'mutation { contactUs { id } guarded }',
      { data: { contactUs: { id: '1' }, guarded: null }, errors: [refusal(['guarded'])] },
    ],
    [
      'another root field has run before the answer became null',
      'mutation { contactUs { id } guarded }',
      { data: null, errors: [refusal(['guarded'])] },
    ],
    [
      'another root field has failed in its resolver',
      'mutation { contactUs { id } guarded }',
      {
        data: { contactUs: null, guarded: null },
        errors: [refusal(['contactUs'], { code: 'INTERNAL_SERVER_ERROR' }), refusal(['guarded'])],
      },
    ],
    [
      'a fragment has a public and a guarded field',
      'mutation { ...Both } fragment Both on Mutation { contactUs { id } guarded }',
      { data: { contactUs: { id: '1' }, guarded: null }, errors: [refusal(['guarded'])] },
    ],
    [
      'a fragment has a public and a guarded field, and the answer became null',
      'mutation { ...Both } fragment Both on Mutation { contactUs { id } guarded }',
      { data: null, errors: [refusal(['guarded'])] },
    ],
  ])('is not sent again if %s', async (_case, document, answer) => {
    expect(await countSent(document, answer)).toBe(1);
  });

  test.each([
    [
      'its only root field was refused',
      'mutation { contactUs { id } }',
      { data: { contactUs: null }, errors: [refusal(['contactUs'])] },
    ],
    [
      'its only root field was refused, and the answer became null',
      'mutation ($text: String = "} a {") { sent: contactUs(text: $text, more: { a: [1] }) { id } # } b',
      { data: null, errors: [refusal(['sent'])] },
    ],
    [
      'every root field was refused',
      'mutation { contactUs { id } guarded }',
      { data: { contactUs: null, guarded: null }, errors: [refusal(['contactUs']), refusal(['guarded'])] },
    ],
  ])('is sent again once if %s', async (_case, document, answer) => {
    expect(await countSent(`${document}\n${document.endsWith('b') ? '}' : ''}`, answer)).toBe(2);
  });
});

/** Sends an operation to a server that answers each request with the next of the given results. */
async function receive(query: DocumentNode, answers: readonly (readonly object[])[]): Promise<unknown[]> {
  const { tab, client } = await logInApollo();
  let count = 0;
  const server = new ApolloLink(
    () =>
      new Observable((observer) => {
        for (const result of answers[count] ?? []) observer.next(result);
        count += 1;
        if (count === answers.length) observer.complete();
      }),
  );
  const received: unknown[] = [];
  await new Promise<void>((complete, error) => {
    const results = ApolloLink.execute(createAuthLink(tab).concat(server), { query }, { client });
    results.subscribe({ next: (result) => void received.push(result), complete, error });
  });
  return received;
}

const news = (text: string) => ({ data: { news: text } });

describe('a stream of results through Apollo Client', () => {
  const first = { data: { me: { email: EMAIL } }, hasNext: true };

  test.each([
    ['incremental', { incremental: [{ path: ['me'], data: null, errors: [refusal(['me', 'sessions'])] }] }],
    ['completed', { completed: [{ id: '0', errors: [refusal(['me', 'sessions'])] }] }],
  ])('is sent again if a later part is refused, as %s', async (_form, part) => {
    const last = { data: { me: { email: EMAIL } }, hasNext: false };
    expect(await receive(ME, [[first, { ...part, hasNext: false }], [last]])).toEqual([first, last]);
  });

  test('of a subscription is renewed each time that its token is refused', async () => {
    const subscription = gql`
      subscription {
        news
      }
    `;
    const refused = { data: null, errors: [refusal(['news'])] };
    const answers = [[news('1'), refused], [news('2'), refused], [news('3'), refused], [news('4')]];
    expect(await receive(subscription, answers)).toEqual([news('1'), news('2'), news('3'), news('4')]);
  });

  test('of a subscription that is refused twice in a row is not renewed', async () => {
    const subscription = gql`
      subscription {
        news
      }
    `;
    const refused = { data: null, errors: [refusal(['news'])] };
    expect(await receive(subscription, [[refused], [refused]])).toEqual([refused]);
  });
});

describe('the store of Apollo Client', () => {
  test.each([
    ['the user logs out', async (tab: AuthClient) => void (await tab.logout())],
    [
      'another user logs in',
      async (tab: AuthClient) => void (await tab.register({ ...CREDENTIALS, email: 'b@b.test' })),
    ],
  ])('is emptied when %s, even if the cache came from disk and nothing was sent', async (_event, act) => {
    const { tab, client } = await logInApollo();
    const restored = new ApolloClient({
      link: createAuthLink(tab).concat(new HttpLink({ uri: 'http://127.0.0.1:9/graphql' })),
      cache: new InMemoryCache().restore(client.extract() as NormalizedCacheObject),
    });
    emptyStoreOnUserChange(tab, restored);

    await act(tab);

    await waitUntil(() => !JSON.stringify(restored.extract()).includes(EMAIL));
    expect(restored.extract()).not.toHaveProperty('ROOT_QUERY.me.email', EMAIL);
  });

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

  test('holds nothing of the last user after the next login, and the queries on the page are sent again', async () => {
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

  test('is unchanged by a refresh', async () => {
    const { tab, client } = await logInApollo();

    await tab.refresh();

    expect(JSON.stringify(client.extract())).toContain(EMAIL);
  });

  test('an error of a field is delivered beside the other fields', async () => {
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
