import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { startBrowser, startProfile, type TestBrowser } from './support/browser.ts';
import { openSmtpMailer } from '../server/src/mail/smtp-mailer.ts';
import { freshSqlite } from './support/databases.ts';
import { codeIn } from './support/mailbox.ts';
import { openSmtpInbox } from './support/smtp-inbox.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { DAY, HOUR, MINUTE } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { Page as ApiPage } from './support/page.ts';
import { type BuiltPage, buildPage, type PageServer, startPageServer } from './support/page-server.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuth, TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const START_TIMEOUT = 120_000;
const FLOW_TIMEOUT = 60_000;
const PATIENCE = 15_000;
const NEW_PASSWORD = 'another horse entirely';
const DELIVERIES = ['BODY', 'COOKIES', 'REFRESH_COOKIE'] as const;
type Delivery = (typeof DELIVERIES)[number];
const MANY = 'Send 10 operations at once';
const ALL_ANSWERED = '10 of 10 operations were answered.';

let built: BuiltPage;
let chromium: TestBrowser;
beforeAll(async () => {
  built = await buildPage();
  chromium = await startBrowser();
}, START_TIMEOUT);
afterAll(async () => {
  await chromium?.stop();
  built?.remove();
});

const contexts: BrowserContext[] = [];
const pageServers: PageServer[] = [];
// Before the servers stop, which happens in the next hook: a page that still asks something would report a failure.
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  for (const server of pageServers.splice(0)) await server.close();
});
const startServer = useServers();
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});
const databases: ReturnType<typeof freshSqlite>[] = [];
let complaints: string[] = [];
afterEach(async () => {
  // Their servers have been stopped: hooks run in the order in which they are written.
  for (const database of databases.splice(0)) await database.remove();
  const found = complaints;
  complaints = [];
  expect(found).toEqual([]);
});

/** A mail server, and a mailer that sends to it. Both are closed after the test. */
async function openMail() {
  const inbox = await openSmtpInbox();
  const { send, close } = openSmtpMailer(`smtp://127.0.0.1:${inbox.port}`, 'Example <auth@example.com>');
  closing.push(() => inbox.close(), close);
  return { inbox, send };
}

/** A person's browser, with the page open in its first tab. */
interface Visit {
  readonly server: TestAuth;
  readonly site: PageServer;
  readonly context: BrowserContext;
  readonly tab: Page;
}

const WINDOW: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };

async function openBrowser(
  site: PageServer,
  options: BrowserContextOptions = {},
  prepare: (context: BrowserContext) => Promise<void> = async () => undefined,
) {
  const context = await chromium.browser.newContext({ ...WINDOW, ...options });
  watch(context);
  await prepare(context);
  return { context, tab: await openTab(context, site) };
}

/** Records the errors and warnings in its console, which fail the test. It is closed after the test. */
function watch(context: BrowserContext): void {
  context.setDefaultTimeout(PATIENCE);
  contexts.push(context);
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  context.on('weberror', (event) => complaints.push(String(event.error())));
}

async function openTab(context: BrowserContext, site: PageServer): Promise<Page> {
  const tab = await context.newPage();
  await tab.goto(site.url);
  return tab;
}

async function visit(
  options: BrowserContextOptions = {},
  settings: TestAuthOptions = {},
  prepare?: (context: BrowserContext) => Promise<void>,
): Promise<Visit> {
  const server = await startServer(settings);
  const site = await startPageServer(built, server.url);
  pageServers.push(site);
  return { server, site, ...(await openBrowser(site, options, prepare)) };
}

/** Opens an account by clicking. */
async function register(tab: Page, delivery: Delivery): Promise<void> {
  await tab.getByRole('radio', { name: new RegExp(` ${delivery} `) }).check();
  await tab.getByRole('button', { name: 'Create one' }).click();
  await tab.getByLabel('E-mail').fill(EMAIL);
  await tab.getByLabel('Password').fill(PASSWORD);
  await tab.getByRole('button', { name: 'Create account' }).click();
  await expectAccount(tab);
}

async function logIn(tab: Page, password = PASSWORD): Promise<void> {
  await tab.getByLabel('E-mail').fill(EMAIL);
  await tab.getByLabel('Password').fill(password);
  await tab.getByRole('button', { name: 'Log in' }).click();
}

async function expectAccount(tab: Page): Promise<void> {
  await tab.getByRole('heading', { level: 1, name: 'Your account' }).waitFor();
  await tab.getByText('This device', { exact: true }).waitFor();
}

async function expectLogin(tab: Page, sentence: string): Promise<void> {
  await tab.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
  await tab.getByText(sentence).waitFor();
}

async function askMany(tab: Page): Promise<void> {
  await tab.getByRole('button', { name: MANY }).click();
  await tab.getByText(ALL_ANSWERED).waitFor();
}

async function expectSameSession(tab: Page): Promise<void> {
  await expectAccount(tab);
  await waitUntil(async () => (await devices(tab).count()) === 1);
  expect(await history(tab, 'LOGGED_OUT').count()).toBe(0);
}

/** A thief elsewhere who has copied what a browser keeps, except for the idempotency key. */
async function thiefOf({ server, context, tab }: Visit) {
  const page = new ApiPage(server);
  for (const { name, value } of await context.cookies()) page.jar.put(name, value);
  const entries = await tab.evaluate(() => Object.values<string>(localStorage));
  const refreshToken = /"refreshToken":"([^"]+)"/.exec(entries.join())?.[1];
  return { page, input: refreshToken === undefined ? null : { refreshToken } };
}

const devices = (tab: Page) => tab.getByRole('list', { name: 'Devices' }).getByRole('listitem');
const history = (tab: Page, event: string) => tab.locator(`[data-event="${event}"]`);

describe.each(DELIVERIES)('with the delivery %s', (delivery) => {
  test(
    'an e-mail is confirmed with the digits of a mail, or with a link and the password',
    async () => {
      const { inbox, send } = await openMail();
      const { tab, site, server } = await visit({}, { mailer: send, linkUrl: 'https://app.example.com/' });
      await register(tab, delivery);
      await tab.getByRole('button', { name: 'Send a code' }).click();
      await waitUntil(() => inbox.received.length === 1);
      await tab.getByLabel('Code').fill(codeIn(inbox.received[0]?.text ?? '').digits);
      await tab.getByRole('button', { name: 'Confirm the e-mail' }).click();
      await tab.getByText('Your e-mail is confirmed.').waitFor();
      await tab.getByRole('button', { name: 'Confirm the e-mail' }).waitFor({ state: 'detached' });

      const other = 'eve@example.com';
      await server.client.register(other);
      await server.client.run(`mutation { requestEmailVerification(input: { email: "${other}" }) { requestId } }`);
      await waitUntil(() => inbox.received.length === 2);
      const elsewhere = await openBrowser(site);
      await elsewhere.tab.goto(`${site.url}/${codeIn(inbox.received[1]?.text ?? '').link.hash}`);
      await elsewhere.tab.getByLabel('Password').fill('wrong');
      await elsewhere.tab.getByRole('button', { name: 'Confirm', exact: true }).click();
      await elsewhere.tab.getByText('The password is wrong, or the link was used').waitFor();
      await elsewhere.tab.getByLabel('Password').fill(PASSWORD);
      await elsewhere.tab.getByRole('button', { name: 'Confirm', exact: true }).click();
      await elsewhere.tab.getByText('Your e-mail is confirmed.').waitFor();
      await elsewhere.tab.getByRole('button', { name: 'Go on' }).click();
      await elsewhere.tab.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
      expect((await server.client.login(other)).user.email).toBe(other);
    },
    FLOW_TIMEOUT,
  );

  test(
    'an e-mail is changed with the digits of a mail, and the old address brings itself back with a link',
    async () => {
      const { inbox, send } = await openMail();
      const { tab, site } = await visit({}, { mailer: send, linkUrl: 'https://app.example.com/' });
      await register(tab, delivery);
      await tab.getByLabel('New e-mail').fill('ada@new.example.com');
      await tab.getByLabel('Your password').fill('wrong');
      await tab.getByRole('button', { name: 'Mail a code to the new address' }).click();
      await tab.getByText('The password is wrong.').waitFor();
      await tab.getByLabel('Your password').fill(PASSWORD);
      await tab.getByRole('button', { name: 'Mail a code to the new address' }).click();
      await waitUntil(() => inbox.received.length === 1);
      expect(inbox.received[0]?.to).toEqual(['ada@new.example.com']);
      await tab.getByLabel('Code for the new e-mail').fill(codeIn(inbox.received[0]?.text ?? '').digits);
      await tab.getByRole('button', { name: 'Change the e-mail' }).click();
      await tab.getByText('Your e-mail is changed.').waitFor();
      await tab.getByRole('banner').getByText('ada@new.example.com').waitFor();

      await waitUntil(() => inbox.received.length === 2);
      expect(inbox.received[1]?.to).toEqual([EMAIL]);
      const elsewhere = await openBrowser(site);
      await elsewhere.tab.goto(`${site.url}/${codeIn(inbox.received[1]?.text ?? '').link.hash}`);
      await elsewhere.tab.getByRole('button', { name: 'Bring it back' }).click();
      await elsewhere.tab.getByText('Your e-mail is back.').waitFor();
      await tab.getByRole('button', { name: MANY }).click();
      await expectLogin(tab, 'Your session has ended.');
      await waitUntil(() => inbox.received.length === 3);
      await elsewhere.tab.goto(`${site.url}/${codeIn(inbox.received[2]?.text ?? '').link.hash}`);
      await elsewhere.tab.getByLabel('New password').fill(NEW_PASSWORD);
      await elsewhere.tab.getByRole('button', { name: 'Set the password' }).click();
      await expectAccount(elsewhere.tab);
      await elsewhere.tab.getByRole('banner').getByText(EMAIL).waitFor();
    },
    FLOW_TIMEOUT,
  );

  test(
    'a user logs in with the digits of a mail, and later with the link of another',
    async () => {
      const { inbox, send } = await openMail();
      const { tab, site, server } = await visit(
        {},
        { mailer: send, linkUrl: 'https://app.example.com/', loginByCode: true },
      );
      await server.client.register();
      await tab.getByRole('radio', { name: new RegExp(` ${delivery} `) }).check();
      await tab.getByRole('button', { name: 'Get a code by mail' }).click();
      await tab.getByLabel('E-mail').fill(EMAIL);
      await tab.getByRole('button', { name: 'Send a code' }).click();
      await waitUntil(() => inbox.received.length === 1);
      await tab.getByLabel('Code').fill('000000');
      await tab.getByRole('button', { name: 'Log in' }).click();
      await tab.getByText('The code is wrong, was used, or has expired.').waitFor();
      await tab.getByLabel('Code').fill(codeIn(inbox.received[0]?.text ?? '').digits);
      await tab.getByRole('button', { name: 'Log in' }).click();
      await expectAccount(tab);

      await tab.getByRole('button', { name: 'Log out here' }).click();
      await server.client.run(`mutation { requestLoginCode(input: { email: "${EMAIL}" }) { requestId } }`);
      await waitUntil(() => inbox.received.length === 2);
      await tab.goto(`${site.url}/${codeIn(inbox.received[1]?.text ?? '').link.hash}`);
      await tab.getByRole('button', { name: 'Log in here' }).click();
      await tab.getByText('You are logged in.').waitFor();
      await tab.getByRole('button', { name: 'Go on' }).click();
      await expectAccount(tab);
    },
    FLOW_TIMEOUT,
  );

  test(
    'an account that has to be verified logs in once the link of a mail was opened',
    async () => {
      const { inbox, send } = await openMail();
      const linkUrl = 'https://app.example.com/';
      const { tab, site } = await visit({}, { mailer: send, linkUrl, emailVerification: 'required' });
      await tab.getByRole('radio', { name: new RegExp(` ${delivery} `) }).check();
      await tab.getByRole('button', { name: 'Create one' }).click();
      await tab.getByLabel('E-mail').fill(EMAIL);
      await tab.getByLabel('Password').fill(PASSWORD);
      await tab.getByRole('button', { name: 'Create account' }).click();
      await tab.getByText('A mail with a link is on its way.').waitFor();
      await tab.getByRole('button', { name: 'Log in' }).click();
      await logIn(tab);
      await tab.getByText('Confirm your e-mail first').waitFor();
      await tab.getByRole('button', { name: 'Mail another link' }).click();
      await waitUntil(() => inbox.received.length === 2);
      await tab.goto(`${site.url}/${codeIn(inbox.received[1]?.text ?? '').link.hash}`);
      await tab.getByLabel('Password').fill(PASSWORD);
      await tab.getByRole('button', { name: 'Confirm', exact: true }).click();
      await tab.getByText('Your e-mail is confirmed.').waitFor();
      await tab.getByRole('button', { name: 'Go on' }).click();
      await logIn(tab);
      await expectAccount(tab);
    },
    FLOW_TIMEOUT,
  );

  test(
    'the link of a notice logs out the device that it tells of',
    async () => {
      const { inbox, send } = await openMail();
      const linkUrl = 'https://app.example.com/';
      const { tab, site, server } = await visit({}, { mailer: send, linkUrl, notices: ['NEW_DEVICE'] });
      await register(tab, delivery);
      await server.client.tryLogin(EMAIL, PASSWORD, { 'user-agent': 'Phone' });
      await waitUntil(() => inbox.received.length === 1);
      const elsewhere = await openBrowser(site);
      await elsewhere.tab.goto(`${site.url}/${codeIn(inbox.received[0]?.text ?? '').link.hash}`);
      await elsewhere.tab.getByRole('button', { name: 'Log it out' }).click();
      await elsewhere.tab.getByText('It is logged out.').waitFor();
      expect((await server.client.sessions((await server.client.login()).accessToken)).data?.sessions).toHaveLength(2);
      await tab.getByRole('button', { name: 'Reload the security events' }).click();
      await tab.getByText('You logged out a device with the link of a mail').first().waitFor();
    },
    FLOW_TIMEOUT,
  );

  test(
    'a forgotten password is replaced with the digits of a mail, and later with the link of another',
    async () => {
      const { inbox, send } = await openMail();
      const { tab, site, server } = await visit({}, { mailer: send, linkUrl: 'https://app.example.com/' });
      await server.client.register();
      await tab.getByRole('radio', { name: new RegExp(` ${delivery} `) }).check();
      await tab.getByRole('button', { name: 'Forgot your password?' }).click();
      await tab.getByLabel('E-mail').fill(EMAIL);
      await tab.getByRole('button', { name: 'Send a code' }).click();
      await waitUntil(() => inbox.received.length === 1);
      await tab.getByLabel('Code').fill('000000');
      await tab.getByLabel('New password').fill(NEW_PASSWORD);
      await tab.getByRole('button', { name: 'Set the password' }).click();
      await tab.getByText('The code is wrong, was used, or has expired.').waitFor();
      await tab.getByLabel('Code').fill(codeIn(inbox.received[0]?.text ?? '').digits);
      await tab.getByRole('button', { name: 'Set the password' }).click();
      await expectAccount(tab);

      await server.client.run(`mutation { requestPasswordReset(input: { email: "${EMAIL}" }) { requestId } }`);
      await waitUntil(() => inbox.received.length === 2);
      const { link } = codeIn(inbox.received[1]?.text ?? '');
      await tab.goto(`${site.url}/${link.hash}`);
      await tab.getByRole('heading', { level: 1, name: 'Choose a new password' }).waitFor();
      expect(tab.url()).toBe(`${site.url}/`);
      await tab.getByLabel('New password').fill('a third horse entirely');
      await tab.getByRole('button', { name: 'Set the password' }).click();
      await expectAccount(tab);
      expect((await server.client.login(EMAIL, 'a third horse entirely')).user.email).toBe(EMAIL);
    },
    FLOW_TIMEOUT,
  );

  test(
    'a user opens an account, logs out and logs in again',
    async () => {
      const { tab } = await visit();
      await register(tab, delivery);
      await tab.getByRole('definition').filter({ hasText: EMAIL }).waitFor();

      await tab.getByRole('button', { name: 'Log out here' }).click();
      await expectLogin(tab, 'You are logged out.');
      await logIn(tab, 'not the password');
      await tab.getByRole('alert').getByText('The e-mail or the password is wrong.').waitFor();
      await logIn(tab);

      await expectAccount(tab);
      await tab.getByText('Somebody tried to log in with a wrong password').waitFor();
    },
    FLOW_TIMEOUT,
  );

  test(
    'a user logs out another device, all other devices, and all devices',
    async () => {
      const { server, tab } = await visit();
      await register(tab, delivery);
      for (const userAgent of ['Phone', 'Tablet', 'Watch']) {
        await server.client.tryLogin(EMAIL, PASSWORD, { 'user-agent': userAgent });
      }
      await tab.getByRole('button', { name: 'Reload the list of devices' }).click();
      await waitUntil(async () => (await devices(tab).count()) === 4);

      await tab.getByRole('button', { name: /^End Watch/ }).click();
      await tab.getByRole('status').getByText('Watch is logged out.').waitFor();
      await waitUntil(async () => (await devices(tab).count()) === 3);
      await tab.getByRole('button', { name: 'Log out elsewhere' }).click();
      await tab.getByRole('status').getByText('2 other devices are logged out.').waitFor();
      await waitUntil(async () => (await devices(tab).count()) === 1);
      await tab.getByText('You logged out a device').waitFor();
      await tab.getByRole('button', { name: 'Log out everywhere' }).click();

      await expectLogin(tab, 'You are logged out.');
    },
    FLOW_TIMEOUT,
  );

  test(
    'a user changes the password and stays logged in',
    async () => {
      const { server, tab } = await visit();
      await register(tab, delivery);
      await server.client.login();
      const change = async (current: string, next: string) => {
        await tab.getByLabel('Current password').fill(current);
        await tab.getByLabel('New password').fill(next);
        await tab.getByRole('button', { name: 'Change password' }).click();
      };

      await change('not the password', NEW_PASSWORD);
      await tab.getByRole('alert').getByText('The current password is wrong.').waitFor();
      await change(PASSWORD, 'short');
      await tab.getByText('Use more characters. A few words make a good password.').waitFor();
      await change(PASSWORD, NEW_PASSWORD);
      await tab.getByRole('status').getByText('Your password is changed.').waitFor();

      await askMany(tab);
      await waitUntil(async () => (await devices(tab).count()) === 1);
      await tab.getByRole('button', { name: 'Log out here' }).click();
      await logIn(tab, NEW_PASSWORD);
      await expectAccount(tab);
    },
    FLOW_TIMEOUT,
  );

  test(
    'five tabs with ten operations each and an expired access token cost one refresh, and no tab is logged out',
    async () => {
      const { server, site, context, tab } = await visit();
      await register(tab, delivery);
      const tabs = [tab];
      for (let count = 1; count < 5; count += 1) tabs.push(await openTab(context, site));
      await Promise.all(tabs.map(expectAccount));
      const before = site.refreshes();
      await passTime(server, 16 * MINUTE);

      await Promise.all(tabs.map(askMany));

      expect(site.refreshes() - before).toBe(1);
      for (const each of tabs) expect(await history(each, 'REFRESHED').count()).toBe(1);
    },
    FLOW_TIMEOUT,
  );

  test(
    'a page that is reloaded in the middle of a refresh keeps its session',
    async () => {
      const { server, site, tab } = await visit();
      await register(tab, delivery);
      await passTime(server, 16 * MINUTE);
      const refresh = site.holdRefreshes();
      await tab.getByRole('button', { name: MANY }).click();
      await waitUntil(() => refresh.held() > 0);

      await tab.reload({ waitUntil: 'commit' });
      refresh.loseAnswers();

      await expectAccount(tab);
      await askMany(tab);
      await waitUntil(async () => (await devices(tab).count()) === 1);
      await tab.getByRole('button', { name: 'Reload the security events' }).click();
      await tab.getByText('A refresh was asked for again after its answer was lost').first().waitFor();
      complaints = complaints.filter((text) => !isOfNetwork(text));
    },
    FLOW_TIMEOUT,
  );

  test.each([
    ['no answer', 'loseAnswers'],
    ['half an answer', 'cutAnswers'],
  ] as const)(
    'a page whose refresh gets %s retries by itself and keeps its session',
    async (_answer, loss) => {
      const { server, site, tab } = await visit();
      await register(tab, delivery);
      await passTime(server, 16 * MINUTE);
      const before = site.refreshes();
      const refresh = site.holdRefreshes();
      await tab.getByRole('button', { name: MANY }).click();
      await waitUntil(() => refresh.held() > 0);

      refresh[loss]();

      await tab.getByText(ALL_ANSWERED).waitFor();
      expect(site.refreshes() - before).toBe(2);
      await expectSameSession(tab);
      complaints = complaints.filter((text) => !isOfNetwork(text));
    },
    FLOW_TIMEOUT,
  );

  test(
    'a page keeps its session when its server stops in the middle of a refresh and comes back later',
    async () => {
      const database = freshSqlite();
      databases.push(database);
      const { server, site, tab } = await visit({}, { databaseUrl: database.url });
      await register(tab, delivery);
      await passTime(server, 16 * MINUTE);
      const refresh = site.holdRefreshes();
      await tab.getByRole('button', { name: MANY }).click();
      await waitUntil(() => refresh.held() > 0);

      await server.stop();
      refresh.loseAnswers();
      await tab.getByRole('alert').getByText('The server cannot be reached. You stay logged in').waitFor();
      const { databaseUrl, keys, clock } = server;
      site.moveTo((await startServer({ databaseUrl, keys, clock })).url);
      await askMany(tab);

      await tab.getByRole('button', { name: 'Reload the security events' }).click();
      await tab.getByText('A refresh was asked for again after its answer was lost').first().waitFor();
      await expectSameSession(tab);
      complaints = complaints.filter((text) => !isOfNetwork(text));
    },
    FLOW_TIMEOUT,
  );

  test(
    'a thief who refreshed first loses the session when the owner comes back, and the owner is told and logs in again',
    async () => {
      const visited = await visit();
      const { server, tab } = visited;
      await register(tab, delivery);
      const thief = await thiefOf(visited);
      await passTime(server, 16 * MINUTE);
      const { refreshToken } = await thief.page.refresh(thief.input);
      expect(accessOf(await thief.page.me())).toBe('good');
      await passTime(server, MINUTE);

      await tab.getByRole('button', { name: MANY }).click();

      await expectLogin(tab, 'Somebody else used your session');
      expect(accessOf(await thief.page.me())).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      const refusal = await thief.page.tryRefresh(refreshToken === null ? null : { refreshToken });
      expect(refusalOf(refusal)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      await logIn(tab);
      await expectAccount(tab);
      await tab.getByText('A session was ended because its token was in two hands').waitFor();
    },
    FLOW_TIMEOUT,
  );

  if (delivery !== 'BODY') {
    test(
      'a page whose storage was emptied finds its cookies again, even if the answer is lost',
      async () => {
        const { site, context, tab } = await visit();
        await register(tab, delivery);
        await tab.evaluate((word) => {
          for (const key of Object.keys(localStorage))
            if (!localStorage.getItem(key)?.includes(word)) localStorage.removeItem(key);
        }, delivery);
        const refresh = site.holdRefreshes();
        await tab.reload({ waitUntil: 'commit' });
        await waitUntil(() => refresh.held() > 0);

        await tab.close();
        refresh.loseAnswers();
        const next = await openTab(context, site);

        await expectAccount(next);
        await askMany(next);
        await next.getByText('A refresh was asked for again after its answer was lost').first().waitFor();
        complaints = complaints.filter((text) => !isOfNetwork(text));
      },
      FLOW_TIMEOUT,
    );
  }

  test(
    'a logout in one tab logs out all tabs',
    async () => {
      const { site, context, tab } = await visit();
      await register(tab, delivery);
      const others = [await openTab(context, site), await openTab(context, site)];
      await Promise.all(others.map(expectAccount));

      await tab.getByRole('button', { name: 'Log out here' }).click();

      await Promise.all([tab, ...others].map((each) => expectLogin(each, 'You are logged out.')));
    },
    FLOW_TIMEOUT,
  );

  test(
    'a session that has ended sends every tab to the login, without a loop',
    async () => {
      const { server, site, context, tab } = await visit();
      await register(tab, delivery);
      const other = await openTab(context, site);
      await expectAccount(other);
      const { accessToken } = await server.client.login();
      await server.client.logout(accessToken, { scope: 'ALL_SESSIONS' });

      await tab.getByRole('button', { name: MANY }).click();
      await Promise.all([tab, other].map((each) => expectLogin(each, 'Your session has ended.')));
      const before = site.operations();
      await logIn(tab, 'not the password');
      await tab.getByRole('alert').getByText('The e-mail or the password is wrong.').waitFor();

      expect(site.operations() - before).toBe(1);
    },
    FLOW_TIMEOUT,
  );

  test(
    'a browser that is closed and opened again keeps its session',
    async () => {
      const server = await startServer();
      const site = await startPageServer(built, server.url);
      pageServers.push(site);
      const open = async () => {
        const context = await startProfile(profile, WINDOW);
        watch(context);
        return { context, tab: await openTab(context, site) };
      };
      const profile = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-profile-'));
      try {
        const { context, tab } = await open();
        await register(tab, delivery);
        await context.close();
        await passTime(server, 2 * DAY);

        const again = await open();

        await expectAccount(again.tab);
        await waitUntil(async () => (await devices(again.tab).count()) === 1);
        await askMany(again.tab);
        await again.context.close();
      } finally {
        rmSync(profile, { recursive: true, force: true });
      }
    },
    FLOW_TIMEOUT,
  );

  test(
    'a laptop that wakes from sleep keeps its session without any action of the user',
    async () => {
      const { server, site, context, tab } = await visit({}, {}, (fresh) => fresh.clock.install());
      await register(tab, delivery);
      const other = await openTab(context, site);
      await expectAccount(other);
      const before = site.refreshes();

      await passTime(server, HOUR);
      await context.clock.fastForward(HOUR);

      await Promise.all([tab, other].map((each) => history(each, 'REFRESHED').waitFor()));
      expect(site.refreshes() - before).toBe(1);
      await askMany(other);
    },
    FLOW_TIMEOUT,
  );

  test(
    'a network outage does not log the user out',
    async () => {
      const { server, site, tab } = await visit();
      await register(tab, delivery);
      await passTime(server, 16 * MINUTE);
      site.goAway();

      await tab.getByRole('button', { name: MANY }).click();
      await tab.getByRole('alert').getByText('The server cannot be reached. You stay logged in').waitFor();
      site.comeBack();
      await askMany(tab);

      await expectAccount(tab);
      complaints = complaints.filter((text) => !isOfNetwork(text));
    },
    FLOW_TIMEOUT,
  );
});

test('the page shows how the tokens run out, and each refresh as it happens', async () => {
  const { tab } = await visit({}, { accessTokenLifetime: '3s' });
  await register(tab, 'BODY');

  await tab.getByRole('log').getByText('Refreshed: a new pair').first().waitFor();

  const meter = tab.getByRole('meter', { name: 'Access token' });
  expect(await meter.getAttribute('aria-valuetext')).toMatch(/^[0-3] s left$|^expired$/);
});

test('the keyboard alone leads a user from the form to the account, and to each invalid field', async () => {
  const { server, tab } = await visit();
  await server.client.register();
  const focused = () =>
    tab.evaluate(() => document.activeElement?.textContent || document.activeElement?.getAttribute('name'));
  await waitUntil(async () => (await focused()) === 'Log in');

  await tab.keyboard.press('Tab');
  await tab.keyboard.type('no address');
  await tab.keyboard.press('Tab');
  await tab.keyboard.type(PASSWORD);
  await tab.keyboard.press('Enter');
  await tab.getByText('This is no e-mail address.').waitFor();
  await waitUntil(async () => (await focused()) === 'email');
  await tab.keyboard.press('ControlOrMeta+A');
  await tab.keyboard.type(EMAIL);
  await tab.keyboard.press('Enter');
  await waitUntil(async () => (await focused()) === 'Your account');
  for (let presses = 0; (await focused()) !== 'currentPassword' && presses < 20; presses += 1)
    await tab.keyboard.press('Tab');
  await tab.keyboard.type(PASSWORD);
  await tab.keyboard.press('Tab');
  await tab.keyboard.type('short');
  await tab.keyboard.press('Enter');

  await tab.getByLabel('New password').and(tab.locator('[aria-invalid=true]')).waitFor();
  expect(await focused()).toBe('newPassword');
});

test.each([
  ['a wide window', 1600, 1000],
  ['the window of a phone', 375, 667],
  ['the narrowest window', 320, 640],
])('the login and the account are drawn in %s, and nothing of them lies outside', async (_window, width, height) => {
  const { tab } = await visit({ viewport: { width, height } });
  await tab.getByRole('heading', { level: 1 }).waitFor();
  await expectWellDrawn(tab, width, height);

  await register(tab, 'BODY');
  await askMany(tab);

  await expectWellDrawn(tab, width, height);
});

describe('an error', () => {
  const inBackquotes = (part: string) => [...part.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, word = '']) => word);
  const documentation = readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8');
  const [before = '', after = ''] = documentation.split('## Reasons of `BAD_USER_INPUT`');
  const [inputReasons = '', refusals = ''] = after.split('## Refused before an operation runs');
  const codes = inBackquotes(before.split('## Reasons of')[0] ?? '').concat(inBackquotes(refusals));
  const UNKNOWN = 'Something went wrong on the server.';

  async function answerLogin(tab: Page, extensions: object): Promise<void> {
    await tab.unroute('**/graphql');
    await tab.route('**/graphql', (route) =>
      route.fulfill({ json: { data: { pair: null }, errors: [{ message: 'refused', extensions }] } }),
    );
    await logIn(tab);
    await tab.getByRole('button', { name: 'Log in' }).and(tab.locator('[aria-disabled=false]')).waitFor();
  }

  test('is explained to the user for every code', async () => {
    const { tab } = await visit();
    expect(codes.length).toBeGreaterThan(12);
    for (const code of new Set(codes)) {
      await answerLogin(tab, { code, fields: [], reason: 'TOKEN_EXPIRED', retryAfterSeconds: 3 });
      const sentence = await tab.getByRole('alert').innerText();
      expect(sentence.includes(UNKNOWN)).toBe(code === 'INTERNAL_SERVER_ERROR');
      expect(sentence).not.toContain(code);
    }
    await answerLogin(tab, { code: 'NEVER_HEARD_OF' });
    await tab.getByRole('alert').getByText(UNKNOWN).waitFor();
  });

  test('is explained to the user for every reason, beside the field that it is about', async () => {
    const { tab } = await visit();
    const reasons = inBackquotes(inputReasons);
    expect(reasons.length).toBeGreaterThan(10);
    for (const reason of reasons) {
      await answerLogin(tab, { code: 'BAD_USER_INPUT', fields: [{ path: 'input.password', reason }] });
      const field = tab.getByLabel('Password');
      expect(await field.getAttribute('aria-invalid')).toBe('true');
      const about = await field.getAttribute('aria-describedby');
      expect(await tab.locator(`[id="${about}"]`).innerText()).toMatch(/^[A-Z].+[.]$/);
    }
  });
});

/** Nothing lies outside the window, and its visible part is not blank or nearly blank. */
async function expectWellDrawn(tab: Page, width: number, height: number): Promise<void> {
  expect(await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
  const picture = (await tab.screenshot()).toString('base64');
  const { colours, ...size } = await tab.evaluate(async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!;
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    return { width: image.width, height: image.height, colours: new Set(pixels).size };
  }, picture);
  expect(size).toEqual({ width, height });
  // Black text on white, as without a style, has 256 colours at most.
  expect(colours).toBeGreaterThan(256);
}

/** What Chromium itself says when a request gets no answer. */
function isOfNetwork(text: string): boolean {
  return text.startsWith('Failed to load resource: net::ERR_');
}
