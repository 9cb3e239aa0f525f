import { mkdirSync } from 'node:fs';
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

test('GraphiQL runs its first examples, says nothing in the console and loads nothing from elsewhere', async () => {
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
  expect(registered.register.accessToken).toMatch(/^eyJ/);

  await writeHeaders(page, { authorization: `Bearer ${registered.register.accessToken}` });
  const { data: asked } = await runOperation(page, 'Me');
  await screenshot(page, 'asked');

  expect(asked.me.email).toBe(EMAIL);
  expect(asked.sessions).toHaveLength(1);
  await page.getByText(`"${EMAIL}"`).last().waitFor();
  expect(complaints).toEqual([]);
  expect(loaded.filter((url) => !url.startsWith(`${server.url}/`) && !/^(blob|data):/.test(url))).toEqual([]);
  expect(loaded.length).toBeGreaterThan(2);
});

/** By the button, as one who is new to it would; and what the server answers. */
async function runOperation(page: Page, name: string) {
  const answered = page.waitForResponse(
    (response) => (response.request().postDataJSON() as { operationName?: string } | null)?.operationName === name,
  );
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
  return (await answered).json();
}

async function writeHeaders(page: Page, headers: Record<string, string>): Promise<void> {
  await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.insertText(JSON.stringify(headers));
}

/** To look at: `SCREENSHOTS=folder npm test -- tests/browser-explorer.test.ts`. */
async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
