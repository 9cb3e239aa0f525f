import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authEntities, generateKeys } from '../src/index.ts';
import { migrate, openDatabase } from '../server/src/database/open-database.ts';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';
import { freshPostgres, runSql } from './support/databases.ts';

let program: BuiltProgram;
let folder: string;
let healthy: Record<string, string>;

let migrated: string;

beforeAll(async () => {
  program = buildProgram();
  migrated = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-doctor-'));
  const orm = await openDatabase(`sqlite:${join(migrated, 'auth.db')}`, authEntities);
  await migrate(orm);
  await orm.close();
}, 60_000);
afterAll(() => {
  program.remove();
  rmSync(migrated, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-doctor-'));
  const keysFile = join(folder, 'keys.json');
  writeFileSync(keysFile, JSON.stringify(generateKeys()), { mode: 0o600 });
  healthy = {
    NODE_ENV: 'production',
    AUTH_ISSUER: 'https://api.example.com',
    AUTH_REGISTRATION: 'closed',
    AUTH_KEYS_FILE: keysFile,
    AUTH_TRUSTED_PROXIES: '127.0.0.1',
    DATABASE_URL: `sqlite:${join(folder, 'auth.db')}`,
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly faults: string;
}

async function run(command: readonly string[], environment: Record<string, string>): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...environment };
    execFile(process.execPath, [program.main, ...command], { env, cwd: folder }, (error, output, faults) => {
      resolve({ code: error === null ? 0 : Number(error.code), output, faults });
    });
  });
}

/** The doctor's report on a server that is healthy except for these changes. */
async function examine(changes: Record<string, string> = {}, args: readonly string[] = []): Promise<Outcome> {
  cpSync(migrated, folder, { recursive: true });
  return run(['doctor', ...args], { ...healthy, ...changes });
}

/** The set-ups of a report, as `relation delivery outcome`. */
function setupsOf(output: string): string[] {
  return [...output.matchAll(/^(same-origin|sub-domain|cross-site) +(\w+) +(works in part|works|breaks|off)/gm)].map(
    ([, relation, delivery, outcome]) => `${relation} ${delivery} ${outcome}`,
  );
}

test('a healthy server gets no fault and no warning, and every intended set-up works', async () => {
  const { code, output, faults } = await examine({ AUTH_ALLOWED_ORIGINS: 'https://app.example.com' });

  expect(faults).toBe('');
  expect(code).toBe(0);
  expect(setupsOf(output)).toEqual([
    'same-origin BODY works',
    'same-origin COOKIES works',
    'same-origin REFRESH_COOKIE works',
    'sub-domain BODY works',
    'sub-domain COOKIES works',
    'sub-domain REFRESH_COOKIE works',
    'cross-site BODY off',
    'cross-site COOKIES off',
    'cross-site REFRESH_COOKIE off',
  ]);
  expect(output).toContain('keys: access HS256 of 256 bits, refresh HS256 of 256 bits');
  expect(output).not.toMatch(/^(warning|FAULT)/m);
  expect(output).toContain('No problems found.');
});

test.each([
  ['Lax', 'https://app.example.org', ['works', 'breaks', 'breaks'], 1],
  ['Strict', 'https://app.example.org', ['works', 'breaks', 'breaks'], 1],
  ['None', 'https://app.example.org', ['works', 'works in part', 'works in part'], 0],
  ['Lax', 'http://api.example.com', ['works', 'breaks', 'breaks'], 1],
] as const)(
  'the report with SameSite=%s on the cross-site page %s is %j, with exit code %i',
  async (sameSite, origin, outcomes, code) => {
    const result = await examine({ AUTH_COOKIE_SAME_SITE: sameSite, AUTH_ALLOWED_ORIGINS: origin });

    const [body, both, refreshOnly] = outcomes;
    expect(setupsOf(result.output).filter((line) => line.startsWith('cross-site'))).toEqual([
      `cross-site BODY ${body}`,
      `cross-site COOKIES ${both}`,
      `cross-site REFRESH_COOKIE ${refreshOnly}`,
    ]);
    expect(result.code).toBe(code);
  },
);

test.each([
  ['https://a.co.uk', ['https://b.co.uk', 'cross-site'], ['https://app.a.co.uk', 'sub-domain']],
  ['https://a.vercel.app', ['https://b.vercel.app', 'cross-site'], ['https://x.a.vercel.app', 'sub-domain']],
  ['http://localhost:4000', ['http://127.0.0.1:5173', 'cross-site'], ['http://localhost:5173', 'sub-domain']],
  ['http://app.localhost:4000', ['http://evil.localhost:4000', 'cross-site'], ['http://w.app.localhost', 'sub-domain']],
])('the server %s classifies its pages as %j and %j', async (url, ...pages) => {
  const allowed = pages.map(([origin]) => origin).join(',');
  const { output } = await examine({ AUTH_ALLOWED_ORIGINS: allowed }, ['--url', url]);

  for (const [origin, relation] of pages)
    expect(output).toMatch(new RegExp(`^${relation} +BODY +works, from ${origin}$`, 'm'));
});

test('cookies break over http beyond this machine, which is a fault if nothing else is allowed', async () => {
  const args = ['--url', 'http://192.168.1.5:4000'];

  const open = await examine({}, args);
  expect(setupsOf(open.output).slice(0, 3)).toEqual([
    'same-origin BODY works',
    'same-origin COOKIES breaks',
    'same-origin REFRESH_COOKIE breaks',
  ]);
  expect(open.output).toMatch(/^warning tls: /m);
  expect(open.code).toBe(0);

  const cookiesOnly = await examine({ AUTH_TOKEN_DELIVERY: 'COOKIES' }, args);
  expect(setupsOf(cookiesOnly.output)[0]).toBe('same-origin BODY off');
  expect(cookiesOnly.code).toBe(1);
});

test('SameSite=None over http is a fault', async () => {
  const { code, output } = await examine({ AUTH_COOKIE_SAME_SITE: 'None' }, ['--url', 'http://api.example.com']);

  expect(output).toMatch(/^FAULT +cookies: SameSite=None needs Secure/m);
  expect(code).toBe(1);
});

test('a setting that is unwise but breaks nothing is a warning', async () => {
  const first = await examine({ AUTH_TRUSTED_PROXIES: '', AUTH_EXPLORER: 'true', AUTH_COOKIE_SAME_SITE: 'None' });
  expect(first.output).toContain('warning proxies: TLS ends in front');
  expect(first.output).toContain('warning production: AUTH_EXPLORER is on');
  expect(first.output).toContain('warning cookies: AUTH_COOKIE_SAME_SITE=None weakens the cookies');
  expect(first.code).toBe(0);

  const second = await examine({ NODE_ENV: 'development', AUTH_TRUSTED_PROXIES: '0.0.0.0/0' });
  expect(second.output).toContain('warning proxies: AUTH_TRUSTED_PROXIES trusts every client');
  expect(second.output).toContain('warning production: NODE_ENV is not production');
  expect(second.code).toBe(0);
});

test('a key ring that others can read is a warning', async () => {
  chmodSync(String(healthy['AUTH_KEYS_FILE']), 0o644);

  expect((await examine()).output).toMatch(/^warning keys: .*\(mode 644\): chmod 600$/m);
});

test('weak or missing keys are a fault', async () => {
  const keys = generateKeys().keys.map((key) => ({ ...key, k: Buffer.from('secret').toString('base64url') }));
  writeFileSync(String(healthy['AUTH_KEYS_FILE']), JSON.stringify({ keys }));
  const weak = await examine();
  expect(weak.output).toMatch(/^FAULT +keys: /m);
  expect(weak.output).not.toContain(Buffer.from('secret').toString('base64url'));
  expect(weak.code).toBe(1);

  rmSync(String(healthy['AUTH_KEYS_FILE']));
  const missing = await examine();
  expect(missing.output).toMatch(/^FAULT +keys: .* does not exist/m);
  expect(missing.code).toBe(1);
});

test('an unreachable database is a fault, and its password is not shown', async () => {
  const { code, output, faults } = await examine({ DATABASE_URL: 'postgresql://ada:sesame@127.0.0.1:1/auth' });

  expect(output).toMatch(/^FAULT +database: DATABASE_URL: connect ECONNREFUSED 127\.0\.0\.1:1$/m);
  expect(output + faults).not.toContain('sesame');
  expect(code).toBe(1);
});

test("the database's clock is compared with this machine's", async () => {
  const { url, remove } = await freshPostgres();
  try {
    expect((await run(['migrate'], { ...healthy, DATABASE_URL: url })).code).toBe(0);
    const good = await examine({ DATABASE_URL: url });
    expect(good.output).toMatch(/^ok +clock: the clocks of this machine and the database differ by 0\.0 s$/m);
    expect(good.code).toBe(0);

    await runSql(url, 'create schema fast');
    await runSql(
      url,
      "create function fast.clock_timestamp() returns timestamptz language sql as $$ select pg_catalog.now() + interval '1 minute' $$",
    );
    const name = new URL(url).pathname.slice(1);
    await runSql(url, `alter database ${name} set search_path = fast, pg_catalog, public`);
    const late = await examine({ DATABASE_URL: url });
    expect(late.output).toMatch(
      /^warning clock: the clocks of this machine and the database differ by (59|60)\.\d s, but AUTH_LEEWAY is 5 s/m,
    );
  } finally {
    await remove();
  }
});

test('missing keys or a missing database are a fault in production; in development the first start makes them, not the doctor', async () => {
  const inProduction = await run(['doctor'], healthy);
  expect(inProduction.output).toMatch(/^FAULT +database: it does not exist yet$/m);
  expect(inProduction.code).toBe(1);

  const keysFile = join(folder, 'others.json');
  const inDevelopment = await run(['doctor'], {
    DATABASE_URL: String(healthy['DATABASE_URL']),
    AUTH_KEYS_FILE: keysFile,
  });
  expect(inDevelopment.output).toContain('note    keys:');
  expect(inDevelopment.code).toBe(0);
  expect([keysFile, join(folder, 'auth.db')].filter((path) => existsSync(path))).toEqual([]);
});

test('an invalid address and an unknown argument are reported', async () => {
  for (const [args, word] of [
    [['--url', 'api.example.com'], '--url: must be an address'],
    [['--address', 'x'], 'usage: doctor'],
  ] as const) {
    const { code, faults } = await examine({}, args);
    expect(faults).toContain(word);
    expect(code).toBe(1);
  }
});

test.each([
  ['graphql', '17.1.0', '^16.12.0'],
  ['type-graphql', '1.1.1', '2.0.0-rc.4'],
  ['@mikro-orm/core', '6.6.0', '~7.2.1'],
])('a wrong version of %s in the folder is a fault', async (name, version, range) => {
  const home = join(folder, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version }));
  const { code, output } = await examine();
  expect(code).toBe(1);
  expect(output).toContain(`FAULT   packages: ${name} ${version} is installed, and graphql-simplejwt needs ${range}`);
});

test('a version that fits is none, nor is a package that is not there', async () => {
  const home = join(folder, 'node_modules/graphql');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'graphql', version: '16.15.0' }));
  expect((await examine()).output).not.toContain('packages:');
});
