import { setTimeout as pause } from 'node:timers/promises';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { REFRESH } from '../../tests/support/page.ts';
import { useServers } from '../../tests/support/use-servers.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import type { TokenDelivery } from '../src/index.ts';
import { createCookieJar } from './support/cookie-jar.ts';
import { useBrowsers } from './support/use-tabs.ts';

const startServer = useServers();
const openBrowser = useBrowsers();
const ME = '{ me { email } }';
const isAda = { data: { me: { email: EMAIL } } };
const CREDENTIALS = { email: EMAIL, password: PASSWORD };
/** Milliseconds within which a pending logout would be sent again. */
const A_WHILE = 1_200;

async function logIn(delivery: TokenDelivery) {
  const server = await startServer();
  const logouts = createLogouts();
  const jar = createCookieJar(logouts.fetch);
  const through = delivery === 'BODY' ? logouts.fetch : jar.fetch;
  const browser = openBrowser({ url: `${server.url}/graphql`, fetch: through, clock: server.clock, delivery });
  const tab = browser.openTab();
  await tab.register(CREDENTIALS);
  return { server, logouts, jar, browser, tab };
}

/** A network on which a test can answer logouts. */
function createLogouts() {
  let sent = 0;
  let instead: ((answer: () => Promise<Response>, signal?: AbortSignal | null) => Promise<Response>) | undefined;
  const operations: string[] = [];
  return {
    operations,
    sent: () => sent,
    answerBy: (answer: typeof instead) => void (instead = answer),
    fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
      const [, name = ''] = /: (\w+)\(input/.exec(init?.body as string) ?? [];
      operations.push(name);
      if (name !== 'logout') return fetch(input, init);
      sent += 1;
      return instead === undefined ? fetch(input, init) : instead(async () => fetch(input, init), init?.signal);
    },
  };
}

const isAway = async () => Promise.reject(new TypeError('fetch failed'));
const hangs = async (_answer: unknown, signal?: AbortSignal | null) =>
  new Promise<Response>((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
const refuses = (extensions: object) => async () =>
  Response.json({ data: { result: null }, errors: [{ message: 'No.', extensions }] });

describe.each(['COOKIES', 'REFRESH_COOKIE'] as const)('with %s', (delivery) => {
  test('a pending logout does not end a session that the same tab opened since', async () => {
    const { logouts, tab } = await logIn(delivery);
    logouts.answerBy(isAway);
    await tab.logout();
    await tab.login(CREDENTIALS);
    logouts.answerBy(undefined);
    const before = logouts.sent();

    await pause(A_WHILE);
    tab.wake();
    await pause(100);

    expect(logouts.sent()).toBe(before);
    expect(await tab.request(ME)).toEqual(isAda);
  });

  test('a pending logout that could not be stored does not end a session that was opened since', async () => {
    const { logouts, browser } = await logIn(delivery);
    let isFull = false;
    const tab = browser.openTab({
      storage: {
        ...browser.storage,
        setItem(key, value) {
          if (isFull) throw new Error('full');
          return browser.storage.setItem(key, value);
        },
      },
    });
    await tab.ready;
    logouts.answerBy(isAway);
    isFull = true;
    await tab.logout();
    expect(browser.entries.size).toBe(0);
    expect(logouts.sent()).toBe(1);
    isFull = false;
    await tab.login(CREDENTIALS);
    logouts.answerBy(undefined);
    const before = logouts.sent();

    tab.wake();
    await pause(100);

    expect(logouts.sent()).toBe(before);
    expect(await tab.request(ME)).toEqual(isAda);
  });

  test('a pending logout does not end a session that another tab opened unnoticed', async () => {
    const { logouts, browser, tab } = await logIn(delivery);
    const deaf = browser.openTab({ isShared: false });
    await deaf.ready;
    logouts.answerBy(isAway);
    await deaf.logout();
    await waitUntil(() => tab.getState().status === 'LOGGED_OUT' || (tab.wake(), false));
    await tab.login(CREDENTIALS);
    logouts.answerBy(undefined);
    const before = logouts.sent();

    await pause(A_WHILE);

    expect(logouts.sent()).toBe(before);
    expect(await tab.request(ME)).toEqual(isAda);
  });

  test('a logout with a late answer does not clear the cookies of a login in another tab', async () => {
    const { logouts, jar, browser, tab } = await logIn(delivery);
    const other = browser.openTab();
    await other.ready;
    const late = Promise.withResolvers<void>();
    logouts.answerBy(async (answer) => {
      const response = await answer();
      await late.promise;
      return response;
    });
    const left = tab.logout();
    await waitUntil(() => logouts.sent() === 1 && other.getState().status === 'LOGGED_OUT');

    const entered = other.login(CREDENTIALS);
    await pause(100);
    late.resolve();
    await Promise.all([left, entered]);

    expect(jar.cookies.has(REFRESH)).toBe(true);
    expect(await other.request(ME)).toEqual(isAda);
    await other.refresh();
    expect(other.getState().status).toBe('LOGGED_IN');
    expect(logouts.sent()).toBe(1);
  });

  test('the pending logout of a closed tab is sent before a login', async () => {
    const { logouts, browser, tab } = await logIn(delivery);
    const other = browser.openTab();
    await other.ready;
    logouts.answerBy(isAway);
    await tab.logout();
    tab.close();
    await waitUntil(() => other.getState().status === 'LOGGED_OUT');
    logouts.answerBy(undefined);

    await other.login(CREDENTIALS);

    expect(logouts.operations.slice(-2)).toEqual(['logout', 'login']);
    expect((await other.request('{ sessions { id } }')).data).toEqual({
      sessions: [{ id: other.getState().sessionId }],
    });
  });
});

describe.each(['BODY', 'COOKIES'] as const)('with %s', (delivery) => {
  test('a pending logout is sent once at a time to a server that hangs', async () => {
    const { logouts, tab } = await logIn(delivery);
    logouts.answerBy(hangs);

    void tab.logout();
    await pause(2 * A_WHILE);

    expect(logouts.sent()).toBe(1);
  });

  test('a pending logout is sent less and less often to a server that is away', async () => {
    const { logouts, tab } = await logIn(delivery);
    logouts.answerBy(isAway);

    await tab.logout();
    await pause(2 * A_WHILE);

    // At once, after half a second, and a second later.
    expect(logouts.sent()).toBeGreaterThan(1);
    expect(logouts.sent()).toBeLessThan(4);
  });

  test.each(['INTERNAL_SERVER_ERROR', 'CSRF_REJECTED'])(
    'a logout that the server answers with %s stays pending',
    async (code) => {
      const { server, logouts, jar, browser, tab } = await logIn(delivery);
      const { sessionId } = tab.getState();
      logouts.answerBy(refuses({ code }));
      expect(await tab.logout()).toBeNull();
      expect(browser.entries.size).toBe(delivery === 'BODY' ? 0 : 1);

      logouts.answerBy(undefined);
      tab.wake();

      await waitUntil(() => browser.entries.size === 0 && jar.cookies.size === 0);
      const { accessToken } = await server.client.login();
      await waitUntil(async () => {
        const { data } = await server.client.sessions(accessToken);
        return (data.sessions as { id: string }[]).every(({ id }) => id !== sessionId);
      });
    },
  );
});
