/**
 * Shows two sessions over HTTP, request by request: `npm run demo`.
 *
 * It starts the built program on a free port, with a database and keys in a temporary folder, and stops it again. It exits
 * with 1 if an answer is unexpected.
 *
 * Usage: node examples/demo.ts [PROGRAM]. By default, PROGRAM is server/dist/main.js.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly session: { readonly id: string };
}

/** One request, and what its answer must contain. */
interface Scene {
  readonly title: string;
  readonly device: string;
  readonly document: string;
  readonly variables?: object;
  readonly accessToken?: string;
  readonly expected: object;
}

const LAPTOP = 'Demo-Laptop/1.0';
const PHONE = 'Demo-Phone/1.0';
const ADA = { email: 'ada@example.com', password: 'correct horse battery' };

const START_LIMIT = 30_000;
const ANSWER_LIMIT = 10_000;

const program = process.argv[2] ?? join(import.meta.dirname, '../server/dist/main.js');
const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-demo-'));
const server = startServer();

// The server ends with this process. It keeps nothing, so it need not be stopped gently.
process.once('exit', () => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

let scenes = 0;
try {
  await tellStory(await addressOf(server));
  console.log(`\nAll ${scenes} answers are what they should be.`);
  // Output to a pipe may still be under way.
  process.stdout.write('', () => process.exit(0));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`\nThe story breaks off: ${shorten(message)}`);
  process.exit(1);
}

async function tellStory(url: string): Promise<void> {
  const { register: first } = await play<{ register: Pair }>(url, {
    title: 'Ada opens an account on her laptop, and is logged in.',
    device: LAPTOP,
    document: `mutation ($input: RegisterInput!) {
  register(input: $input) {
    accessToken
    accessTokenExpiresIn
    refreshToken
    session { id }
    user { email }
  }
}`,
    variables: { input: ADA },
    expected: { data: { register: { user: { email: ADA.email } } } },
  });

  const { login: phone } = await play<{ login: Pair }>(url, {
    title: 'She logs in on her phone: a second session.',
    device: PHONE,
    document: `mutation ($input: LoginInput!) {
  login(input: $input) {
    accessToken
    refreshToken
    session { id }
  }
}`,
    variables: { input: ADA },
    expected: { data: { login: {} } },
  });
  assert.notEqual(phone.session.id, first.session.id, 'two logins gave one session');

  await play(url, {
    title: 'The laptop asks who she is.',
    device: LAPTOP,
    accessToken: first.accessToken,
    document: '{ me { email roles } }',
    expected: { data: { me: { email: ADA.email, roles: [] } } },
  });

  await play(url, {
    title: 'It asks what its access token contains. This needs no database.',
    device: LAPTOP,
    accessToken: first.accessToken,
    document: '{ currentToken { type sessionId issuedAt expiresAt } }',
    expected: { data: { currentToken: { type: 'ACCESS', sessionId: first.session.id } } },
  });

  const refresh = `mutation ($input: RefreshTokenInput) {
  refreshToken(input: $input) {
    accessToken
    refreshToken
    session { id }
  }
}`;
  const { refreshToken: second } = await play<{ refreshToken: Pair }>(url, {
    title: 'It exchanges its refresh token for a new pair. The session stays the same.',
    device: LAPTOP,
    document: refresh,
    variables: { input: { refreshToken: first.refreshToken } },
    expected: { data: { refreshToken: { session: { id: first.session.id } } } },
  });
  assert.notEqual(second.refreshToken, first.refreshToken, 'the refresh token is still the old one');
  assert.notEqual(second.accessToken, first.accessToken, 'the access token is still the old one');

  await play(url, {
    title: 'The old refresh token is refused, because it works once.',
    device: LAPTOP,
    document: refresh,
    variables: { input: { refreshToken: first.refreshToken } },
    expected: refused('INVALID_REFRESH_TOKEN', 'TOKEN_ROTATED'),
  });

  await play(url, {
    title: 'The laptop lists her sessions, last used first.',
    device: LAPTOP,
    accessToken: second.accessToken,
    document: '{ sessions { id userAgent isCurrent } }',
    expected: {
      data: {
        sessions: [
          { id: first.session.id, userAgent: LAPTOP, isCurrent: true },
          { id: phone.session.id, userAgent: PHONE, isCurrent: false },
        ],
      },
    },
  });

  await play(url, {
    title: 'The phone is lost. From the laptop she ends its session.',
    device: LAPTOP,
    accessToken: second.accessToken,
    document: `mutation ($input: EndSessionInput!) {
  endSession(input: $input) { endedSessions endedSessionIds }
}`,
    variables: { input: { id: phone.session.id } },
    expected: { data: { endSession: { endedSessions: 1, endedSessionIds: [phone.session.id] } } },
  });

  await play(url, {
    title: "The phone's access token, minutes from its expiry, is refused at once.",
    device: PHONE,
    accessToken: phone.accessToken,
    document: '{ me { email } }',
    expected: refused('UNAUTHENTICATED', 'TOKEN_REVOKED', { refreshable: false }),
  });

  await play(url, {
    title: 'She logs out on the laptop.',
    device: LAPTOP,
    accessToken: second.accessToken,
    document: 'mutation { logout { endedSessions endedSessionIds } }',
    expected: { data: { logout: { endedSessions: 1, endedSessionIds: [first.session.id] } } },
  });

  await play(url, {
    title: 'Its refresh token is refused from now on.',
    device: LAPTOP,
    document: refresh,
    variables: { input: { refreshToken: second.refreshToken } },
    expected: refused('INVALID_REFRESH_TOKEN', 'TOKEN_REVOKED'),
  });
}

function refused(code: string, reason: string, more: object = {}): object {
  return { errors: [{ extensions: { code, reason, ...more } }] };
}

/** Sends one request, shows it and its answer, and compares. */
async function play<Data = unknown>(url: string, scene: Scene): Promise<Data> {
  const { title, device, document, variables, accessToken, expected } = scene;
  scenes += 1;
  console.log(`\n${scenes}. ${title}\n`);
  show('>', 'POST /graphql');
  show('>', `User-Agent: ${device}`);
  if (accessToken !== undefined) show('>', `Authorization: Bearer ${accessToken}`);
  show('>', document);
  if (variables !== undefined) show('>', `variables: ${JSON.stringify(variables)}`);

  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': device,
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query: document, variables }),
    signal: AbortSignal.timeout(ANSWER_LIMIT),
  });
  const text = await response.text();
  console.log();
  show('<', `${response.status}`);
  const answer = parse(text);
  show('<', JSON.stringify(answer, null, 2));
  assert.partialDeepStrictEqual({ status: response.status, ...answer }, { status: 200, ...expected });
  return answer['data'] as Data;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new Error('the answer is not JSON');
  }
}

function show(mark: string, text: string): void {
  for (const line of shorten(text).split('\n')) console.log(`   ${mark} ${line}`);
}

/** Tokens are long and begin with the same characters. */
function shorten(text: string): string {
  return text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, (token) => `${token.slice(0, 8)}...${token.slice(-6)}`);
}

function startServer(): ChildProcess {
  // Variables that the shell has set for another server do not apply to this one.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('AUTH_') && name !== 'NODE_ENV');
  return spawn(process.execPath, [program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...Object.fromEntries(inherited),
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
      AUTH_KEYS_FILE: join(folder, 'keys.json'),
    },
  });
}

/** Waits for the line in which the server prints its URL. */
async function addressOf(child: ChildProcess): Promise<string> {
  assert(child.stdout !== null);
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('the server does not start')), START_LIMIT);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code ?? 'a signal'}`)));
    lines.on('line', (line) => {
      const url = / (http:\/\/\S+\/graphql)/.exec(line)?.[1];
      if (url === undefined) return;
      clearTimeout(limit);
      resolve(url);
    });
  });
}
