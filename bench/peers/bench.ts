/**
 * Measures what a user would pick instead, in turn with this library: `npm run bench:peers`. It writes bench/results/peers.json.
 *
 * The peers are installed into a temporary folder. djangorestframework-simplejwt needs Debian packages (python3-django,
 * python3-djangorestframework, python3-djangorestframework-simplejwt, gunicorn). Where they are missing, it is left out.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { describeMachine, endAfter, sqliteVersion } from '../../tests/soak/machine.ts';
import { makeBuild, Program } from '../../tests/soak/program.ts';
import { freePort } from '../../tests/support/free-port.ts';
import { GraphQLClient } from '../../tests/support/graphql-client.ts';
import { exchangeAll, type Rate } from '../exchanges.ts';
import { ask, get, refreshAll } from '../load.ts';
import { type Comparison, compare, type Results } from '../results.ts';
import { alternate } from '../rounds.ts';
import { prepareServer, startBare, startServer } from '../start.ts';

const ROUNDS = 5;
/** Seconds. */
const SPAN = 3;
const CURRENT_TOKEN = '{ currentToken { id } }';
const FOLDER = import.meta.dirname;
const DJANGO = join(FOLDER, 'simplejwt');
const PYTHON = '/usr/bin/python3';
const GUNICORN = '/usr/bin/gunicorn';
const WORKERS = 2;

endAfter(30);
const children: ChildProcess[] = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
const build = await makeBuild();
const peers = join(build.folder, 'peers');
mkdirSync(peers);
for (const file of ['package.json', 'yoga-jwt.mjs', 'apollo-better-auth.mjs', 'mercurius-auth.mjs'])
  copyFileSync(join(FOLDER, file), join(peers, file));
execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund'], { cwd: peers, stdio: 'inherit' });
const secret = randomBytes(32).toString('base64url');

const results: Results = {
  measuredOn: new Date().toISOString().slice(0, 10),
  machine: `${describeMachine()}; ${sqliteVersion()}, synchronous=FULL`,
  comparisons: [...(await compareServers()), ...(await compareMercurius()), ...(await compareDjango())],
};
writeFileSync(join(FOLDER, '../results/peers.json'), `${JSON.stringify(results, null, 2)}\n`);
process.exit();

/** Our server beside servers with one guarded field. */
async function compareServers(): Promise<Comparison[]> {
  const { program, client } = await startServer(build, `sqlite:${join(build.folder, 'ours.db')}`);
  const ours = { url: program.url, accessToken: (await client.register()).accessToken };
  const yoga = { url: (await startPeer(join(peers, 'yoga-jwt.mjs'))).url, accessToken: peerToken() };
  const betterAuth = await startPeer(join(peers, 'apollo-better-auth.mjs'), {
    DB: join(build.folder, 'better-auth.db'),
  });
  const comparisons = [
    compare('peer-yoga', 'SQLite', await raceGuards(ours, yoga), 'requests/s'),
    compare('peer-better-auth', 'SQLite', await raceGuards(ours, betterAuth), 'requests/s'),
  ];
  await program.kill();
  return comparisons;
}

/** A host under Mercurius with our guard, and with mercurius-auth. */
async function compareMercurius(): Promise<Comparison[]> {
  // From here it finds the built library, and the servers of this repository.
  const host = join(dirname(build.main), 'mercurius-ours.mjs');
  copyFileSync(join(FOLDER, 'mercurius-ours.mjs'), host);
  const ours = await startPeer(host);
  const theirs = await startPeer(join(peers, 'mercurius-auth.mjs'));
  const measured = await raceGuards(ours, { url: theirs.url, accessToken: peerToken() });
  return [compare('peer-mercurius', 'SQLite', measured, 'requests/s')];
}

interface Target {
  readonly url: string;
  readonly accessToken: string;
}

async function raceGuards(of: Target, to: Target) {
  for (const { url, accessToken } of [of, to]) {
    const { data, text } = await new GraphQLClient(url).run(CURRENT_TOKEN, {}, accessToken);
    if (typeof data?.currentToken?.id !== 'string') throw new Error(`${url} answers ${text}`);
  }
  const rate = (target: Target) => async () =>
    (await ask(CURRENT_TOKEN, { ...target, connections: 16, span: SPAN })).requestsPerSecond;
  await rate(of)();
  await rate(to)();
  return alternate(ROUNDS, { of: rate(of), to: rate(to) });
}

/** Starts a server of one file, which prints that it is serving, and perhaps a token. */
async function startPeer(path: string, env: Record<string, string> = {}): Promise<Target> {
  const port = String(await freePort());
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path], {
    env: { ...process.env, NODE_ENV: 'production', PORT: port, SECRET: secret, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface(child.stdout)) {
    const [, accessToken] = /^is serving ?(.*)$/.exec(line) ?? [];
    if (accessToken !== undefined) return { url: `http://127.0.0.1:${port}`, accessToken };
  }
  throw new Error(`${path} has ended.`);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token of the peers that have no login. */
function peerToken(): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'peer', aud: 'api', sub: 'a', jti: 'b', iat: now, exp: now + 3_600 };
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Two processes of ours beside two workers of djangorestframework-simplejwt, each on a SQLite file. */
async function compareDjango(): Promise<Comparison[]> {
  if (!existsSync(GUNICORN)) {
    console.log('djangorestframework-simplejwt is left out: gunicorn is not installed.');
    return [];
  }
  const app = join(build.folder, 'simplejwt');
  cpSync(DJANGO, app, { recursive: true });
  const env = { PATH: process.env['PATH'] ?? '', PYTHONDONTWRITEBYTECODE: '1', DB: join(app, 'db.sqlite3') };
  const CONNECTIONS = 16;
  const prepared = execFileSync(PYTHON, ['prepare.py', String(CONNECTIONS)], { cwd: app, env, encoding: 'utf8' });
  const pairs = JSON.parse(prepared) as { access: string; refresh: string }[];
  const port = await freePort();
  // Threads, because the simple workers of gunicorn close each connection after its answer.
  const kind = ['--workers', String(WORKERS), '--worker-class', 'gthread', '--threads', '4', '--keep-alive', '60'];
  const words = ['--bind', `127.0.0.1:${port}`, ...kind, '--log-level', 'warning', 'wsgi:application'];
  const gunicorn = spawn(GUNICORN, words, { cwd: app, env, stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(gunicorn);
  const django = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${django}/me/`).catch(() => null))) await pause(100);
  const djangoTokens = pairs.map(({ refresh }) => refresh);
  const getAll = (path: string) => async () =>
    get({ url: `${django}${path}`, connections: CONNECTIONS, span: SPAN, accessToken: pairs[0]?.access ?? '' });
  const refreshDjango = async () =>
    exchangeAll(djangoTokens, {
      url: `${django}/refresh/`,
      span: SPAN,
      bodyOf: (refresh) => ({ refresh }),
      successorOf: (answer) => (answer as { refresh?: string }).refresh,
    });

  const options = await prepareServer(build, `sqlite:${join(build.folder, 'two.db')}`, {
    AUTH_ACCESS_TOKEN_LIFETIME: '1h',
  });
  const programs = [new Program(build, options), new Program(build, { ...options, port: await freePort() })];
  for (const program of programs) await program.start();
  const client = new GraphQLClient(programs[0]?.url ?? '');
  const { accessToken } = await client.register();
  const tokens: string[][] = programs.map(() => []);
  for (const held of tokens)
    while (held.length < CONNECTIONS / programs.length) held.push((await client.login()).refreshToken);
  const share = { connections: CONNECTIONS / programs.length, span: SPAN };
  const askAll = (servers: readonly { readonly url: string }[], query: string) => async () =>
    Promise.all(servers.map(async ({ url }) => ask(query, { url, accessToken, ...share })));
  const refreshBoth = async () =>
    Promise.all(programs.map(async ({ url }, index) => refreshAll(tokens[index] ?? [], { url, span: SPAN })));

  const bare = [await startBare(), await startBare()];

  const races: readonly [string, () => Promise<Rate[]>, () => Promise<Rate>][] = [
    ['peer-simplejwt-check', askAll(programs, CURRENT_TOKEN), getAll('/current-token/')],
    ['peer-simplejwt-bare', askAll(bare, '{ __typename }'), getAll('/current-token/')],
    ['peer-simplejwt-me', askAll(programs, '{ me { id email } }'), getAll('/me/')],
    ['peer-simplejwt-refresh', refreshBoth, refreshDjango],
  ];
  const comparisons: Comparison[] = [];
  for (const [name, ours, theirs] of races) {
    const of = async () => (await ours()).reduce((total, { requestsPerSecond }) => total + requestsPerSecond, 0);
    const to = async () => (await theirs()).requestsPerSecond;
    await of();
    await to();
    comparisons.push(compare(name, 'SQLite', await alternate(ROUNDS, { of, to }), 'requests/s'));
  }
  for (const program of programs) await program.kill();
  const gone = once(gunicorn, 'exit');
  gunicorn.kill();
  await gone;
  return comparisons;
}
