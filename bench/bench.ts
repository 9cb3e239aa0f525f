/**
 * Measures the built server as ratios within one run: `npm run bench`. It writes bench/results/requests.json, from which
 * `npm run generate` prints docs/performance.md.
 *
 * The server is a process of its own, and the load comes from this one. What is compared is measured in turn, round after round.
 */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { v7 } from 'uuid';
import { describeMachine, endAfter, sqliteVersion } from '../tests/soak/machine.ts';
import { type Build, makeBuild, prepare, Program } from '../tests/soak/program.ts';
import { freePort } from '../tests/support/free-port.ts';
import { GraphQLClient } from '../tests/support/graphql-client.ts';
import { startPostgres } from '../tests/support/postgres.ts';
import { ask, refreshAll } from './load.ts';
import { alternate } from './rounds.ts';
import { type Comparison, compare, type Results } from './results.ts';

const ROUNDS = 5;
/** Seconds. */
const SPAN = 2;
const WARM_UP = 3;
const TYPENAME = '{ __typename }';

interface Started {
  readonly program: Program;
  readonly client: GraphQLClient;
}

async function start(databaseUrl: string, env: Record<string, string> = {}): Promise<Started> {
  const port = await freePort();
  const keysFile = join(build.folder, `keys-${port}.json`);
  writeFileSync(keysFile, JSON.stringify(build.library.generateKeys()), { mode: 0o600 });
  const options = {
    databaseUrl,
    keysFile,
    port,
    env: { AUTH_BCRYPT_COST: '10', AUTH_MAX_CONNECTIONS: '1000', ...env },
  };
  prepare(build, options);
  const program = new Program(build, options);
  await program.start();
  return { program, client: new GraphQLClient(program.url) };
}

/** Fields without and with a guard, and one that reads the user. */
async function compareReads(databaseUrl: string): Promise<Comparison[]> {
  // Production does not answer `__schema`.
  const { program, client } = await start(databaseUrl, { NODE_ENV: 'development' });
  const { accessToken } = await client.register();
  const options = { url: program.url, connections: 16, accessToken };
  const rate = (query: string) => async () => (await ask(query, { ...options, span: SPAN })).requestsPerSecond;
  await ask('{ me { id } }', { ...options, span: WARM_UP });

  const guarded = await alternate(12, {
    of: rate('{ currentToken { id } }'),
    to: rate('{ __schema { queryType { name } } }'),
  });
  const me = await alternate(ROUNDS, { of: rate('{ me { id } }'), to: rate(TYPENAME) });
  await program.kill();
  return [compare('guarded', 'SQLite', guarded, 'requests/s'), compare('me', 'SQLite', me, 'requests/s')];
}

/** The same field of our server and of Apollo Server on Fastify: the processor's time of the server for each request. */
async function compareWithBare(databaseUrl: string): Promise<Comparison[]> {
  const { program } = await start(databaseUrl);
  const bare = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'bare-apollo.ts')],
    {
      env: { ...process.env, NODE_ENV: 'production', PORT: String(await freePort()) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(createInterface(bare.stdout), 'line')) as [string];
  const contestants = {
    of: { url: program.url, pid: program.pid ?? 0 },
    to: { url: line.replace('is serving ', ''), pid: bare.pid ?? 0 },
  };
  for (const each of Object.values(contestants)) await cost(each, WARM_UP)();
  const measured = await alternate(ROUNDS, { of: cost(contestants.of, SPAN), to: cost(contestants.to, SPAN) });
  await program.kill();
  bare.kill();
  return [compare('bare', 'SQLite', measured, 'µs of processor time/request')];
}

/** What a request costs the processor, in microseconds of the process that answers. */
const cost =
  ({ url, pid }: { readonly url: string; readonly pid: number }, span: number) =>
  async () => {
    const before = processorTime(pid);
    const { requests } = await ask(TYPENAME, { url, connections: 16, span });
    return ((processorTime(pid) - before) * 1000) / requests;
  };

/** Milliseconds that a process has computed for so far. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // In hundredths of a second: utime and stime of proc(5).
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Refreshes, with the row of the blacklist, by so many sessions at once. */
async function compareRefreshes(database: 'SQLite' | 'PostgreSQL', databaseUrl: string): Promise<Comparison[]> {
  const { program, client } = await start(databaseUrl);
  await client.register();
  const comparisons: Comparison[] = [];
  for (const connections of [16, 64]) {
    const tokens: string[] = [];
    for (let count = 0; count < connections; count += 1) tokens.push((await client.login()).refreshToken);
    await refreshAll(tokens, { url: program.url, span: WARM_UP });
    const measured = await alternate(ROUNDS, {
      of: async () => (await refreshAll(tokens, { url: program.url, span: SPAN })).requestsPerSecond,
      to: async () => (await ask(TYPENAME, { url: program.url, connections, span: SPAN })).requestsPerSecond,
    });
    comparisons.push(compare(`refresh-${connections}`, database, measured, 'requests/s'));
  }
  await program.kill();
  return comparisons;
}

/** Verifying an access token, for the first time and again, beside a bare HMAC of the same bytes. */
async function compareVerification({ library, main }: Build): Promise<Comparison[]> {
  const TOKENS = 5_000;
  type Codecs = typeof import('../src/tokens/token-codec.ts');
  type Rings = typeof import('../src/tokens/key-ring.ts');
  const dist = join(dirname(main), '../node_modules/graphql-simplejwt/dist');
  const { createTokenCodec } = (await import(join(dist, 'tokens/token-codec.js'))) as Codecs;
  const { importKeyRing } = (await import(join(dist, 'tokens/key-ring.js'))) as Rings;
  const ring = importKeyRing(library.generateKeys());
  const rules = {
    issuer: 'https://auth.example.com',
    audience: 'api',
    accessTokenLifetime: 300_000,
    isUserId: (value: unknown): value is string => typeof value === 'string',
    namespace: null,
    leeway: 0,
  };
  const makeCodec = () => createTokenCodec(ring, rules, library.systemClock);
  const iat = Math.floor(Date.now() / 1000);
  const tokens = Array.from({ length: TOKENS }, () =>
    makeCodec().signAccess({ sub: 'a', sid: v7(), jti: v7(), iat, exp: iat + 300, roles: [], ver: 1 }),
  );
  const { signing } = ring.signer('access');
  const hmac = async () =>
    microseconds(tokens, (token) => {
      const end = token.lastIndexOf('.');
      createHmac('sha256', signing).update(token.slice(0, end)).digest('base64url');
    });
  const warm = makeCodec();
  const contestants = {
    first: async () => {
      const codec = makeCodec();
      return microseconds(tokens, (token) => codec.readAccess(token));
    },
    again: async () => microseconds(tokens, (token) => warm.readAccess(token)),
    hmac,
  };
  for (const contestant of Object.values(contestants)) await contestant();
  const measured = await alternate(3 * ROUNDS, contestants);
  return [
    compare('verify-first', null, { of: measured.first, to: measured.hmac }, 'µs'),
    compare('verify-again', null, { of: measured.again, to: measured.hmac }, 'µs'),
  ];
}

/** The mean time of one call. */
function microseconds<T>(values: readonly T[], call: (value: T) => void): number {
  const begun = performance.now();
  for (const value of values) call(value);
  return ((performance.now() - begun) * 1000) / values.length;
}

endAfter(30);
const build = await makeBuild();
const postgres = await startPostgres({ isDurable: true });
const results: Results = {
  measuredOn: new Date().toISOString().slice(0, 10),
  machine: `${describeMachine()}; ${sqliteVersion()}, synchronous=FULL; ${postgres.version}`,
  comparisons: [
    ...(await compareReads(`sqlite:${join(build.folder, 'reads.db')}`)),
    ...(await compareWithBare(`sqlite:${join(build.folder, 'bare.db')}`)),
    ...(await compareRefreshes('SQLite', `sqlite:${join(build.folder, 'refreshes.db')}`)),
    ...(await compareRefreshes('PostgreSQL', postgres.url('refreshes'))),
    ...(await compareVerification(build)),
  ],
};
writeFileSync(join(import.meta.dirname, 'results/requests.json'), `${JSON.stringify(results, null, 2)}\n`);
await postgres.stop();
process.exit();
