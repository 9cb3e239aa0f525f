import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { databaseExists } from '../server/src/database/open-database.ts';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';
import { freshPostgres, onEachDatabase, runSql } from './support/databases.ts';
import { EMAIL, GraphQLClient, PASSWORD } from './support/graphql-client.ts';
import { runMail, tryMail } from './support/mail-operations.ts';
import { openSmtpInbox, type SmtpInbox } from './support/smtp-inbox.ts';
import { accessOf } from './support/outcomes.ts';
import { codeIn } from './support/mailbox.ts';
import { waitUntil } from './support/wait-until.ts';

/** In milliseconds. A start takes less than one second when nothing else runs. */
const PATIENCE = 40_000;
jest.setTimeout(2 * PATIENCE);

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly faults: string;
}

/** A run of the program. */
class Run {
  output = '';
  faults = '';
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], folder: string, variables: Record<string, string>) {
    this.#child = spawn(process.execPath, [program.main, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'], PORT: '0', AUTH_BCRYPT_COST: '10', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    this.#child.stderr?.on('data', (chunk) => (this.faults += String(chunk)));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code) => resolve({ code, output: this.output, faults: this.faults }));
    });
  }

  /** Waits until the program says where it serves. */
  async url(): Promise<string> {
    const found = () => /serving (http:\/\/\S+)\/graphql/.exec(this.output)?.[1];
    await waitUntil(() => found() !== undefined || this.#child.exitCode !== null, PATIENCE);
    const url = found();
    if (url === undefined) throw new Error(`It did not start: ${this.faults}`);
    return url;
  }

  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGUSR2'): void {
    this.#child.kill(name);
  }
}

let program: BuiltProgram;
beforeAll(() => {
  program = buildProgram();
});
afterAll(() => program.remove());

let folder: string;
const runs: Run[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-program-'));
});
afterEach(async () => {
  for (const started of runs.splice(0)) {
    started.signal('SIGKILL');
    await started.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

function run(args: readonly string[] = [], variables: Record<string, string> = {}): Run {
  const started = new Run(args, folder, variables);
  runs.push(started);
  return started;
}

async function stop(started: Run, signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Ended> {
  started.signal(signal);
  return started.ended;
}

/** Makes a program say at its end which packages it has loaded. */
const LISTS_PACKAGES = `
  import { writeSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      packages.add(/.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]);
      return next(url, context);
    },
  });
  process.once('exit', () => writeSync(2, [...packages].join(' ')));
`;

const clientOf = async (started: Run) => new GraphQLClient(await started.url());

/** The variables that production needs, with a database and a key ring in the folder of the test. */
const production = () => ({
  NODE_ENV: 'production',
  AUTH_ISSUER: 'https://auth.example.com',
  AUTH_REGISTRATION: 'open',
  AUTH_KEYS_FILE: join(folder, 'data/keys.json'),
  DATABASE_URL: `sqlite:${join(folder, 'data/auth.db')}`,
});

describe('in development', () => {
  test('the first start makes a database and a key ring that only its owner can read, and says what to try', async () => {
    const started = run();
    const url = await started.url();
    expect(readdirSync(folder)).toEqual(['data']);
    expect(statSync(join(folder, 'data/keys.json')).mode & 0o777).toBe(0o600);
    expect(existsSync(join(folder, 'data/auth.db'))).toBe(true);
    await waitUntil(() => started.output.includes(`Open ${url}/graphql in a browser`));

    const client = new GraphQLClient(url);
    expect(accessOf(await client.me((await client.register()).accessToken))).toBe('good');
    const page = await client.send({ headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(await stop(started, 'SIGINT')).toMatchObject({ code: 0, faults: '' });
  });

  test('the second start keeps users, sessions and keys', async () => {
    const first = run();
    const here = await clientOf(first);
    const pair = await here.register();
    const loggedOut = await here.login();
    await here.logout(loggedOut.accessToken);
    const keys = readFileSync(join(folder, 'data/keys.json'), 'utf8');
    await stop(first);

    const second = run();
    const there = await clientOf(second);
    expect(readFileSync(join(folder, 'data/keys.json'), 'utf8')).toBe(keys);
    expect(accessOf(await there.me(pair.accessToken))).toBe('good');
    expect(accessOf(await there.me(loggedOut.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    await there.refresh(pair.refreshToken);
    await there.login(EMAIL, PASSWORD);
    expect((await stop(second)).faults).toBe('');
  });

  test('the limits of documents come from the environment', async () => {
    const client = await clientOf(run([], { AUTH_MAX_ALIASES: '1', AUTH_MAX_TOKENS: '12' }));
    const refusals = [
      await client.run('{ a: __typename b: __typename }'),
      await client.run(`{ ${'__typename '.repeat(12)} }`),
    ].map(({ errors }) => errors[0]?.message);
    expect(refusals).toEqual(['The document has more than 1 aliases.', 'The document has more than 12 tokens.']);
    expect((await client.run('{ a: __typename }')).errors).toEqual([]);
  });

  test('processes that start at the same time share one key ring and one database', async () => {
    const started = [run(), run(), run()];
    const [first, ...others] = await Promise.all(started.map(clientOf));
    const { accessToken } = await first!.register();
    for (const client of others) expect(accessOf(await client.me(accessToken))).toBe('good');
    expect(readdirSync(join(folder, 'data')).filter((name) => name.startsWith('keys'))).toEqual(['keys.json']);
  });

  test('SIGTERM ends the program cleanly, even while clients are connected, one of which never ends its request', async () => {
    const started = run();
    const { port, hostname } = new URL(await started.url());
    const idle = connect(Number(port), hostname);
    const endless = connect(Number(port), hostname).on('error', () => undefined);
    await Promise.all([idle, endless].map((socket) => once(socket, 'connect')));
    endless.write('POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n');
    await (await clientOf(started)).register();

    const asked = performance.now();
    expect(await stop(started)).toMatchObject({ code: 0, faults: '' });
    // Containers are killed ten seconds after they are asked to stop.
    expect(performance.now() - asked).toBeLessThan(9_500);
    idle.destroy();
    expect(existsSync(join(folder, 'data/auth.db-wal'))).toBe(false);
  });

  test('mails are files of a folder, and the program says so', async () => {
    const started = run();
    const client = await clientOf(started);
    expect(started.output).toContain('Mails are written to ./data/mail.');
    await client.register();
    const { data } = await client.run(`mutation { requestPasswordReset(input: { email: "${EMAIL}" }) { requestId } }`);
    const { requestId } = data.requestPasswordReset;
    await waitUntil(() => started.output.includes(`A mail for ${EMAIL} is in data/mail/${requestId}.eml`));
    const { digits } = codeIn(readFileSync(join(folder, `data/mail/${requestId}.eml`), 'utf8').replace(/=\r?\n/g, ''));
    const reset = await client.run(
      'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { user { email } } }',
      { input: { code: digits, requestId, newPassword: 'another horse entirely' } },
    );
    expect(reset.data.resetPassword.user.email).toBe(EMAIL);
    expect((await stop(started)).faults).toBe('');
  });

  test('mails that cannot be sent are listed with the reason, and every other one is not', async () => {
    const variables = { AUTH_SMTP_URL: 'smtp://127.0.0.1:1', AUTH_MAIL_FROM: 'auth@example.com' };
    const started = run([], variables);
    const client = await clientOf(started);
    expect((await run(['mail:failures'], variables).ended).output).toBe('Every mail could be sent.\n');
    await client.register();
    const { data } = await client.run(`mutation { requestPasswordReset(input: { email: "${EMAIL}" }) { requestId } }`);
    await waitUntil(() => started.faults.includes('was not sent at attempt 1'));
    expect(started.faults).not.toContain(EMAIL);
    await stop(started);
    const { output } = await run(['mail:failures'], variables).ended;
    expect(output).toContain(`${data.requestPasswordReset.requestId}  PASSWORD_RESET  to ${EMAIL}  1 attempts`);
    expect(output).toContain('ECONNREFUSED');
    expect(output).toContain('1 mails could not be sent yet.');
  });

  test.each([
    ['before its mail server has got it', false],
    ['after its mail server has got it, and before that is recorded', true],
  ])('a mail survives a process that is killed %s', async (_when, isReceived) => {
    let isAsked = false;
    const slow = isReceived
      ? await openSmtpInbox({}, 0, () => undefined)
      : await openSmtpInbox({ onRcptTo: () => void (isAsked = true) });
    const swift = await openSmtpInbox();
    const mailingTo = ({ port }: SmtpInbox) => ({
      AUTH_SMTP_URL: `smtp://127.0.0.1:${port}`,
      AUTH_MAIL_FROM: 'auth@example.com',
    });
    const killed = run([], mailingTo(slow));
    const first = await clientOf(killed);
    await first.register();
    const { requestId } = await runMail(first, 'requestPasswordReset', { email: EMAIL });
    await waitUntil(() => isAsked || slow.received.length === 1);
    killed.signal('SIGKILL');
    await killed.ended;

    // The time for which no other process touches the mail is over.
    await runSql(`sqlite:${join(folder, 'data/auth.db')}`, 'update simplejwt_mail set next_attempt_at = 0');
    const restarted = run([], mailingTo(swift));
    const second = await clientOf(restarted);
    await waitUntil(() => swift.received.length === 1);

    const { digits, token } = codeIn(swift.received[0]?.text ?? '');
    for (const { text, source } of slow.received) {
      expect(codeIn(text)).toMatchObject({ digits, token });
      expect(source).toContain(`Message-ID: <${requestId}@example.com>`);
    }
    const reset = { requestId, newPassword: 'another horse entirely' };
    await runMail(second, 'resetPassword', { ...reset, code: digits });
    const again = await tryMail(second, 'resetPassword', { ...reset, code: token });
    expect(again.errors[0]?.extensions.code).toBe('INVALID_CREDENTIALS');
    expect(swift.received).toHaveLength(1);
    await stop(restarted);
    await Promise.all([slow.close(), swift.close()]);
  });

  test.each([
    ['an exception', 'process.once("SIGUSR2", () => { throw new Error("a fault") })'],
    ['a rejection', 'process.once("SIGUSR2", () => { Promise.reject(new Error("a fault")) })'],
  ])(
    '%s that nobody has caught is logged, requests under way are answered, and the exit code is 1',
    async (_name, code) => {
      const started = run([], { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` });
      const client = await clientOf(started);
      const answers: number[] = [];
      // Once it has ended, no request arrives.
      for (let status = 200; status !== 0;) {
        answers.push(status);
        if (answers.length === 5) started.signal('SIGUSR2');
        status = await client.run('{ __typename }').then(
          (answer) => answer.status,
          () => 0,
        );
      }
      const { code: exitCode, faults } = await started.ended;
      expect([exitCode, new Set(answers)]).toEqual([1, new Set([200])]);
      expect(JSON.parse(faults.trim())).toMatchObject({ level: 60, fault: { name: 'Error', message: 'a fault' } });
    },
  );

  test('a signal in the moment at which the server says that it serves stops it in order', async () => {
    const code = `
      const write = process.stdout.write.bind(process.stdout);
      process.stdout.write = (text, ...rest) => {
        if (String(text).includes('is serving')) process.kill(process.pid, 'SIGTERM');
        return write(text, ...rest);
      };`;
    const started = run([], { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` });
    expect(await started.ended).toMatchObject({ code: 0, faults: '' });
  });

  test('a server that serves has given back the memory that only its start needed', async () => {
    const code = `
      import { getHeapSpaceStatistics } from 'node:v8';
      process.once('SIGUSR2', () => {
        const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
        console.error(young.space_size);
        process.kill(process.pid, 'SIGTERM');
      });`;
    const started = run([], { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(code)}` });
    await started.url();
    started.signal('SIGUSR2');
    const { faults } = await started.ended;
    // The start makes it 64 MB. Once this is given back, it grows to 8 MB until the server serves.
    expect(Number(faults)).toBeGreaterThan(0);
    expect(Number(faults)).toBeLessThanOrEqual(16 * 2 ** 20);
  });

  test('a start loads no package that only some requests, settings or other databases need', async () => {
    const preload = `--import=data:text/javascript,${encodeURIComponent(LISTS_PACKAGES)}`;
    const started = run([], { NODE_OPTIONS: preload });
    await started.url();
    const loaded = (await stop(started)).faults.split(' ');
    expect(loaded).toEqual(expect.arrayContaining(['fastify', '@mikro-orm/sqlite', 'better-sqlite3']));
    const avoided = /^(ajv|pg|pg-.*)$|-compiler$|postgresql|argon2|zxcvbn|graphiql/;
    expect(loaded.filter((name) => avoided.test(name))).toEqual([]);
  });

  test('a port that is taken stops the start in one line', async () => {
    const { port } = new URL(await run().url());
    const { code, output, faults } = await run([], { PORT: port }).ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(faults).toBe(`Cannot start:\n  - PORT: 127.0.0.1:${port} is taken\n`);
  });

  test.each([
    ['sqlite:./directory', /unable to open database file/],
    ['sqlite:./file', /file is not a database/],
    ['sqlite:./file/auth.db', /EEXIST: file already exists, mkdir '.\/file'/],
    // A name with an address of IPv6 and one of IPv4, where the machine has both.
    ['postgresql://ada:sesame@localhost:1/auth', /connect ECONNREFUSED \S+:1/],
  ])('the database %s stops the start in one line', async (DATABASE_URL, sentence) => {
    mkdirSync(join(folder, 'directory'));
    writeFileSync(join(folder, 'file'), 'this is no database');
    const { code, output, faults } = await run([], { DATABASE_URL }).ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(faults).toMatch(new RegExp(`^Cannot start:\\n  - DATABASE_URL: ${sentence.source}\\n$`));
  });

  test.each([['migrate'], ['user:create', '--email', EMAIL], ['mail:failures'], ['purge']])(
    'a database that cannot be reached stops `%s` in one line',
    async (...command) => {
      const { code, faults } = await run(command, { DATABASE_URL: 'postgresql://ada:sesame@127.0.0.1:1/auth' }).ended;
      expect({ code, faults }).toEqual({
        code: 1,
        faults: 'Cannot start:\n  - DATABASE_URL: connect ECONNREFUSED 127.0.0.1:1\n',
      });
    },
  );

  test('a user of PostgreSQL with a wrong password or without the right to make tables is told so in one line', async () => {
    const { url, remove } = await freshPostgres();
    try {
      await runSql(url, "drop role if exists visitor; create role visitor login password 'sesame'");
      const DATABASE_URL = new URL(url);
      DATABASE_URL.username = 'visitor';
      for (const [password, sentence] of [
        ['open', 'password authentication failed for user "visitor"'],
        ['sesame', 'permission denied for schema public'],
      ] as const) {
        DATABASE_URL.password = password;
        const { code, faults } = await run([], { DATABASE_URL: DATABASE_URL.href }).ended;
        expect({ code, faults }).toEqual({ code: 1, faults: `Cannot start:\n  - DATABASE_URL: ${sentence}\n` });
      }
    } finally {
      await remove();
    }
  });

  test('keys that cannot be written stop the start in one line', async () => {
    writeFileSync(join(folder, 'file'), '');
    const fault = 'Cannot start:\n  - AUTH_KEYS_FILE: ./file/keys.json cannot be written (EEXIST)\n';
    expect(await run([], { AUTH_KEYS_FILE: './file/keys.json' }).ended).toMatchObject({ code: 1, faults: fault });
    expect(await run(['keys:generate', './file/keys.json']).ended).toMatchObject({ code: 1, faults: fault });
  });

  test('an unknown command is answered with the existing ones', async () => {
    const { code, faults } = await run(['sing']).ended;
    expect(code).toBe(1);
    expect(faults).toMatch(/^There is no command "sing"\.\n\nUsage: /);
    expect(faults).toContain('migrate [--create]');
  });

  test.each(['--help', '-h', 'help'])('%s explains each command and exits with 0', async (word) => {
    const { code, output, faults } = await run([word]).ended;
    expect({ code, faults }).toEqual({ code: 0, faults: '' });
    for (const command of ['serve', 'migrate', 'user:create', 'keys:generate', 'doctor', 'purge', 'schema'])
      expect(output).toMatch(new RegExp(`^  ${command} .*[.]$`, 'm'));
    expect(readdirSync(folder)).toEqual([]);
  });

  test('`keys:generate` writes keys that only their owner can read, and never overwrites any', async () => {
    const file = join(folder, 'new/keys.json');
    expect((await run(['keys:generate', file]).ended).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const written = readFileSync(file, 'utf8');

    const again = await run(['keys:generate', file]).ended;
    expect(again).toMatchObject({ code: 1, faults: expect.stringContaining('exists already') });
    expect(readFileSync(file, 'utf8')).toBe(written);
    expect((await run(['keys:generate']).ended).faults).toContain('usage: keys:generate FILE');
  });

  test.each([0o606, 0o660, 0o622])('keys that others can write (mode %o) prevent the start', async (mode) => {
    const file = join(folder, 'keys.json');
    await run(['keys:generate', file]).ended;
    chmodSync(file, mode);
    const { code, faults } = await run([], { AUTH_KEYS_FILE: file }).ended;
    expect(code).toBe(1);
    expect(faults).toContain(`others can write ${file}`);
  });

  test('keys that others can read are reported at the start', async () => {
    const file = join(folder, 'keys.json');
    await run(['keys:generate', file]).ended;
    chmodSync(file, 0o640);
    const started = run([], { AUTH_KEYS_FILE: file });
    await started.url();
    await waitUntil(() => started.faults.includes(`others can read ${file}`));
    expect(await stop(started)).toMatchObject({ code: 0 });
  });

  test('the database can be read by its owner only, as can the files beside it', async () => {
    const started = run();
    await (await clientOf(started)).register();
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(folder, 'data')))
      expect({ name, mode: statSync(join(folder, 'data', name)).mode & 0o777 }).toEqual({ name, mode: 0o600 });
  });
});

describe('in production', () => {
  test('the program does not start without its settings, and makes nothing', async () => {
    const { code, output, faults } = await run([], { NODE_ENV: 'production' }).ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    for (const name of ['AUTH_ISSUER', 'AUTH_REGISTRATION', 'AUTH_KEYS_FILE', 'DATABASE_URL'])
      expect(faults).toContain(`  - ${name}: must be set in production\n`);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('the program lists every fault of its settings and does not start', async () => {
    const variables = { ...production(), AUTH_COLOUR: 'red', AUTH_LEEWAY: '2m', AUTH_ACCESS_TOKEN_LIFETIME: '15' };
    const { code, output, faults } = await run([], variables).ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(faults.split('\n').toSorted()).toEqual(
      [
        '',
        'Cannot start:',
        '  - AUTH_ACCESS_TOKEN_LIFETIME: must be a whole number and a unit (ms, s, m, h or d), such as 15m',
        '  - AUTH_COLOUR: there is no such setting',
        '  - AUTH_LEEWAY: must be at most 60s',
      ].toSorted(),
    );
  });

  test.each(['staging', 'prod', 'Production'])('NODE_ENV=%s is production', async (NODE_ENV) => {
    const { code, faults } = await run([], { NODE_ENV }).ended;
    expect({ code, faults }).toEqual({ code: 1, faults: expect.stringContaining('must be set in production') });
  });

  test('the program does not start without keys and with pending migrations, and lists both', async () => {
    const keysFile = production().AUTH_KEYS_FILE;
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/auth.db'), '');
    const { code, output, faults } = await run([], production()).ended;
    expect({ code, output }).toEqual({ code: 1, output: '' });
    expect(faults.replace(/\d+ migrations/, 'N migrations')).toBe(
      `Cannot start:\n  - AUTH_KEYS_FILE: ${keysFile} does not exist. "keys:generate ${keysFile}" writes new keys\n` +
        '  - N migrations are pending. "migrate" applies them\n',
    );
    expect(existsSync(keysFile)).toBe(false);
  });

  onEachDatabase((database) => {
    test('a database that does not exist is not created unless `migrate --create` says so', async () => {
      const existing = await database.fresh();
      const DATABASE_URL = `${existing}_mistyped`;
      const variables = { ...production(), DATABASE_URL };
      for (const args of [[], ['migrate'], ['user:create', '--email', 'a@b.test'], ['purge']]) {
        const { code, faults } = await run(args, variables).ended;
        expect({ args, code }).toEqual({ args, code: 1 });
        expect(faults).toContain('DATABASE_URL: the database does not exist. "migrate --create" creates it');
      }
      await run(['doctor'], variables).ended;
      expect(await databaseExists(DATABASE_URL)).toBe(false);

      expect((await run(['migrate', '--create'], variables).ended).output).toMatch(/^Applied Migration\d+/);
      expect(await databaseExists(DATABASE_URL)).toBe(true);
    });
  });

  test('the program does not start with a weak key or a key file that is not JSON, and repeats nothing of them', async () => {
    await run(['migrate', '--create'], production()).ended;
    const weak = { kty: 'oct', alg: 'HS256', kid: 'a', purpose: 'access', k: 'aHVudGVyMg' };
    for (const text of [JSON.stringify({ keys: [weak] }), 'hunter2']) {
      writeFileSync(production().AUTH_KEYS_FILE, text, { mode: 0o600 });
      const { code, faults } = await run([], production()).ended;
      expect(code).toBe(1);
      expect(faults).toMatch(/^Cannot start:\n( {2}- .*\n)+$/);
      expect(faults).not.toMatch(/hunter2|aHVudGVyMg/);
    }
  });

  test('`migrate` applies what is pending once, and then the program starts without an explorer', async () => {
    const { code, output } = await run(['migrate', '--create'], production()).ended;
    expect(code).toBe(0);
    expect(output).toMatch(/^Applied Migration\d+/);
    expect((await run(['migrate'], production()).ended).output).toBe('The database is up to date.\n');

    const { generateKeys } = await import('../src/index.ts');
    writeFileSync(production().AUTH_KEYS_FILE, JSON.stringify(generateKeys()), { mode: 0o600 });
    const started = run([], production());
    const client = await clientOf(started);
    expect(started.output).not.toContain('browser');
    expect((await client.send({ headers: { accept: 'text/html' } })).headers.get('content-type')).not.toContain('html');
    expect((await client.run('{ __schema { types { name } } }')).status).toBe(400);
    expect(accessOf(await client.me((await client.register()).accessToken))).toBe('good');
    expect(await stop(started)).toMatchObject({ code: 0, faults: '' });
  });
});
