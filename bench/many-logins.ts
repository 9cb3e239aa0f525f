import { availableParallelism } from 'node:os';
import { hash, compare as compareHash } from 'bcrypt';
import type { Build } from '../tests/soak/program.ts';
import { PASSWORD } from '../tests/support/graphql-client.ts';
import { ask, login } from './load.ts';
import { alternate, figureOf } from './rounds.ts';
import { type Comparison, compare, measure } from './results.ts';
import { startServer } from './start.ts';

const ROUNDS = 5;
const COST = 10;
/** Seconds. */
const SPAN = 3;

/** Logins beside bare bcrypt, and what a flood of them does to requests that need no password. */
export async function compareLogins(build: Build, databaseUrl: string): Promise<Comparison[]> {
  const { program, client } = await startServer(build, databaseUrl, {
    AUTH_BCRYPT_COST: String(COST),
    AUTH_MAX_SESSIONS: '10',
  });
  const { accessToken } = await client.register();
  const { url } = program;
  await login({ url, connections: 8, span: 1 });
  const logins = await alternate(ROUNDS, {
    of: async () => (await login({ url, connections: 8, span: SPAN })).requestsPerSecond,
    to: async () => hashesPerSecond(SPAN),
  });
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const flood = login({ url, connections: 200, span: SPAN, mayBeRefused: true });
    const { p99 } = await ask('{ currentToken { id } }', { url, connections: 4, span: SPAN - 1, accessToken });
    delays.push(p99);
    await flood;
  }
  await program.kill();
  return [
    compare('login', 'SQLite', logins, 'logins/s'),
    measure('beside-logins', 'SQLite', figureOf(delays), ROUNDS, 'ms'),
  ];
}

/** The same comparisons of passwords, without a server: as many at a time as there are cores. */
async function hashesPerSecond(span: number): Promise<number> {
  const stored = await hash(PASSWORD, COST);
  const end = performance.now() + span * 1000;
  let count = 0;
  const work = async () => {
    while (performance.now() < end) {
      await compareHash(PASSWORD, stored);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return count / span;
}
