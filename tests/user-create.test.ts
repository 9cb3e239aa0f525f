import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readKeysFile } from '../server/src/keys-file.ts';
import { securityEvents, tryUsers } from './support/accounts.ts';
import { type BuiltProgram, buildProgram } from './support/build-program.ts';
import { freshSqlite, onEachDatabase } from './support/databases.ts';
import { PASSWORD } from './support/graphql-client.ts';
import { startMailing } from './support/mail-operations.ts';
import { ManualClock } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import { useServers } from './support/use-servers.ts';

interface Outcome {
  readonly code: number | null;
  /** Standard output and standard error, as a terminal shows them. */
  readonly shown: string;
}

const hasTerminals = spawnSync('script', ['--version']).status === 0;
const start = useServers();

let program: BuiltProgram;
let folder: string;
let keysFile: string;
beforeAll(() => {
  program = buildProgram();
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-user-create-'));
  keysFile = join(folder, 'keys.json');
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the program and answers its question. Without a question, stdin holds the answer from the beginning. */
async function run(
  databaseUrl: string,
  command: string,
  words: readonly string[],
  answer: string,
  question?: string,
): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: databaseUrl,
    AUTH_KEYS_FILE: keysFile,
    AUTH_BCRYPT_COST: '10',
    TERM: 'dumb',
  };
  const child = spawn(command, words, { env, stdio: ['pipe', 'pipe', 'pipe'], timeout: 20_000 });
  let shown = '';
  let isAnswered = false;
  const listen = (chunk: unknown) => {
    shown += String(chunk);
    if (question === undefined || isAnswered || !shown.includes(question)) return;
    isAnswered = true;
    child.stdin.write(answer);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  if (question === undefined) child.stdin.end(answer);
  const code = await new Promise<number | null>((resolve) => void child.once('close', resolve));
  return { code, shown };
}

async function createOn(databaseUrl: string, words: readonly string[], input: string): Promise<Outcome> {
  return run(databaseUrl, process.execPath, [program.main, 'user:create', ...words], input);
}

onEachDatabase((database) => {
  test('user:create makes the first administrator, with the password from stdin, who can log in and administrate', async () => {
    const databaseUrl = await database.fresh();
    const email = someEmail();
    const { code, shown } = await createOn(databaseUrl, ['--email', email, '--admin'], `${PASSWORD}\n`);
    expect(shown).toMatch(/^Created the administrator [0-9a-f-]{36}\.\n$/);
    expect(code).toBe(0);
    const server = await start({
      databaseUrl,
      keys: await readKeysFile(keysFile),
      clock: clockOfNow(),
    });
    const { accessToken, user } = await server.client.login(email);
    expect(shown).toContain(user.id);
    const { data } = await tryUsers(server.client, accessToken);
    expect(data.users.edges.map(({ node }: { node: unknown }) => node)).toContainEqual(
      expect.objectContaining({ email, roles: ['ADMIN'], isActive: true }),
    );
    const events = await securityEvents(server.client, accessToken);
    expect(events.map(({ type }) => type)).toEqual(['LOGGED_IN', 'REGISTERED']);
  });
});

describe('user:create', () => {
  const { url: databaseUrl, remove } = freshSqlite();
  afterAll(remove);
  const create = async (words: readonly string[], input: string) => createOn(databaseUrl, words, input);

  test('makes a user without roles when --admin is not given', async () => {
    const email = someEmail();
    const { code, shown } = await create(['--email', ` ${email.toUpperCase()}`], PASSWORD);
    expect(shown).toMatch(/^Created the user /);
    expect(code).toBe(0);
    const server = await start({ databaseUrl, keys: await readKeysFile(keysFile), clock: clockOfNow() });
    expect((await server.client.me((await server.client.login(email)).accessToken)).data.me.roles).toEqual([]);
  });

  test('makes a user who logs in although verification is required when --verified is given', async () => {
    const [known, unknown] = [someEmail(), someEmail()];
    await create(['--email', known, '--verified'], PASSWORD);
    await create(['--email', unknown], PASSWORD);
    const keys = await readKeysFile(keysFile);
    const { client } = await startMailing(start, {
      databaseUrl,
      keys,
      clock: clockOfNow(),
      emailVerification: 'required',
    });
    expect((await client.login(known)).user.email).toBe(known);
    expect(refusalOf(await client.tryLogin(unknown))).toBe('EMAIL_UNVERIFIED');
  });

  test('takes every character of the line as the password', async () => {
    const email = someEmail();
    await create(['--email', email], '  péter 🐎 password  \r\nand nothing of the next\n');
    const server = await start({ databaseUrl, keys: await readKeysFile(keysFile), clock: clockOfNow() });
    expect((await server.client.login(email, '  péter 🐎 password  ')).user.email).toBe(email);
  });

  test('names the password key that is missing after the keys were replaced', async () => {
    const { keys } = await readKeysFile(keysFile);
    const kept = `${keysFile}.kept`;
    renameSync(keysFile, kept);
    const { code, shown } = await create(['--email', someEmail()], PASSWORD);
    renameSync(kept, keysFile);
    const kid = keys.find(({ purpose }) => purpose === 'password')?.kid;
    expect(shown).toMatch(/^Cannot start:\n {2}- /);
    expect(shown).toContain(`${keysFile}: the password key "${kid}" is missing`);
    expect(code).toBe(1);
  });

  const inTerminal = hasTerminals ? test : test.skip;
  inTerminal('asks for the password in a terminal, and does not show it', async () => {
    const email = someEmail();
    const command = `${process.execPath} ${program.main} user:create --email ${email} --admin`;
    const { code, shown } = await run(
      databaseUrl,
      'script',
      ['-qec', command, '/dev/null'],
      `${PASSWORD}\r`,
      'Password: ',
    );
    expect(shown).toMatch(/^Password: \r?\n+Created the administrator /);
    expect(shown).not.toContain('horse');
    expect(code).toBe(0);
    const server = await start({ databaseUrl, keys: await readKeysFile(keysFile), clock: clockOfNow() });
    await server.client.login(email);
  });

  inTerminal('is cancelled in a terminal by Ctrl-C, and makes no user', async () => {
    const command = `${process.execPath} ${program.main} user:create --email ${someEmail()}`;
    const { code, shown } = await run(
      databaseUrl,
      'script',
      ['-qec', command, '/dev/null'],
      'correct ho\u0003',
      'Password: ',
    );
    expect(code).not.toBe(0);
    expect(shown).not.toContain('Created');
  });

  test.each([
    [[], PASSWORD, 'usage: user:create --email E [--admin] [--verified]'],
    [['--email'], PASSWORD, 'usage: user:create --email E [--admin] [--verified]'],
    [['--mail', 'a@example.com'], PASSWORD, 'usage: user:create --email E [--admin] [--verified]'],
    [['--email', 'a@example.com', PASSWORD], '', 'usage: user:create --email E [--admin] [--verified]'],
    [['--email', ''], PASSWORD, 'email: REQUIRED'],
    [['--email', 'nobody'], PASSWORD, 'email: EMAIL_INVALID'],
    [['--email', 'a@example.com'], '', 'password: REQUIRED'],
    [['--email', 'a@example.com'], '\n', 'password: REQUIRED'],
    [['--email', 'a@example.com'], 'short\n', 'password: PASSWORD_TOO_SHORT'],
    [['--email', 'a@example.com'], `${'x'.repeat(257)}\n`, 'password: PASSWORD_TOO_LONG'],
  ])('makes no user with %j, and says what is wrong', async (words, input, fault) => {
    const { code, shown } = await create(words, input);
    expect(shown).toContain(`- ${fault}\n`);
    expect(shown).not.toMatch(/Created|horse|xxx| at /);
    expect(code).toBe(1);
  });

  test('reports every fault at once', async () => {
    const { code, shown } = await create(['--email', 'nobody'], 'short');
    expect(shown).toContain('- email: EMAIL_INVALID\n  - password: PASSWORD_TOO_SHORT\n');
    expect(code).toBe(1);
  });

  test('refuses an e-mail that is taken, and leaves that account as it was', async () => {
    const email = someEmail();
    await create(['--email', email], PASSWORD);
    const { code, shown } = await create(['--email', email, '--admin'], 'another horse battery');
    expect(shown).toContain('- email: EMAIL_TAKEN\n');
    expect(code).toBe(1);
    const server = await start({ databaseUrl, keys: await readKeysFile(keysFile), clock: clockOfNow() });
    expect((await server.client.me((await server.client.login(email)).accessToken)).data.me.roles).toEqual([]);
  });
});

/** The program that makes the user goes by the machine's clock. */
function clockOfNow(): ManualClock {
  return new ManualClock(Date.now());
}
