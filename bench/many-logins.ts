import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { hash, compare as compareHash } from 'bcrypt';
import type { Build } from '../tests/soak/program.ts';
import { type GraphQLClient, PASSWORD } from '../tests/support/graphql-client.ts';
import { login } from './load.ts';
import { alternate, figureOf } from './rounds.ts';
import { type Comparison, compare, measure } from './results.ts';
import { startServer } from './start.ts';

const ROUNDS = 5;
/** The default. */
const COST = 12;
const BURSTS = 5;
/** Seconds. Long, because what is under way at the end of a span is lost, and there are few logins in a second. */
const SPAN = 15;
const WARM_UP = 5;

/** Logins beside bare bcrypt, and what a flood of them does to requests that need no password. */
export async function compareLogins(build: Build, databaseUrl: string): Promise<Comparison[]> {
  const { program, client } = await startServer(build, databaseUrl, {
    AUTH_BCRYPT_COST: String(COST),
    AUTH_MAX_SESSIONS: '10',
  });
  const { accessToken } = await client.register();
  const { url } = program;
  await login({ url, connections: 8, span: WARM_UP });
  const logins = await alternate(ROUNDS, {
    of: async () => (await login({ url, connections: 8, span: SPAN })).requestsPerSecond,
    to: async () => hashesPerSecond(SPAN),
  });
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) delays.push(await delayBesideLogins(client, accessToken));
  await program.kill();
  return [
    compare('login', 'SQLite', logins, 'logins/s'),
    measure('beside-logins', 'SQLite', figureOf(delays), ROUNDS, 'ms'),
  ];
}

/** Milliseconds in which 99 % of requests for `currentToken` are answered while 200 logins at a time arrive. */
async function delayBesideLogins(client: GraphQLClient, accessToken: string): Promise<number> {
  const delays: number[] = [];
  let isFlooded = true;
  const asking = (async () => {
    while (isFlooded) {
      const begun = performance.now();
      await client.currentToken(accessToken);
      delays.push(performance.now() - begun);
      await pause(5);
    }
  })();
  for (let burst = 0; burst < BURSTS; burst += 1) {
    await Promise.all(Array.from({ length: 200 }, async (_, index) => client.tryLogin(`user${index}@example.com`)));
    await pause(200);
  }
  isFlooded = false;
  await asking;
  const sorted = delays.toSorted((one, other) => one - other);
  return sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN;
}

/** The same comparisons of passwords, without a server: as many at a time as there are cores. */
async function hashesPerSecond(span: number): Promise<number> {
  const stored = await hash(PASSWORD, COST);
  const begun = performance.now();
  const end = begun + span * 1000;
  let count = 0;
  const work = async () => {
    while (performance.now() < end) {
      await compareHash(PASSWORD, stored);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return (count * 1000) / (performance.now() - begun);
}
