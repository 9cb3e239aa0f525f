import type { Build } from '../tests/soak/program.ts';
import { ask, refreshAll } from './load.ts';
import { alternate } from './rounds.ts';
import { type Comparison, compare } from './results.ts';
import { processorTime, startBare, startServer } from './start.ts';

/** Many short rounds: what else the machine does then meets the contestants of a round alike. */
const ROUNDS = 24;
/** Seconds. */
const SPAN = 1;
/** V8 goes on compiling until a process has answered about a hundred thousand requests. */
const WARM_UP = 10;
const TYPENAME = '{ __typename }';

/** Fields without and with a guard, and one that reads the user. */
export async function compareReads(build: Build, databaseUrl: string): Promise<Comparison[]> {
  // Production does not answer `__schema`.
  const { program, client } = await startServer(build, databaseUrl, { NODE_ENV: 'development' });
  const { accessToken } = await client.register();
  const bare = await startBare();
  const options = { url: program.url, connections: 16, accessToken };
  const rate = (query: string) => async () => (await ask(query, { ...options, span: SPAN })).requestsPerSecond;
  await ask('{ me { id } }', { ...options, span: WARM_UP });
  await typename(bare.url, options.connections, WARM_UP)();

  const guarded = await alternate(ROUNDS, {
    of: rate('{ currentToken { id } }'),
    to: rate('{ __schema { queryType { name } } }'),
  });
  const me = await alternate(ROUNDS, {
    of: rate('{ me { id } }'),
    to: rate(TYPENAME),
    apollo: typename(bare.url, options.connections, SPAN),
  });
  await program.kill();
  bare.child.kill();
  return [compare('guarded', 'SQLite', guarded, 'requests/s'), ...compareBoth('me', 'SQLite', me)];
}

/** Beside `__typename` of the same server, and beside that of Apollo Server on Fastify, which our own changes do not move. */
function compareBoth(
  name: string,
  database: 'SQLite' | 'PostgreSQL',
  { of, to, apollo }: Readonly<Record<'of' | 'to' | 'apollo', readonly number[]>>,
): Comparison[] {
  return [
    compare(name, database, { of, to }, 'requests/s'),
    compare(`${name}-apollo`, database, { of, to: apollo }, 'requests/s'),
  ];
}

/** The same field of our server, of Apollo Server on Fastify, and of graphql-js alone: the processor's time of the server for each request. */
export async function compareWithBare(build: Build, databaseUrl: string): Promise<Comparison[]> {
  const { program } = await startServer(build, databaseUrl);
  const [apollo, graphql] = [await startBare(), await startBare('bare-graphql.ts')];
  const contestants = {
    ours: { url: program.url, pid: program.pid ?? 0 },
    apollo: { url: apollo.url, pid: apollo.child.pid ?? 0 },
    graphql: { url: graphql.url, pid: graphql.child.pid ?? 0 },
  };
  for (const each of Object.values(contestants)) await cost(each, WARM_UP)();
  const measured = await alternate(ROUNDS, {
    ours: cost(contestants.ours, SPAN),
    apollo: cost(contestants.apollo, SPAN),
    graphql: cost(contestants.graphql, SPAN),
  });
  await program.kill();
  for (const { child } of [apollo, graphql]) child.kill();
  const unit = 'µs of processor time/request';
  return [
    compare('bare', 'SQLite', { of: measured.ours, to: measured.apollo }, unit),
    compare('apollo', null, { of: measured.apollo, to: measured.graphql }, unit),
  ];
}

/** What a request costs the processor, in microseconds of the process that answers. */
const cost =
  ({ url, pid }: { readonly url: string; readonly pid: number }, span: number) =>
  async () => {
    const before = processorTime(pid);
    const { requests } = await ask(TYPENAME, { url, connections: 16, span });
    return ((processorTime(pid) - before) * 1000) / requests;
  };

const typename = (url: string, connections: number, span: number) => async () =>
  (await ask(TYPENAME, { url, connections, span })).requestsPerSecond;

/** Refreshes, with the row of the blacklist, by so many sessions at once. */
export async function compareRefreshes(
  build: Build,
  database: 'SQLite' | 'PostgreSQL',
  databaseUrl: string,
): Promise<Comparison[]> {
  const { program, client } = await startServer(build, databaseUrl);
  const bare = await startBare();
  await client.register();
  const comparisons: Comparison[] = [];
  for (const connections of [16, 64]) {
    const tokens: string[] = [];
    for (let count = 0; count < connections; count += 1) tokens.push((await client.login()).refreshToken);
    await refreshAll(tokens, { url: program.url, span: WARM_UP });
    await typename(bare.url, connections, WARM_UP)();
    const measured = await alternate(ROUNDS, {
      of: async () => (await refreshAll(tokens, { url: program.url, span: SPAN })).requestsPerSecond,
      to: typename(program.url, connections, SPAN),
      apollo: typename(bare.url, connections, SPAN),
    });
    comparisons.push(...compareBoth(`refresh-${connections}`, database, measured));
  }
  await program.kill();
  bare.child.kill();
  return comparisons;
}
