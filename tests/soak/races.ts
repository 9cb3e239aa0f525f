import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { TokenPair } from '../../src/index.ts';
import { freshPostgres, freshSqlite } from '../support/databases.ts';
import { freePort } from '../support/free-port.ts';
import { type Answer, GraphQLClient } from '../support/graphql-client.ts';
import { startPostgres } from '../support/postgres.ts';
import { waitUntil } from '../support/wait-until.ts';
import { describeMachine, endAfter, sqliteVersion, Stopwatch } from './machine.ts';
import { type Build, makeBuild, Program } from './program.ts';
import { openSessions } from './sessions.ts';

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const TOKENS = values.short ? 5 : 1_000;
const REQUESTS_PER_TOKEN = 20;
/** Tokens that are raced for at the same time. */
const AT_ONCE = 5;
const POLL = 200;

endAfter(values.short ? 2 : 40);
const failures: string[] = [];
const built = await makeBuild();
const postgres = await startPostgres();
console.log(`Races, ${TOKENS} of each kind, against the built program in production over HTTP`);
console.log(`${describeMachine()}, ${sqliteVersion()}, ${postgres.version}`);
try {
  await race('SQLite, one process', 1, freshSqlite());
  await race('SQLite, two processes', 2, freshSqlite());
  await race('PostgreSQL, two processes', 2, await freshPostgres(postgres.url('postgres')));
} finally {
  await postgres.stop();
}
for (const failure of failures.slice(0, 20)) console.error(`FAULT ${failure}`);
console.log(failures.length === 0 ? 'All as promised.' : `${failures.length} faults.`);
process.exit(failures.length === 0 ? 0 : 1);

async function race(
  name: string,
  processes: number,
  database: { url: string; remove(): Promise<void> },
): Promise<void> {
  const keysFile = join(built.folder, `${name}.json`);
  const env = { AUTH_BLACKLIST_POLL: `${POLL}ms` };
  const options = { databaseUrl: database.url, keysFile, port: 0, env };
  const pairs = await openSessions(built, options, 2 * TOKENS);
  const programs = await startPrograms(built, options, processes);
  const clients = programs.map(({ url }) => new GraphQLClient(url));

  const tally = { answers: 0, winners: 0, rotated: 0, other: 0, serverErrors: 0, lost: 0, survivors: 0 };
  const refreshing = new Stopwatch();
  await inGroups(pairs.slice(0, TOKENS), (pair) => raceRefreshes(clients, pair, tally));
  const { seconds } = refreshing;
  const atOnce = `${name}: ${TOKENS} tokens x ${REQUESTS_PER_TOKEN} parallel refreshes in ${seconds} s:`;
  console.log(
    `${atOnce} ${tally.winners} successors, ${tally.rotated} refused as rotated, ${tally.other} other answers, ` +
      `${tally.serverErrors} answers of 5xx, ${tally.lost} sessions lost`,
  );

  const ended = new Stopwatch();
  const suspects: Suspect[] = [];
  await inGroups(pairs.slice(TOKENS), async (pair) => void suspects.push(await raceLogout(clients, pair, tally)));
  await pause(3 * POLL);
  await inGroups(suspects, (suspect) => expectDead(clients, suspect, tally));
  const wins = suspects.filter(({ refreshTokens }) => refreshTokens.length === 2).length;
  console.log(
    `${name}: ${TOKENS} races of refresh against logout in ${ended.seconds} s: the refresh was first in ${wins}, ` +
      `${tally.survivors} live tokens afterwards, ${tally.serverErrors} answers of 5xx`,
  );

  for (const program of programs) {
    await program.kill();
    if (program.errors !== '') failures.push(`${name}: the program logged ${program.errors.slice(0, 500)}`);
  }
  await database.remove();

  type Tally = typeof tally;
  async function raceRefreshes(to: GraphQLClient[], { refreshToken }: TokenPair, count: Tally): Promise<void> {
    const answers = await Promise.all(
      Array.from({ length: REQUESTS_PER_TOKEN }, (_, index) => to[index % to.length]!.tryRefresh(refreshToken)),
    );
    const successors = new Set(answers.flatMap((answer) => answer.data?.refreshToken?.refreshToken ?? []));
    const winners = answers.filter((answer) => answer.data?.refreshToken).length;
    const rotated = answers.filter((answer) => answer.errors[0]?.extensions.reason === 'TOKEN_ROTATED').length;
    count.answers += answers.length;
    count.winners += successors.size;
    count.rotated += rotated;
    count.other += answers.length - winners - rotated;
    count.serverErrors += answers.filter(isServerError).length;
    const [successor = ''] = successors;
    const next = await to[0]!.tryRefresh(successor);
    if (next.errors.length > 0) count.lost += 1;
    if (winners !== 1 || winners + rotated !== answers.length || next.errors.length > 0)
      failures.push(`${name}: ${winners} winners, ${rotated} rotated; then ${JSON.stringify(next.errors)}`);
  }

  async function raceLogout(
    to: GraphQLClient[],
    { refreshToken, accessToken }: TokenPair,
    count: Tally,
  ): Promise<Suspect> {
    const [refreshed, loggedOut] = await Promise.all([
      // If both were sent at the same moment, the same one would nearly always be first.
      pause(Math.random() * 5).then(() => to[0]!.tryRefresh(refreshToken)),
      pause(Math.random() * 5).then(() => to.at(-1)!.logout(accessToken, { refreshToken })),
    ]);
    count.serverErrors += [refreshed, loggedOut].filter(isServerError).length;
    if (loggedOut.data?.logout?.endedSessions !== 1) failures.push(`${name}: logout answered ${loggedOut.text}`);
    const next = refreshed.data?.refreshToken;
    const suspect = {
      refreshTokens: [refreshToken, ...(next ? [next.refreshToken] : [])],
      accessTokens: [accessToken, ...(next ? [next.accessToken] : [])],
    };
    // At once on the process of the logout, and after the poll on the others.
    await expectDead([to.at(-1)!], suspect, count);
    return suspect;
  }

  async function expectDead(
    at: GraphQLClient[],
    { refreshTokens, accessTokens }: Suspect,
    count: Tally,
  ): Promise<void> {
    for (const client of at) {
      const answers = await Promise.all([
        ...refreshTokens.map(async (token) => client.tryRefresh(token)),
        ...accessTokens.map(async (token) => client.currentToken(token)),
      ]);
      const alive = answers.filter(({ errors }) => errors[0]?.extensions.reason !== 'TOKEN_REVOKED').length;
      count.survivors += alive;
      if (alive > 0) failures.push(`${name}: ${alive} tokens live after the logout`);
    }
  }
}

interface Suspect {
  readonly refreshTokens: string[];
  readonly accessTokens: string[];
}

function isServerError({ status, errors }: Answer): boolean {
  const inside = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'];
  return status >= 500 || errors.some(({ extensions }) => inside.includes(extensions.code));
}

async function startPrograms(from: Build, options: ConstructorParameters<typeof Program>[1], count: number) {
  const programs: Program[] = [];
  for (let left = count; left > 0; left -= 1) {
    const program = new Program(from, { ...options, port: await freePort() });
    await program.start();
    await waitUntil(() => program.isRunning);
    programs.push(program);
  }
  return programs;
}

async function inGroups<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
    }),
  );
}
