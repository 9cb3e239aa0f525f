/**
 * Starts the server and the page, and stops both: `npm run example:web`.
 *
 * The server is the built program, with its own database and keys in data/. Its tokens are short-lived, so that refreshes
 * can be watched.
 *
 * Usage: node examples/web/start.ts [PROGRAM]. PROGRAM defaults to server/dist/main.js. EXAMPLE_WEB_PORT sets the port of
 * the page, and EXAMPLE_WEB_DATA the folder of the server's data.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer } from 'vite';

const START_LIMIT = 30_000;
const VITE_PORT = 5173;
const ROOT = join(import.meta.dirname, '../..');

const program = process.argv[2] ?? join(ROOT, 'server/dist/main.js');
const { EXAMPLE_WEB_PORT: port, EXAMPLE_WEB_DATA: data = join(ROOT, 'data/example-web'), ...environment } = process.env;
mkdirSync(data, { recursive: true });
const api = spawn(process.execPath, [program], {
  // This process passes a Ctrl-C on, so the server gets it once.
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
    AUTH_LOGIN_BY_CODE: 'true',
    AUTH_NOTICES: 'NEW_DEVICE,PASSWORD_CHANGED,REUSE_DETECTED',
    AUTH_LINK_URL: `http://127.0.0.1:${port ?? VITE_PORT}/`,
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

/** Waits for the line in which the server prints its URL. Later lines, which say where mails are, are printed here. */
async function addressOf(server: ChildProcess): Promise<string> {
  if (server.stdout === null) throw new Error('The server has no output.');
  const lines = createInterface({ input: server.stdout });
  const limit = setTimeout(() => {
    console.error(`The server did not start within ${START_LIMIT / 1000} seconds.`);
    process.exit(1);
  }, START_LIMIT);
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      const address = /http:\/\/\S+(?=\/graphql)/.exec(line)?.[0];
      if (address === undefined) return console.log(line);
      clearTimeout(limit);
      return resolve(address);
    });
  });
}
