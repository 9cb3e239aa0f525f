import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, parse, validate } from 'graphql';
import { ErrorCode, ForbiddenReason, InputRefusalReason, TokenRefusalReason } from '../src/index.ts';
import { compile, HOST_OPTIONS, type SourceText } from './support/compile.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENTS = [
  ...filesOf('.', '.md', false),
  ...(existsSync(join(ROOT, 'docs')) ? filesOf('docs', '.md', true) : []),
  'client/README.md',
];
const SOURCES = filesOf('src', '.ts', true);
const CLIENT_DOCUMENTS = ['client/README.md', 'docs/clients.md'];
const CLIENT_SOURCES = filesOf('client/src', '.ts', true);
// The test in CONTRIBUTING.md imports its support as if it were in tests/.
const SERVER_OPTIONS = { ...HOST_OPTIONS, rootDirs: ['.', '../../tests'] };
const CLIENT_OPTIONS = {
  lib: ['es2024', 'dom', 'dom.iterable'],
  types: [],
  paths: {
    'graphql-simplejwt-client': ['../../client/src/index.ts'],
    'graphql-simplejwt-client/*': ['../../client/src/*.ts'],
  },
  rootDir: '../..',
};

const run = promisify(execFile);

test('every block of TypeScript compiles', async () => {
  const documents = DOCUMENTS.filter((path) => !CLIENT_DOCUMENTS.includes(path));
  const blocks = [...documents.flatMap((path) => blocksOf(path, 'ts')), ...SOURCES.flatMap(examplesOf)];
  expect(blocks.length).toBeGreaterThan(5);

  expect(await compile(blocks, SERVER_OPTIONS)).toBe('');
}, 60_000);

test('every block of TypeScript about the client kit compiles', async () => {
  const blocks = [...CLIENT_DOCUMENTS.flatMap((path) => blocksOf(path, 'ts')), ...CLIENT_SOURCES.flatMap(examplesOf)];
  expect(blocks.length).toBeGreaterThan(5);

  expect(await compile(blocks, CLIENT_OPTIONS)).toBe('');
}, 60_000);

test('a block of TypeScript that does not compile is reported', async () => {
  const wrong = { place: 'wrong.md:1', text: "import { createAuth } from 'graphql-simplejwt';\nawait createAuth({});" };

  expect(await compile([wrong], SERVER_OPTIONS)).toContain('wrong.md-1.ts');
}, 60_000);

test('every long test and every bench has its section', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const longOnes = Object.keys(scripts).filter((name) => /^(?:test|bench):/.test(name));
  const sections = [...read('docs/reliability.md').matchAll(/^### `npm run (\S+)`$/gm)].map(([, name]) => name);
  const peers = read('docs/performance.md').includes('`npm run bench:peers`') ? ['bench:peers'] : [];

  expect([...sections, ...peers].toSorted()).toEqual(longOnes.toSorted());
});

test('every block of GraphQL is valid against schema.graphql', () => {
  const schema = buildSchema(read('schema.graphql'));
  const blocks = DOCUMENTS.flatMap((path) => blocksOf(path, 'graphql'));
  expect(blocks.length).toBeGreaterThan(0);

  const faults = blocks.flatMap(({ place, text }) =>
    validate(schema, parse(text)).map(({ message }) => `${place}: ${message}`),
  );
  expect(faults).toEqual([]);
});

test('every relative link points to an existing file and heading', () => {
  const faults = DOCUMENTS.flatMap((path) =>
    linksOf(path)
      .filter((link) => {
        const [file = '', heading] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        if (!existsSync(join(ROOT, target))) return true;
        return heading !== undefined && !headingsOf(target).includes(heading);
      })
      .map((link) => `${path}: ${link}`),
  );
  expect(faults).toEqual([]);
});

test('every file that the docs name exists', () => {
  const faults = DOCUMENTS.flatMap((path) =>
    [...read(path).matchAll(/`((?:src|tests|docs|examples|bench|client)\/[\w./-]+)`/g)]
      .map(([, name = '']) => name)
      // A build may be under way.
      .filter((name) => !name.endsWith('/dist') && !existsSync(join(ROOT, name)))
      .map((name) => `${path}: ${name}`),
  );
  expect(faults).toEqual([]);
});

test('every npm script is explained in CONTRIBUTING.md, and every script that the docs name exists', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);
  const explained = [...read('CONTRIBUTING.md').matchAll(/^\| `npm (?:run )?([\w:-]+)`/gm)].map(([, name]) => name);
  expect(new Set(explained)).toEqual(new Set(scripts));

  const named = DOCUMENTS.flatMap((path) => [...read(path).matchAll(/`npm run ([\w:-]+)/g)].map(([, name]) => name));
  expect(named.filter((name) => !scripts.includes(String(name)))).toEqual([]);
});

test('README.md has at most 150 lines', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
});

test('every code and every reason has a row in docs/errors.md', () => {
  const rows = firstCellsOf('docs/errors.md');
  const constants = [ErrorCode, TokenRefusalReason, ForbiddenReason, InputRefusalReason].flatMap(Object.keys);
  expect(constants.filter((name) => !rows.includes(name))).toEqual([]);
});

test('each of the 36 settings of simplejwt has one row in docs/from-simplejwt.md', () => {
  const rows = firstCellsOf('docs/from-simplejwt.md').filter((cell) => /^[A-Z]+(_[A-Z]+)*$/.test(cell));
  expect(rows).toHaveLength(36);
  expect(new Set(rows).size).toBe(36);
});

describe('against a server', () => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth();
  });
  afterAll(() => server.stop());

  test('docs/errors.md lists how requests are refused before GraphQL runs', async () => {
    const json = { 'content-type': 'application/json' };
    const refusals: readonly [path: string, init: RequestInit][] = [
      ['/graphql', { method: 'POST', headers: json, body: '{' }],
      ['/graphql', { method: 'POST', headers: json, body: '{"query":"{"}' }],
      ['/graphql', { method: 'POST', headers: json, body: '{"query":"{ nothing }"}' }],
      ['/graphql', { method: 'POST', headers: json, body: '{"query":"query A { me { id } }","operationName":"B"}' }],
      ['/graphql', { method: 'POST', headers: { 'content-type': 'text/html' }, body: '{}' }],
      ['/graphql', { method: 'POST', headers: json, body: JSON.stringify({ query: ' '.repeat(100_000) }) }],
      ['/graphql', { method: 'POST', headers: { ...json, accept: 'text/plain' }, body: '{"query":"{ me { id } }"}' }],
      ['/graphql', { method: 'DELETE' }],
      ['/graphql?query=mutation%7Blogout%7BendedSessions%7D%7D', { headers: { 'apollo-require-preflight': 'yes' } }],
      ['/graphql?query=%7Bme%7Bid%7D%7D', {}],
      ['/nothing', {}],
    ];
    const lines = read('docs/errors.md').split('\n');
    for (const [path, init] of refusals) {
      const { status, errors } = await server.client.send(init, path);
      const row = new RegExp(`^\\| \`${errors[0]?.extensions.code}\` +\\| ${status} `);
      expect(lines.some((line) => row.test(line)) ? '' : `${status} ${errors[0]?.extensions.code}`).toBe('');
    }
  });

  (isCurlThere() ? test : test.skip)('the queries of README.md get the answers that it shows', async () => {
    const answers: Record<string, unknown>[] = [];
    let shell = '';
    for (const { text } of blocksOf('README.md', 'sh')) {
      const script = text.replaceAll('http://127.0.0.1:4000', server.url);
      if (/^\w+='<\w+>'$/m.test(script)) shell += `${fillIn(script, answers.at(-1))}\n`;
      if (!script.includes('curl ')) continue;
      const { stdout } = await run('sh', ['-ec', shell + script]);
      answers.push(JSON.parse(stdout) as Record<string, unknown>);
    }
    const [registered, whoAmI, refreshed, loggedOut] = answers;
    expect(registered).toEqual({ data: { register: anyPair() } });
    expect(whoAmI).toEqual({
      data: {
        me: { email: 'ada@example.com', roles: [] },
        sessions: [{ id: expect.any(String), userAgent: expect.stringContaining('curl'), isCurrent: true }],
      },
    });
    expect(refreshed).toEqual({ data: { refreshToken: anyPair() } });
    expect(loggedOut).toEqual({ data: { logout: { endedSessions: 1 } } });
    expect(answers).toHaveLength(4);
  });
});

function anyPair() {
  return { accessToken: expect.any(String), refreshToken: expect.any(String) };
}

/** Replaces `<accessToken>` and `<refreshToken>` with the tokens of the last answer. */
function fillIn(script: string, answer: Record<string, unknown> | undefined): string {
  const [pair] = Object.values(answer?.['data'] ?? {}) as Record<string, string>[];
  return script.replaceAll(/<(\w+)>/g, (_placeholder, name: string) => pair?.[name] ?? '');
}

function isCurlThere(): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'curl')));
}

function filesOf(folder: string, suffix: string, isDeep: boolean): string[] {
  return readdirSync(join(ROOT, folder), { recursive: isDeep, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

function blocksOf(path: string, language: string): SourceText[] {
  const text = read(path);
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    text: match[1] ?? '',
  }));
}

/** The examples in the comments of the library. */
function examplesOf(path: string): SourceText[] {
  const text = read(path);
  return [...text.matchAll(/^ \* ```ts\n(.*?)^ \* ```$/gms)].map((match) => ({
    place: `${path}:${text.slice(0, match.index).split('\n').length}`,
    text: (match[1] ?? '').replaceAll(/^ \* ?/gm, ''),
  }));
}

function proseOf(path: string): string {
  return read(path).replaceAll(/^```.*?^```$/gms, '');
}

function linksOf(path: string): string[] {
  return [...proseOf(path).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}

/** The anchors that GitHub makes of the headings. */
function headingsOf(path: string): string[] {
  return [...proseOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function firstCellsOf(path: string): string[] {
  return [...read(path).matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
}
