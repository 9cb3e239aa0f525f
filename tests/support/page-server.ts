import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The page of the example, built. */
export interface BuiltPage {
  readonly folder: string;
  remove(): void;
}

/** Builds the page of the example as `vite build` does, into a folder of the test's own. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-page-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  try {
    await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', folder, '--emptyOutDir'], {
      cwd: join(ROOT, 'examples/web'),
      // jest sets NODE_ENV to test, which would build the page for development.
      env: { ...process.env, NODE_ENV: 'production' },
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, remove };
}

/** Serves a page and, at the same origin, the API behind it: the network between a browser and the server. */
export interface PageServer {
  readonly url: string;
  /** How many operations have come. */
  operations(): number;
  /** How many of them were refreshes. */
  refreshes(): number;
  /** From now on the server does what a refresh asks, and its answer does not arrive. */
  holdRefreshes(): HeldRefreshes;
  /** From now on no operation gets through. */
  goAway(): void;
  comeBack(): void;
  /** From now on operations go to another server. */
  moveTo(apiUrl: string): void;
  close(): Promise<void>;
}

/** Answers to refreshes that have not arrived. From the loss on, the next ones do. */
interface HeldRefreshes {
  readonly held: () => number;
  loseAnswers(): void;
  /** Loses them half-way: the headers, with their cookies, arrive. */
  cutAnswers(): void;
}

interface HeldAnswer {
  readonly answer: ServerResponse;
  readonly head: readonly [status: number, headers: OutgoingHttpHeaders];
  readonly text: string;
}

export async function startPageServer(page: BuiltPage, firstApiUrl: string): Promise<PageServer> {
  let apiUrl = firstApiUrl;
  let operations = 0;
  let refreshes = 0;
  let isAway = false;
  let held: HeldAnswer[] | null = null;

  const forward = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    if (isAway) return void answer.destroy();
    const isRefresh = body.includes('refreshToken(input');
    operations += 1;
    if (isRefresh) refreshes += 1;
    const { method, headers } = incoming;
    const outgoing = request(new URL(incoming.url ?? '/', apiUrl), { ...(method && { method }), headers });
    outgoing.end(body);
    const [result] = (await once(outgoing, 'response')) as [IncomingMessage];
    const text = await bodyOf(result);
    // Chromium itself repeats a request on a reused connection. Here the page has to.
    const head = [result.statusCode ?? 502, { ...result.headers, connection: 'close' }] as const;
    if (isRefresh && held !== null) return void held.push({ answer, head, text });
    answer.writeHead(...head).end(text);
  };
  const server = createServer((incoming, answer) => {
    const path = new URL(incoming.url ?? '/', apiUrl).pathname;
    if (path !== '/graphql') return sendFile(answer, join(page.folder, normalize(path === '/' ? '/index.html' : path)));
    forward(incoming, answer).catch(() => answer.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    url: `http://127.0.0.1:${address.port}`,
    operations: () => operations,
    refreshes: () => refreshes,
    holdRefreshes() {
      const waiting: HeldAnswer[] = (held = []);
      return {
        held: () => waiting.length,
        loseAnswers() {
          held = null;
          for (const { answer } of waiting) answer.destroy();
        },
        cutAnswers() {
          held = null;
          for (const { answer, head, text } of waiting)
            answer.writeHead(...head).write(text.slice(0, text.length / 2), () => answer.destroy());
        },
      };
    },
    goAway: () => void (isAway = true),
    comeBack: () => void (isAway = false),
    moveTo: (url) => void (apiUrl = url),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  let text = '';
  message.setEncoding('utf8');
  for await (const chunk of message) text += String(chunk);
  return text;
}

function sendFile(answer: ServerResponse, path: string): void {
  try {
    const content = readFileSync(path);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    answer.writeHead(200, { 'content-type': type, connection: 'close' }).end(content);
  } catch {
    answer.writeHead(404).end();
  }
}
