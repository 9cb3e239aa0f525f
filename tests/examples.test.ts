import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { createAuthClient } from '../client/src/index.ts';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';
import { freePort } from './support/free-port.ts';
import { keyRingFor } from './support/key-rings.ts';
import { type Host, install, packAll, type Tarballs } from './support/pack.ts';
import { someEmail } from './support/someone.ts';
import { ISSUER, startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { waitUntil } from './support/wait-until.ts';

const PASSWORD = 'correct horse battery';

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

let built: BuiltProgram;
let folder: string;
const running: ChildProcess[] = [];
beforeAll(() => {
  built = buildProgram();
  folder = join(built.main, '../../examples');
  cpSync(join(import.meta.dirname, '../examples'), folder, {
    recursive: true,
    filter: (path) => !/node_modules|examples\/web/.test(path),
  });
}, 120_000);
afterEach(async () => {
  for (const program of running.splice(0)) {
    if (program.exitCode !== null) continue;
    program.kill();
    await once(program, 'exit');
  }
});
afterAll(() => built.remove());

/** Starts an example as its README says, and returns its URL. */
async function start(
  name: string,
  env: Record<string, string> = {},
  main = join(folder, name, 'main.ts'),
): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-example-'));
  const program = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    env: { ...process.env, NODE_OPTIONS: '', DATABASE: join(data, 'app.db'), PORT: String(await freePort()), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  program.stderr.on('data', (chunk) => (errors += String(chunk)));
  const closed = once(program, 'close');
  running.push(program);
  program.once('exit', () => rmSync(data, { recursive: true, force: true }));
  for await (const line of createInterface(program.stdout)) if (line.startsWith('http')) return line;
  await closed;
  throw new Error(`${name} ended: ${errors}`);
}

/** The kit, as an app without a browser has it. */
const clientOf = (url: string, userFields?: string) =>
  createAuthClient<{ id: string; name?: string; nickname?: string; email?: string }>({
    url,
    ...(userFields === undefined ? {} : { userFields }),
  });

test('apollo-express: users of the host log in, write notes, and lose a role at once', async () => {
  const auth = clientOf(await start('apollo-express'), 'id name');
  expect(await auth.login({ email: 'ada', password: PASSWORD })).toEqual({ id: '1', name: 'Ada' });
  const add = 'mutation { addNote(text: "a note") { id text } }';
  expect((await auth.request(add)).data).toEqual({ addNote: { id: '1', text: 'a note' } });
  expect((await auth.request('{ notes { text } me { name } }')).data).toEqual({
    notes: [{ text: 'a note' }],
    me: { name: 'Ada' },
  });
  expect((await auth.request('mutation { stopWriting }')).data).toEqual({ stopWriting: true });
  expect((await auth.request(add)).errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  expect((await auth.logout())?.endedSessions).toBe(1);
  await expect(auth.login({ email: 'ada', password: 'wrong' })).rejects.toMatchObject({});
  auth.close();
});

test('yoga: users of ours register, with a field of the host', async () => {
  const auth = clientOf(await start('yoga'), 'id nickname');
  expect((await auth.request('{ motto }')).data).toEqual({ motto: 'Welcome.' });
  const email = someEmail();
  expect(await auth.register({ email, password: PASSWORD })).toMatchObject({ nickname: email.split('@')[0] });
  await auth.refresh();
  expect((await auth.request('{ motto sessions { isCurrent } }')).data).toEqual({
    motto: 'Welcome back.',
    sessions: [{ isCurrent: true }],
  });
  await auth.logout();
  auth.close();
});

test('mercurius: only the groups of fields that were taken are there', async () => {
  const auth = clientOf(await start('mercurius'));
  const user = await auth.register({ email: someEmail(), password: PASSWORD });
  expect((await auth.request('{ greeting }')).data).toEqual({ greeting: `Hello ${user?.id}.` });
  expect((await auth.request('{ sessions { id } }')).errors).toHaveLength(1);
  await auth.logout();
  expect((await auth.request('{ greeting }')).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  auth.close();
});

test('federation: a router finds the user of the token by id, and nobody else', async () => {
  const auth = clientOf(await start('federation'));
  const ada = await auth.register({ email: 'ada@example.com', password: PASSWORD });
  const document = `query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on User { email } } }`;
  const ask = (id?: string) => auth.request(document, { ids: [{ __typename: 'User', id }] });
  expect((await ask(ada?.id)).data).toEqual({ _entities: [{ email: 'ada@example.com' }] });
  expect((await ask('01900000-0000-7000-8000-000000000000')).data).toEqual({ _entities: [null] });
  expect((await auth.request<{ _service: { sdl: string } }>('{ _service { sdl } }')).data?._service.sdl).toContain(
    '@key',
  );
  await auth.logout();
  expect((await ask(ada?.id)).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  auth.close();
});

test('resource-server: another service takes an access token, and neither a refresh token nor a forged one', async () => {
  const server = await startTestAuth({ keys: keyRingFor('ES256') });
  const url = await start('resource-server', { ISSUER, JWKS_URL: `${server.url}/.well-known/jwks.json` });
  const { accessToken, refreshToken, user } = await server.client.register();
  const ask = async (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const answer = await ask(accessToken);
  // The clock of the tests is years ahead, so the token is not expired for this service.
  expect([answer.status, await answer.json()]).toEqual([200, { userId: user.id, roles: [] }]);
  for (const token of [refreshToken, `${accessToken.slice(0, -4)}AAAA`, 'x', ''])
    expect((await ask(token)).status).toBe(401);
  await server.stop();
});

/** Installs an example that is a package of its own as its README says, and builds it. */
async function installExample(name: string, ...tarballs: readonly string[]): Promise<Host> {
  const example = join(import.meta.dirname, '../examples', name);
  const manifest = JSON.parse(await readFile(join(example, 'package.json'), 'utf8')) as Manifest;
  const packages = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
    .filter(([dependency]) => !dependency.startsWith('graphql-simplejwt'))
    .map(([dependency, version]) => `${dependency}@${version}`);
  const host = await install([...tarballs, ...packages]);
  await cp(example, host.folder, {
    recursive: true,
    filter: (path) => !/node_modules|\.next|package(-lock)?\.json$/.test(path),
  });
  return host;
}

describe('nestjs', () => {
  let tarballs: Tarballs;
  let host: Host;
  beforeAll(async () => {
    tarballs = packAll();
    host = await installExample('nestjs', tarballs.pathOf['graphql-simplejwt']);
    await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: host.folder });
  }, 240_000);
  afterAll(async () => {
    await host.remove();
    tarballs.remove();
  });

  test('the guards hold for fields of Nest and for ours, and a host without one does not start', async () => {
    const auth = clientOf(await start('nestjs', {}, join(host.folder, 'dist/main.js')));
    expect((await auth.request('{ motto }')).data).toEqual({ motto: 'Welcome.' });
    await auth.register({ email: someEmail(), password: PASSWORD });
    expect((await auth.request('mutation { addNote(text: "a note") { id text } }')).data).toEqual({
      addNote: { id: '1', text: 'a note' },
    });
    const notes = await auth.request('{ motto notes { text author } me { id } users { edges { cursor } } }');
    expect(notes.data).toMatchObject({
      motto: 'Welcome back.',
      notes: [{ text: 'a note', author: null }],
      users: null,
    });
    expect(notes.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    await auth.logout();
    expect((await auth.request('{ notes { text } }')).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
    auth.close();

    const resolver = join(host.folder, 'dist/notes.resolver.js');
    await writeFile(resolver, (await readFile(resolver, 'utf8')).replace('Public(),', ''));
    await expect(start('nestjs', {}, join(host.folder, 'dist/main.js'))).rejects.toThrow(
      'Query.motto is neither @authorized nor @public',
    );
  }, 60_000);
});

describe('nextjs', () => {
  const env = { SESSION_SECRET: 'a secret of the Next server, for tests', NEXT_TELEMETRY_DISABLED: '1' };
  let host: Host;
  let server: TestAuth;
  let url: string;
  let next: ChildProcess;
  beforeAll(async () => {
    host = await installExample('nextjs');
    await mkdir(join(host.folder, 'app/about'));
    await writeFile(join(host.folder, 'app/about/page.tsx'), 'export default () => <p>A static page.</p>;');
    const main = join(host.folder, 'node_modules/next/dist/bin/next');
    await promisify(execFile)(process.execPath, [main, 'build'], {
      cwd: host.folder,
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production', ...env },
    });
    server = await startTestAuth();
    const port = String(await freePort());
    url = `http://127.0.0.1:${port}`;
    next = spawn(process.execPath, [main, 'start', '--hostname', '127.0.0.1', '--port', port], {
      cwd: host.folder,
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production', API_URL: `${server.url}/graphql`, ...env },
      stdio: 'ignore',
    });
    await waitUntil(
      async () =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      30_000,
    );
  }, 240_000);
  afterAll(async () => {
    next.kill();
    if (next.exitCode === null) await once(next, 'exit');
    await server.stop();
    await host.remove();
  });

  type Cookies = Readonly<Record<string, string>>;

  interface Shown {
    readonly status: number;
    readonly text: string;
    /** The cookies that the answer sets; an empty one is deleted. */
    readonly set: Cookies;
  }

  const visit = async (cookies: Cookies, form?: FormData): Promise<Shown> => {
    const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
    const headers = { cookie: cookie.join('; '), origin: url };
    const answer = await fetch(url, {
      headers,
      redirect: 'manual',
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    });
    const set = answer.headers.getSetCookie().map((each) => /^__Host-(\w+)=([^;]*)/.exec(each));
    return {
      status: answer.status,
      text: await answer.text(),
      set: Object.fromEntries(set.map((match) => [`__Host-${match?.[1]}`, match?.[2] ?? ''])),
    };
  };

  /** Sends the form of a page as a browser without scripts does. */
  const submit = async (cookies: Cookies, fields: Readonly<Record<string, string>> = {}): Promise<Shown> => {
    const form = new FormData();
    for (const [, attributes = ''] of (await visit(cookies)).text.matchAll(/<input type="hidden"([^>]*)>/g)) {
      const [name = '', value = ''] = ['name', 'value'].map((each) =>
        (new RegExp(` ${each}="([^"]*)"`).exec(attributes)?.[1] ?? '').replaceAll('&quot;', '"'),
      );
      form.append(name, value);
    }
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return visit(cookies, form);
  };

  const logIn = async (email: string) => {
    const { set } = await submit({}, { email, password: PASSWORD });
    return { cookies: set, refreshToken: set['__Host-refresh'] ?? '' };
  };

  const someone = async (): Promise<string> => {
    const email = someEmail();
    await server.client.register(email, PASSWORD);
    return email;
  };

  test('a login sets cookies, a wrong password sets none and says so, and a logout ends the session', async () => {
    const email = await someone();
    const refused = await submit({}, { email, password: 'wrong' });
    expect(refused).toMatchObject({ text: expect.stringContaining('The credentials are wrong.'), set: {} });
    const { cookies } = await logIn(email);
    expect(Object.keys(cookies).toSorted()).toEqual(['__Host-access', '__Host-refresh']);
    expect((await visit(cookies)).text).toContain(`You are ${email}.`);

    // The access cookie has ended, so the proxy refreshes, and the action logs the new session out.
    const { set } = await submit({ '__Host-refresh': cookies['__Host-refresh'] ?? '' });
    expect(set).toEqual({ '__Host-access': '', '__Host-refresh': '' });
    expect((await visit(cookies)).text).toContain('type="password"');
  });

  test('the parallel requests of a page get one successor, and a lost answer loses nothing', async () => {
    const email = await someone();
    let { refreshToken } = await logIn(email);
    for (let round = 0; round < 3; round++) {
      const only = { '__Host-refresh': refreshToken };
      const pages = await Promise.all(Array.from({ length: 20 }, async () => visit(only)));
      const successors = new Set(pages.map(({ set }) => set['__Host-refresh']));
      expect(pages.every(({ text }) => text.includes(`You are ${email}.`))).toBe(true);
      expect(successors.size).toBe(1);
      // As if none of the answers had arrived.
      expect(successors).toContain((await visit(only)).set['__Host-refresh']);
      const [successor = ''] = successors;
      expect(successor).not.toBe(refreshToken);
      refreshToken = successor;
    }
  });

  test('no cache keeps an answer that sets cookies, not even that of a static page', async () => {
    const { refreshToken } = await logIn(await someone());
    const answer = await fetch(`${url}/about`, { headers: { cookie: `__Host-refresh=${refreshToken}` } });
    expect(answer.headers.getSetCookie()).toHaveLength(2);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect((await fetch(`${url}/about`)).headers.get('cache-control')).toContain('s-maxage');
  });

  test('a thief of a used refresh token ends the session, and the page clears its cookies', async () => {
    const { refreshToken } = await logIn(await someone());
    const { set } = await visit({ '__Host-refresh': refreshToken });
    await visit({ '__Host-refresh': set['__Host-refresh'] ?? '' });
    const theft = await server.client.tryRefresh(refreshToken);
    expect(theft.errors[0]?.extensions).toMatchObject({ code: 'INVALID_REFRESH_TOKEN', reason: 'TOKEN_REUSED' });
    const after = await visit({ '__Host-refresh': set['__Host-refresh'] ?? '' });
    expect(after.set).toEqual({ '__Host-access': '', '__Host-refresh': '' });
    expect(after.text).toContain('type="password"');
  });

  test('an API that is away logs nobody out', async () => {
    const { cookies, refreshToken } = await logIn(await someone());
    await server.stop();
    expect(await visit({ '__Host-refresh': refreshToken })).toMatchObject({ status: 500, set: {} });
    expect(await visit(cookies)).toMatchObject({ status: 500, set: {} });
  });
});
