/**
 * Starts the server and the page, and ends both: `npm run example:web`.
 *
 * The server is the built program, with a database and keys of its own in data/, and tokens that live so short that one
 * sees them being refreshed.
 *
 * Usage: node examples/web/start.ts [PROGRAM], where PROGRAM is server/dist/main.js if nothing is said. EXAMPLE_WEB_PORT and
 * EXAMPLE_WEB_DATA are where the page listens, and where the server keeps its things, if that is to be elsewhere.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'vite';

const START_LIMIT = 30_000;
const ROOT = join(import.meta.dirname, '../..');

const program = process.argv[2] ?? join(ROOT, 'server/dist/main.js');
const { EXAMPLE_WEB_PORT: port, EXAMPLE_WEB_DATA: data = join(ROOT, 'data/example-web'), ...environment } = process.env;
mkdirSync(data, { recursive: true });
const api = spawn(process.execPath, [program], {
  // A Ctrl-C reaches it by this process, so that it is asked once.
  detached: true,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...environment,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: `sqlite:${join(data, 'auth.db')}`,
    AUTH_KEYS_FILE: join(data, 'keys.json'),
    AUTH_ACCESS_TOKEN_LIFETIME: '1m',
    AUTH_REFRESH_TOKEN_LIFETIME: '1h',
  },
});
process.once('exit', () => api.kill('SIGTERM'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(0));
api.once('exit', () => {
  console.error('The server has ended.');
  process.exit(1);
});

const apiUrl = await addressOf(api);
const page = await createServer({
  configFile: join(import.meta.dirname, 'vite.config.ts'),
  cacheDir: join(data, 'vite'),
  server: { proxy: { '/graphql': apiUrl }, ...(port === undefined ? {} : { port: Number(port) }) },
});
await page.listen();
console.log(`The page is at ${page.resolvedUrls?.local[0] ?? ''} (the server at ${apiUrl}). Ctrl-C ends both.`);

/** Where the server listens, as it says itself. */
async function addressOf(server: ChildProcess): Promise<string> {
  if (server.stdout === null) throw new Error('The server has no output.');
  const lines = createInterface({ input: server.stdout });
  const limit = setTimeout(() => {
    console.error(`The server did not start within ${START_LIMIT / 1000} seconds.`);
    process.exit(1);
  }, START_LIMIT);
  for await (const line of lines) {
    const address = /http:\/\/\S+(?=\/graphql)/.exec(line)?.[0];
    if (address === undefined) continue;
    clearTimeout(limit);
    return address;
  }
  throw new Error('The server ended before it said where it listens.');
}
