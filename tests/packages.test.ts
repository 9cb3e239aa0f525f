import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { systemClock } from '../src/index.ts';
import { bundleServer } from './support/bundle-server.ts';
import { freshPostgres } from './support/databases.ts';
import { freePort } from './support/free-port.ts';
import { EMAIL, GraphQLClient, PASSWORD } from './support/graphql-client.ts';
import { Page } from './support/page.ts';
import { startTestAuth } from './support/start-test-auth.ts';
import { waitUntil } from './support/wait-until.ts';
import { type Host, install, installedIn, packAll, PACKAGES, type Tarballs } from './support/pack.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const ROLLDOWN = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');
const LIBRARY = 'graphql-simplejwt';
const SERVER = 'graphql-simplejwt-server';
const CLIENT = 'graphql-simplejwt-client';

/** A host: it serves a field of its own beside ours, and prints its schema. */
const HOST = `
import 'reflect-metadata';
import { graphql, printSchema } from 'graphql';
import { Query, Resolver } from 'type-graphql';
import { MikroORM } from '@mikro-orm/sqlite';
import { authEntities, Authorized, buildGuardedSchema, createAuth, generateKeys } from 'graphql-simplejwt';

@Resolver()
class NoteResolver {
  @Authorized()
  @Query(() => [String])
  notes(): string[] {
    return ['a note'];
  }
}

const orm = await MikroORM.init({ entities: [...authEntities], dbName: ':memory:' });
await orm.schema.create();
const auth = await createAuth({ orm, keys: generateKeys(), issuer: 'https://api.example.com', bcryptCost: 4 });
const schema = await buildGuardedSchema({ resolvers: [...auth.resolvers, NoteResolver] });
const ask = async (source: string, accessToken?: string) => {
  const headers = accessToken === undefined ? {} : { authorization: \`Bearer \${accessToken}\` };
  const { data, errors } = await graphql({ schema, source, contextValue: auth.context({ headers }) });
  return JSON.parse(JSON.stringify({ data, code: errors?.[0]?.extensions['code'] }));
};
const register = 'mutation { register(input: { email: "ada@example.com", password: "correct horse" }) { accessToken } }';
const { data } = await ask(register);
const refused = await ask('{ notes }');
const answered = await ask('{ notes }', data.register.accessToken);
console.log(JSON.stringify({ refused: refused.code, notes: answered.data?.notes, sdl: printSchema(schema) }));
await auth.close();
await orm.close();
`;

const CLIENT_APP = `
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { createClient, fetchExchange } from '@urql/core';
import { createAuthClient } from 'graphql-simplejwt-client';
import * as apollo from 'graphql-simplejwt-client/apollo';
import * as urql from 'graphql-simplejwt-client/urql';

export const client = createAuthClient({ url: 'https://api.example.com/graphql' });
export const cache = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink() });
export const other = createClient({ url: 'https://api.example.com/graphql', exchanges: [fetchExchange] });
export const adapters = [apollo, urql];
`;

const TSCONFIG = { target: 'es2023', lib: ['es2024'], strict: true, noEmit: true, skipLibCheck: false };

// npm would otherwise install the latest of what a peer's range allows beside the version that another peer requires.
const ORM = [...['core', 'sql', 'sqlite'].map((name) => `@mikro-orm/${name}@7.2.1`), 'kysely@0.29.6'];
const COMPILERS = ['ts-5@npm:typescript@5.9.3', 'ts-7@npm:typescript@7.0.2'];
const NODE_TYPES = [
  'types-22@npm:@types/node@22.20.5',
  'types-24@npm:@types/node@24.19.2',
  'types-26@npm:@types/node@26.6.6',
  'class-validator@0.15.1',
  '@types/better-sqlite3@7.6.13',
];
const CLIENT_PEERS = [
  '@apollo/client@4.3.8',
  'rxjs@7.8.2',
  'graphql@16.15.0',
  '@urql/core@6.0.3',
  '@urql/exchange-auth@3.0.0',
];

/** A folder with packages and files in it, for the tests of one block. */
function useHost(
  packages: () => readonly string[],
  files: Readonly<Record<string, string>> = {},
): { readonly folder: string } {
  let installed: Host | undefined;
  beforeAll(async () => {
    installed = await install(packages());
    for (const [name, text] of Object.entries(files)) await writeFile(join(installed.folder, name), text);
  }, 240_000);
  afterAll(async () => installed?.remove());
  return {
    // The tests write there. Without it, they would write into the repository.
    get folder() {
      if (installed === undefined) throw new Error('The packages are not installed.');
      return installed.folder;
    },
  };
}

let tarballs: Tarballs;
beforeAll(() => {
  tarballs = packAll();
}, 60_000);
afterAll(() => tarballs.remove());

describe.each(PACKAGES)('%s', (name) => {
  test('is published as publint and arethetypeswrong demand, as ESM alone', async () => {
    const data = await readFile(tarballs.pathOf[name]);
    const bytes = new Uint8Array(data);
    const { messages } = await publint({ pack: { tarball: bytes.buffer } });
    const excludeEntrypoints = ['./schema.graphql', './operations/*'];
    const result = await checkPackage(createPackageFromTarballData(bytes), { excludeEntrypoints });
    const problems = result.types === false ? [] : result.problems;

    expect(messages).toEqual([]);
    expect(
      new Set(problems.map(({ kind, ...rest }) => [kind, 'resolutionKind' in rest && rest.resolutionKind].join())),
    ).toEqual(result.types === false ? new Set() : new Set(['NoResolution,node10', 'CJSResolvesToESM,node16-cjs']));
  });
});

describe('the library in an empty folder', () => {
  const host = useHost(() => [tarballs.pathOf[LIBRARY]]);

  test('brings its own dependencies and its peers', async () => {
    const installed = await installedIn(host.folder);
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      await readFile(join(host.folder, 'node_modules', LIBRARY, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'peerDependencies' | 'peerDependenciesMeta', Record<string, unknown>>;
    const requiredPeers = Object.keys(peerDependencies).filter((name) => !(name in peerDependenciesMeta));
    const direct = [LIBRARY, ...Object.keys(dependencies), ...requiredPeers];

    expect(direct.toSorted()).toEqual([
      '@graphql-tools/utils',
      '@mikro-orm/core',
      '@mikro-orm/sql',
      '@node-rs/argon2',
      '@zxcvbn-ts/language-common',
      'bcrypt',
      'cookie',
      'graphql',
      'graphql-scalars',
      'graphql-simplejwt',
      'ipaddr.js',
      'jsonwebtoken',
      'kysely',
      'lru-cache',
      'negotiator',
      'on-headers',
      'p-limit',
      'reflect-metadata',
      'type-graphql',
      'uuid',
      'zod',
    ]);
    expect(installed).toEqual(expect.arrayContaining(direct));
    expect(
      installed.filter((each) => /fastify|express|koa|apollo|graphiql|sqlite|libsql|^pg|postgres/.test(each)),
    ).toEqual([]);
  });

  test('says which Node it needs when it is imported by an older one', async () => {
    const code = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); await import('${LIBRARY}');`;
    const importing = run(process.execPath, ['--input-type=module', '--eval', code], { cwd: host.folder });
    await expect(importing).rejects.toThrow('needs Node 22.17 or newer, and this is 20.19.0');
  });

  test('exports its schema and its package.json', async () => {
    const code = `import { readFileSync } from 'node:fs';
      for (const file of ['schema.graphql', 'package.json'])
        console.log(readFileSync(new URL(import.meta.resolve('${LIBRARY}/' + file)), 'utf8').length);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: host.folder });
    expect(stdout.trim().split('\n').map(Number)).toEqual([expect.any(Number), expect.any(Number)]);
  });
});

describe('a host in TypeScript', () => {
  const host = useHost(() => [tarballs.pathOf[LIBRARY], ...ORM, ...COMPILERS, ...NODE_TYPES, '@apollo/server@5.5.1'], {
    'host.ts': HOST,
  });

  /** Puts one version of @types/node where every package looks for it. */
  async function withNodeTypes<T>(version: string, work: () => Promise<T>): Promise<T> {
    const modules = join(host.folder, 'node_modules');
    const shared = join(modules, '@types/node');
    const chosen = join(modules, `types-${version}`);
    await rename(shared, join(modules, 'types-kept'));
    await rename(chosen, shared);
    try {
      return await work();
    } finally {
      await rename(shared, chosen);
      await rename(join(modules, 'types-kept'), shared);
    }
  }

  async function compile(compiler: string, options: object): Promise<string> {
    const compilerOptions = { ...TSCONFIG, types: ['node'], experimentalDecorators: true, ...options };
    await writeFile(join(host.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['host.ts'] }));
    const tsc = join(host.folder, 'node_modules', compiler, 'bin/tsc');
    return run(process.execPath, [tsc], { cwd: host.folder }).then(
      () => '',
      (error: unknown) => (error as { stdout: string }).stdout,
    );
  }

  const MODULES = [
    { module: 'node16', moduleResolution: 'node16' },
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ];

  test.each(['22', '24', '26'])(
    'compiles under TypeScript 7 with @types/node %s and every resolution',
    async (version) => {
      await withNodeTypes(version, async () => {
        for (const options of MODULES) expect(await compile('ts-7', options)).toBe('');
      });
    },
    120_000,
  );

  test.each([
    ['22', MODULES[0]!],
    ['24', MODULES[1]!],
    ['26', MODULES[2]!],
  ])(
    'compiles under TypeScript 5.9 with @types/node %s',
    async (version, options) => {
      await withNodeTypes(version, async () => expect(await compile('ts-5', options)).toBe(''));
    },
    120_000,
  );

  test('compiles with the tsconfig.json of docs/embedding.md', async () => {
    const page = await readFile(join(import.meta.dirname, '../docs/embedding.md'), 'utf8');
    const [, text = ''] = /This is a whole tsconfig\.json:\n\n```json\n(.*?)```/s.exec(page) ?? [];
    await writeFile(join(host.folder, 'tsconfig.json'), text);
    await mkdir(join(host.folder, 'src'), { recursive: true });
    await copyFile(join(host.folder, 'host.ts'), join(host.folder, 'src/host.ts'));
    const tsc = join(host.folder, 'node_modules/ts-7/bin/tsc');
    expect(await run(process.execPath, [tsc], { cwd: host.folder })).toEqual({ stdout: '', stderr: '' });
    expect(await readdir(join(host.folder, 'dist'))).toContain('host.js');
  }, 60_000);

  test('serves the first example of the README', async () => {
    const readme = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
    const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    const port = await freePort();
    await writeFile(join(host.folder, 'readme.mjs'), code.replaceAll('4001', String(port)));
    const program = spawn(process.execPath, ['readme.mjs'], { cwd: host.folder, stdio: 'inherit' });
    try {
      const client = new GraphQLClient(`http://localhost:${port}`);
      await waitUntil(async () =>
        client.send({ method: 'GET' }, '/').then(
          () => true,
          () => false,
        ),
      );
      const { accessToken } = await client.register();
      expect((await client.me(accessToken)).data.me.email).toBe(EMAIL);
      const page = new Page(
        { url: `http://localhost:${port}`, client, clock: systemClock },
        { origin: `http://localhost:${port}`, 'sec-fetch-site': 'same-origin' },
      );
      const { csrfToken } = await page.login('COOKIES');
      const refreshed = await page.tryRefresh(null, { 'x-csrf-token': csrfToken ?? '' });
      expect(refreshed.data.refreshToken.user.email).toBe(EMAIL);
    } finally {
      program.kill();
    }
  }, 60_000);

  test('reports a type that does not fit', async () => {
    await writeFile(join(host.folder, 'host.ts'), `${HOST}\nawait createAuth({ orm, maxSessions: 'lots' });`);
    expect(await compile('ts-7', MODULES[1]!)).toContain("Type 'string' is not assignable to type 'number'");
    await writeFile(join(host.folder, 'host.ts'), HOST);
  }, 60_000);

  test('runs, and runs the same through a bundler that renames its classes', async () => {
    const emit = { noEmit: false, outDir: 'dist', ...MODULES[1]! };
    expect(await compile('ts-7', emit)).toBe('');
    const plain = await run(process.execPath, ['dist/host.js'], { cwd: host.folder });

    // Native addons and the ORM stay outside. What registers GraphQL types goes in.
    const outside = ['@mikro-orm/core', '@mikro-orm/sql', '@mikro-orm/sqlite', 'kysely', 'bcrypt', '@node-rs/argon2'];
    const externals = outside.flatMap((name) => ['--external', name]);
    const output = ['--file', 'bundle/host.js', '--no-code-splitting', '--minify', '--platform', 'node', ...externals];
    await run(process.execPath, [ROLLDOWN, 'dist/host.js', ...output], { cwd: host.folder });
    const minified = await run(process.execPath, ['bundle/host.js'], { cwd: host.folder });

    expect(JSON.parse(plain.stdout)).toMatchObject({ refused: 'UNAUTHENTICATED', notes: ['a note'] });
    expect(JSON.parse(minified.stdout)).toEqual(JSON.parse(plain.stdout));
    expect(await readFile(join(host.folder, 'bundle/host.js'), 'utf8')).not.toContain('class LoginInput');
  }, 120_000);
});

describe('the server in an empty folder', () => {
  const host = useHost(() => [tarballs.pathOf[SERVER], tarballs.pathOf[LIBRARY]]);

  test('starts by its name and serves on SQLite', async () => {
    const port = await freePort();
    const env = { PATH: process.env['PATH'], PORT: String(port), HOST: '127.0.0.1' };
    const bin = join(host.folder, 'node_modules/.bin', SERVER);
    const program = spawn(process.execPath, [bin], { cwd: host.folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      for await (const line of createInterface(program.stdout)) if (line.includes(`:${port}`)) break;
      const client = new GraphQLClient(`http://127.0.0.1:${port}`);
      const { accessToken, user } = await client.register();
      expect((await client.me(accessToken)).data?.['me']).toMatchObject({ id: user.id });
    } finally {
      program.kill();
    }
  }, 60_000);

  /** Runs a program in production, from the keys to a user's first requests, and says what it answered. */
  async function runInProduction(main: string, databaseUrl: string): Promise<unknown> {
    const port = await freePort();
    const env = {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      PORT: String(port),
      AUTH_ISSUER: 'https://auth.example.com',
      AUTH_REGISTRATION: 'open',
      AUTH_KEYS_FILE: './keys.json',
      DATABASE_URL: databaseUrl,
    };
    const options = { cwd: host.folder, env };
    const command = async (...args: readonly string[]) =>
      (await run(process.execPath, [main, ...args], options)).stdout;
    await rm(join(host.folder, 'keys.json'), { force: true });
    await command('keys:generate', 'keys.json');
    const migrated = await command('migrate', '--create');
    const creating = `echo '${PASSWORD}' | "${process.execPath}" "${main}" user:create --email ${EMAIL}`;
    const { stdout: created } = await run('sh', ['-c', creating], options);
    const examined = await command('doctor');
    const schema = await command('schema');
    const program = spawn(process.execPath, [main], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      for await (const line of createInterface(program.stdout)) if (line.includes('(production, ')) break;
      const client = new GraphQLClient(`http://127.0.0.1:${port}`);
      const { refreshToken } = await client.login();
      const { accessToken } = await client.refresh(refreshToken);
      const { me } = (await client.me(accessToken)).data ?? {};
      // The list of common passwords is loaded when it is first needed.
      const { errors } = await client.tryRegister('grace@example.com', 'Password123');
      return { migrated, created, examined, schema, me, refused: errors[0]?.extensions.fields };
    } finally {
      program.kill();
      await once(program, 'exit');
    }
  }

  const FIRST_ANSWERS = {
    migrated: expect.stringMatching(/^Applied Migration/),
    created: expect.stringMatching(/^Created the user /),
    examined: expect.stringContaining('every migration is applied'),
    schema: readFileSync(join(ROOT, 'schema.graphql'), 'utf8'),
    me: expect.objectContaining({ email: EMAIL }),
    refused: [{ path: 'input.password', reason: 'PASSWORD_COMMON' }],
  };

  test('runs in production with nothing but its dependencies, from the keys to the first requests', async () => {
    const main = join(host.folder, 'node_modules/.bin', SERVER);
    expect(await runInProduction(main, 'sqlite:./auth.db')).toEqual(FIRST_ANSWERS);
  }, 60_000);

  describe('as the bundle of docs/deploying.md', () => {
    let bundle = '';
    beforeAll(() => {
      bundle = bundleServer(join('node_modules', SERVER, 'dist/main.js'), host.folder);
    }, 60_000);

    test('runs on SQLite', async () => {
      expect(await runInProduction(bundle, 'sqlite:./bundled.db')).toEqual(FIRST_ANSWERS);
    }, 60_000);

    test('runs on PostgreSQL', async () => {
      const { url, remove } = await freshPostgres();
      try {
        expect(await runInProduction(bundle, url)).toEqual(FIRST_ANSWERS);
      } finally {
        await remove();
      }
    }, 60_000);
  });

  test('brings one copy of the library', async () => {
    const lock = await readFile(join(host.folder, 'package-lock.json'), 'utf8');
    expect(lock.match(/"(?:[^"]*\/)?node_modules\/graphql-simplejwt"/g)).toHaveLength(1);
  });
});

describe('the client kit in an empty folder', () => {
  const host = useHost(() => [tarballs.pathOf[CLIENT], ...CLIENT_PEERS, ...COMPILERS], { 'app.ts': CLIENT_APP });

  test.each(['ts-5', 'ts-7'])(
    'compiles under %s with every resolution',
    async (compiler) => {
      for (const [module, moduleResolution] of [
        ['node16', 'node16'],
        ['nodenext', 'nodenext'],
        ['esnext', 'bundler'],
      ]) {
        const compilerOptions = {
          ...TSCONFIG,
          lib: ['es2024', 'dom', 'dom.iterable', 'dom.asynciterable'],
          types: [],
          module,
          moduleResolution,
        };
        await writeFile(join(host.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['app.ts'] }));
        const tsc = join(host.folder, 'node_modules', compiler, 'bin/tsc');
        const { stdout } = await run(process.execPath, [tsc], { cwd: host.folder }).catch((error: unknown) => {
          return error as { stdout: string };
        });
        // The typings of @wry/caches, which Apollo Client brings, do not compile under node16.
        const reports = stdout.split('\n').filter((line) => line !== '' && !line.includes('/@wry/caches/'));
        expect(reports).toEqual([]);
      }
    },
    120_000,
  );

  test('works with graphql 17, through Apollo Client and urql', async () => {
    const peers = CLIENT_PEERS.filter((name) => !name.startsWith('graphql@'));
    const newest = await install([tarballs.pathOf[CLIENT], ...peers, 'graphql@17.1.0']);
    const server = await startTestAuth();
    const app = `
      import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
      import { createClient, fetchExchange } from '@urql/core';
      import { authExchange } from '@urql/exchange-auth';
      import { version } from 'graphql';
      import { createAuthClient } from 'graphql-simplejwt-client';
      import { createAuthLink } from 'graphql-simplejwt-client/apollo';
      import { createUrqlAuth } from 'graphql-simplejwt-client/urql';
      const url = '${server.url}/graphql';
      const auth = createAuthClient({ url });
      await auth.register({ email: '${EMAIL}', password: '${PASSWORD}' });
      await auth.refresh();
      const link = createAuthLink(auth).concat(new HttpLink({ uri: url }));
      const apollo = new ApolloClient({ cache: new InMemoryCache(), link });
      const urql = createClient({ url, preferGetMethod: false, exchanges: [authExchange(createUrqlAuth(auth)), fetchExchange] });
      const one = await apollo.query({ query: gql\`{ me { email } }\` });
      const other = await urql.query('{ me { email } }', {}).toPromise();
      await auth.logout();
      auth.close();
      console.log(JSON.stringify([version, one.data.me.email, other.data.me.email]));
      process.exit(0);
    `;
    try {
      await writeFile(join(newest.folder, 'app.mjs'), app);
      const { stdout } = await run(process.execPath, ['app.mjs'], { cwd: newest.folder });
      expect(JSON.parse(stdout)).toEqual(['17.1.0', EMAIL, EMAIL]);
    } finally {
      await server.stop();
      await newest.remove();
    }
  }, 120_000);

  test('brings nothing', async () => {
    const bare = await install([tarballs.pathOf[CLIENT]]);
    try {
      expect(await installedIn(bare.folder)).toEqual([CLIENT]);
    } finally {
      await bare.remove();
    }
  }, 60_000);
});
