import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const CLIENT = join(import.meta.dirname, '..');
const ROOT = join(CLIENT, '..');
const PACKAGES = join(ROOT, 'node_modules');
const KIT = 'node_modules/graphql-simplejwt-client';
const PEERS = ['@apollo/client', '@urql/core', '@urql/exchange-auth', 'graphql', 'rxjs'];
const run = promisify(execFile);

/** Apps with the package installed: one with all peers, one with no other package. */
let app: string;
let bareApp: string;
let folder: string;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'graphql-simplejwt-client-')));
  app = join(folder, 'app');
  bareApp = join(folder, 'bare-app');
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: CLIENT });
  const archive = join(folder, readdirSync(folder)[0] ?? '');
  for (const each of [app, bareApp]) {
    mkdirSync(join(each, KIT), { recursive: true });
    await run('tar', ['-xzf', archive, '--strip-components=1', '-C', join(each, KIT)]);
    writeFileSync(join(each, 'package.json'), '{ "type": "module" }');
  }
  for (const name of PEERS) {
    const link = join(app, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(PACKAGES, name), link);
  }
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function text(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The output of a program in an app. */
async function printed(by: string, program: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: by });
  return stdout.trim();
}

/** The compiler's errors in a file of an app and in all types that it imports, except those of the peers. */
async function faultsOf(by: string, source: string, options: Record<string, unknown>): Promise<string[]> {
  const strictness = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false };
  const environment = { target: 'es2023', lib: ['es2023', 'dom', 'dom.iterable'], types: [] };
  const compilerOptions = { ...strictness, ...environment, ...options, noEmit: true };
  writeFileSync(join(by, 'page.ts'), source);
  writeFileSync(join(by, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['page.ts'] }));
  try {
    await run(process.execPath, [join(PACKAGES, 'typescript/bin/tsc'), '-p', by], { cwd: by });
    return [];
  } catch (error) {
    const lines = (error as { stdout: string }).stdout.split('\n').filter((line) => line.includes(': error '));
    return lines.filter((line) => !resolve(by, line).startsWith(PACKAGES));
  }
}

/** The compressed size of what something adds to a page, without the peers. */
async function sizeOf(source: string): Promise<number> {
  writeFileSync(join(app, 'entry.js'), source);
  const words = [...PEERS.flatMap((name) => ['--external', name]), '--minify', '--file', 'bundle.js'];
  await run(process.execPath, [join(PACKAGES, 'rolldown/bin/cli.mjs'), 'entry.js', ...words], { cwd: app });
  return gzipSync(readFileSync(join(app, 'bundle.js')), { level: 9 }).length;
}

test('the package contains the build, the operations, the schema and the licence, and has no dependencies', () => {
  const manifest = JSON.parse(text(join(app, KIT, 'package.json'))) as Record<string, unknown>;
  expect(manifest['dependencies']).toBeUndefined();
  expect(manifest['license']).toBe('MIT');
  for (const name of ['schema.graphql', 'LICENSE']) expect(text(join(app, KIT, name))).toBe(text(join(ROOT, name)));
  expect(readdirSync(join(app, KIT)).toSorted()).toEqual(
    ['LICENSE', 'README.md', 'dist', 'operations', 'package.json', 'schema.graphql'].toSorted(),
  );
});

test('each module can be imported by its name', async () => {
  const program = `
    const names = ['graphql-simplejwt-client', 'graphql-simplejwt-client/apollo', 'graphql-simplejwt-client/urql'];
    for (const name of names) console.log(...Object.keys(await import(name)));`;
  const [kit, apollo, urql] = (await printed(app, program)).split('\n');

  expect(kit?.split(' ')).toEqual(expect.arrayContaining(['createAuthClient', 'authErrorOf', 'ErrorCode']));
  expect(apollo).toBe('createAuthLink emptyStoreOnUserChange');
  expect(urql).toBe('createUrqlAuth');
});

test('an app without a GraphQL client can import the kit but no adapter', async () => {
  expect(
    await printed(bareApp, `console.log(typeof (await import('graphql-simplejwt-client')).createAuthClient)`),
  ).toBe('function');
  const failure = printed(bareApp, `await import('graphql-simplejwt-client/apollo')`);
  await expect(failure).rejects.toThrow("Cannot find package '@apollo/client'");
});

test("the schema and the operations can be resolved by the package's name", async () => {
  const files = ['schema.graphql', ...readdirSync(join(CLIENT, 'operations')).map((name) => `operations/${name}`)];
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const path = await printed(
      app,
      `console.log(new URL(import.meta.resolve('graphql-simplejwt-client/${file}')).pathname)`,
    );
    expect(path).toBe(join(app, KIT, file));
    expect(existsSync(path)).toBe(true);
  }
});

describe.each([
  ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
])('with the module resolution of %s', (_name, options) => {
  test('an app with all clients compiles, and a wrong value does not', async () => {
    const source = `
      import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
      import { cacheExchange, Client, fetchExchange } from '@urql/core';
      import { authExchange } from '@urql/exchange-auth';
      import { type AuthState, createAuthClient, ErrorCode } from 'graphql-simplejwt-client';
      import { createAuthLink } from 'graphql-simplejwt-client/apollo';
      import { createUrqlAuth } from 'graphql-simplejwt-client/urql';

      const url = '/graphql';
      const auth = createAuthClient({ url, delivery: 'COOKIES' });
      export const apollo = new ApolloClient({
        link: createAuthLink(auth).concat(new HttpLink({ uri: url })),
        cache: new InMemoryCache(),
      });
      export const urql = new Client({
        url,
        preferGetMethod: false,
        exchanges: [cacheExchange, authExchange(createUrqlAuth(auth)), fetchExchange],
      });
      const state: AuthState = auth.getState();
      export const email: string | undefined = state.user?.email;
      export const code: 'NOT_FOUND' = ErrorCode.NOT_FOUND;
    `;

    expect(await faultsOf(app, source, options)).toEqual([]);
    const [fault, ...others] = await faultsOf(app, source.replace("'COOKIES'", "'CAKES'"), options);
    expect(fault).toContain('"CAKES"');
    expect(others).toEqual([]);
  }, 60_000);

  test('an app without a GraphQL client compiles', async () => {
    const source = `
      import { authErrorOf, createAuthClient } from 'graphql-simplejwt-client';
      const auth = createAuthClient({ url: '/graphql' });
      export const answer = auth.request<{ me: { id: string } | null }>('{ me { id } }');
      export const code = authErrorOf(new Error())?.code;
    `;

    expect(await faultsOf(bareApp, source, options)).toEqual([]);
  }, 60_000);
});

test('the error codes alone bundle to 600 bytes at most, and the whole kit to 9,700', async () => {
  const names = ['graphql-simplejwt-client', 'graphql-simplejwt-client/apollo', 'graphql-simplejwt-client/urql'];

  expect(await sizeOf(`export { ErrorCode } from '${names[0]}';`)).toBeLessThan(600);
  const whole = await sizeOf(names.map((name) => `export * from '${name}';`).join('\n'));
  expect(whole).toBeGreaterThan(600);
  expect(whole).toBeLessThan(9_700);
}, 60_000);
