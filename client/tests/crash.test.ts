import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuiltProgram, buildProgram } from '../../tests/support/build-program.ts';
import { EMAIL, PASSWORD } from '../../tests/support/graphql-client.ts';
import { waitUntil } from '../../tests/support/wait-until.ts';
import { createNetwork } from './support/network.ts';
import { useBrowsers } from './support/use-tabs.ts';

const openBrowser = useBrowsers();
const ME = '{ me { email } }';

let program: BuiltProgram;
let folder: string;
let port: number;
let child: ChildProcess;

beforeAll(async () => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-crash-'));
  port = await freePort();
  await start();
}, 60_000);

afterAll(async () => {
  await kill();
  program.remove();
  rmSync(folder, { recursive: true, force: true });
});

test('the session survives a server that is killed during refreshes, again and again', async () => {
  const network = createNetwork();
  const tab = openBrowser({ url: `http://127.0.0.1:${port}/graphql`, fetch: network.fetch }).openTab();
  await tab.register({ email: EMAIL, password: PASSWORD });
  const { sessionId } = tab.getState();

  for (const delay of [0, 5, 12]) {
    const asked = network.refreshes();
    const refreshed = tab.refresh().catch((error: unknown) => error);
    await waitUntil(() => network.refreshes() > asked);
    await new Promise((resolve) => setTimeout(resolve, delay));
    await kill();
    await refreshed;
    expect(tab.getState().status).toBe('LOGGED_IN');
    await start();

    expect(await tab.request(ME)).toEqual({ data: { me: { email: EMAIL } } });
  }

  expect(tab.getState()).toMatchObject({ status: 'LOGGED_IN', sessionId });
}, 120_000);

async function start(): Promise<void> {
  child = spawn(process.execPath, [program.main], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
      AUTH_KEYS_FILE: join(folder, 'keys.json'),
      AUTH_BCRYPT_COST: '10',
    },
  });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += String(chunk)));
  await waitUntil(() => output.includes('/graphql') || child.exitCode !== null, 30_000);
  if (child.exitCode !== null) throw new Error(`The server has ended: ${output}`);
}

async function kill(): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
