import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
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
import { ISSUER, startTestAuth } from './support/start-test-auth.ts';

const PASSWORD = 'correct horse battery';

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
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(program);
  program.once('exit', () => rmSync(data, { recursive: true, force: true }));
  for await (const line of createInterface(program.stdout)) if (line.startsWith('http')) return line;
  throw new Error(`${name} ended.`);
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

describe('nestjs', () => {
  let tarballs: Tarballs;
  let host: Host;
  beforeAll(async () => {
    const example = join(import.meta.dirname, '../examples/nestjs');
    const { dependencies, devDependencies } = JSON.parse(
      await readFile(join(example, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
    const { 'graphql-simplejwt': _library, ...others } = { ...dependencies, ...devDependencies };
    tarballs = await packAll();
    const packages = Object.entries(others).map(([name, version]) => `${name}@${version}`);
    host = await install([tarballs.pathOf['graphql-simplejwt'], ...packages]);
    await cp(join(example, 'src'), join(host.folder, 'src'), { recursive: true });
    await cp(join(example, 'tsconfig.json'), join(host.folder, 'tsconfig.json'));
    await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: host.folder });
  }, 240_000);
  afterAll(async () => {
    await host.remove();
    await tarballs.remove();
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
    await expect(start('nestjs', {}, join(host.folder, 'dist/main.js'))).rejects.toThrow('nestjs ended');
  }, 60_000);
});
