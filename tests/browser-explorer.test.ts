import { mkdirSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from './support/browser.ts';
import { EMAIL } from './support/graphql-client.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

let running: TestBrowser;
let server: TestAuth;

beforeAll(async () => {
  [running, server] = await Promise.all([startBrowser(), startTestAuth({ isExplorerOn: true })]);
}, 60_000);
afterAll(async () => {
  await running.stop();
  await server.stop();
});

test('GraphiQL runs its examples, logs no error or warning and loads nothing from other hosts', async () => {
  const page = await running.browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints: string[] = [];
  const loaded: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => loaded.push(request.url()));

  await page.goto(`${server.url}/graphql`);
  const { data: registered } = await runOperation(page, 'Register');
  await screenshot(page, 'registered');
  const { data: loggedIn } = await runOperation(page, 'Login');
  expect(loggedIn.login.session.id).not.toBe(registered.register.session.id);

  await write(page, 'Headers', { authorization: `Bearer ${registered.register.accessToken}` });
  const { data: asked } = await runOperation(page, 'Me');
  await screenshot(page, 'asked');
  expect(asked.me.email).toBe(EMAIL);
  expect(asked.sessions).toHaveLength(2);
  await page.getByText(`"${EMAIL}"`).last().waitFor();

  await write(page, 'Variables', { refreshToken: registered.register.refreshToken });
  const { data: refreshed } = await runOperation(page, 'Refresh');
  expect(refreshed.refreshToken.refreshToken).not.toBe(registered.register.refreshToken);
  const { errors: refused } = await runOperation(page, 'Refresh');
  expect(refused[0].extensions.reason).toBe('TOKEN_ROTATED');
  const { data: verified } = await runOperation(page, 'Verify');
  expect(verified.verifyToken).toMatchObject({ isValid: false, reason: 'TOKEN_ROTATED', token: { type: 'REFRESH' } });

  const { data: loggedOut } = await runOperation(page, 'Logout');
  expect(loggedOut.logout.endedSessions).toBe(1);
  const { errors: ended } = await runOperation(page, 'Me');
  expect(ended[0].extensions.reason).toBe('TOKEN_REVOKED');
  await screenshot(page, 'logged-out');

  expect(complaints).toEqual([]);
  expect(loaded.filter((url) => !url.startsWith(`${server.url}/`) && !/^(blob|data):/.test(url))).toEqual([]);
  expect(loaded.length).toBeGreaterThan(2);
});

test('GraphiQL behind a base path sends its requests under that path', async () => {
  const proxy = createServer((incoming, outgoing) => {
    const { method = 'GET', headers, url = '' } = incoming;
    if (!url.startsWith('/auth/')) return void outgoing.writeHead(404).end();
    const onward = httpRequest(new URL(url.slice('/auth'.length), server.url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const page = await running.browser.newPage();
  const posted: string[] = [];
  page.on('request', (sent) => void (sent.method() === 'POST' && posted.push(new URL(sent.url()).pathname)));

  await page.goto(`http://127.0.0.1:${port}/auth/graphql`);
  const { errors } = await runOperation(page, 'Me');

  expect(errors[0].extensions.reason).toBe('TOKEN_INVALID');
  expect(new Set(posted)).toEqual(new Set(['/auth/graphql']));
  await page.close();
  proxy.closeAllConnections();
  await new Promise((done) => void proxy.close(done));
});

/** Runs an operation by the button, as a newcomer would. Returns the server's answer. */
async function runOperation(page: Page, name: string) {
  const answered = page.waitForResponse(
    (response) => (response.request().postDataJSON() as { operationName?: string } | null)?.operationName === name,
  );
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
  return (await answered).json();
}

async function write(page: Page, tab: 'Headers' | 'Variables', content: Record<string, string>): Promise<void> {
  const button = page.getByRole('button', { name: tab, exact: true });
  if (!(await button.getAttribute('class'))?.includes('active')) await button.click();
  await page.locator('.graphiql-editor-tool .monaco-editor:visible').click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(JSON.stringify(content));
}

/** Takes a screenshot when asked to: `SCREENSHOTS=folder npm test -- tests/browser-explorer.test.ts`. */
async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
