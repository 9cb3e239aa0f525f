import { readFileSync } from 'node:fs';
import { MikroORM } from '@mikro-orm/core';
import { type Build, Program } from '../tests/soak/program.ts';
import { GraphQLClient } from '../tests/support/graphql-client.ts';
import { loadCodec } from './codec.ts';
import { idOf, ManyRows } from './many-rows.ts';
import { type Comparison, compare, measure } from './results.ts';
import { alternate, figureOf } from './rounds.ts';
import { prepareServer } from './start.ts';

const ROUNDS = 5;
/** Refreshes of one round, each of another session. */
const REFRESHES = 300;
const FEW = 10_000;
const EVENTS = 100_000;

/** Refreshes beside few sessions and beside many, and what a session and a refresh take of the disk. */
export async function compareNumbers(
  build: Build,
  database: 'SQLite' | 'PostgreSQL',
  databaseUrl: (name: string) => string,
  many: number,
): Promise<Comparison[]> {
  const crowds = { of: await fill(build, databaseUrl('many'), many), to: await fill(build, databaseUrl('few'), FEW) };
  for (const crowd of Object.values(crowds)) await crowd.refresh();
  const before = await crowds.of.bytesOfBlacklist();
  const median = await alternate(ROUNDS, { of: async () => crowds.of.refresh(), to: async () => crowds.to.refresh() });
  const grown = (await crowds.of.bytesOfBlacklist()) - before;
  const results = [
    compare(`sessions-${many}`, database, median, 'ms'),
    measure('session-bytes', database, figureOf([crowds.of.bytesOfSession]), 1, 'bytes'),
    measure('event-bytes', database, figureOf([crowds.of.bytesOfEvent]), 1, 'bytes'),
    measure('refresh-bytes', database, figureOf([grown / (ROUNDS * REFRESHES)]), 1, 'bytes'),
  ];
  for (const crowd of Object.values(crowds)) await crowd.close();
  return results;
}

interface Crowd {
  readonly bytesOfSession: number;
  readonly bytesOfEvent: number;
  /** Refreshes sessions one after the other. @returns the median time in milliseconds. */
  refresh(): Promise<number>;
  bytesOfBlacklist(): Promise<number>;
  close(): Promise<void>;
}

async function fill(build: Build, databaseUrl: string, count: number): Promise<Crowd> {
  const options = await prepareServer(build, databaseUrl);
  const orm = await withoutLimits(await build.openDatabase(databaseUrl, build.library.authEntities));
  const rows = new ManyRows(orm, databaseUrl);
  process.stderr.write(`  ${count} sessions\r`);
  await rows.addUsersOf(count);
  await rows.addSessions(count);
  const bytesOfSession = (await rows.bytesOf('simplejwt_session')) / count;
  await rows.addEvents(EVENTS);
  const bytesOfEvent = (await rows.bytesOf('simplejwt_security_event')) / EVENTS;
  const program = new Program(build, options);
  await program.start();
  const client = new GraphQLClient(program.url);
  const sign = await signerOf(build, options.keysFile);
  let next = 0;
  return {
    bytesOfSession,
    bytesOfEvent,
    async refresh() {
      const times: number[] = [];
      for (let left = REFRESHES; left > 0; left -= 1) {
        // Far from each other, so that few pages are read twice.
        const token = sign((next * 7_919) % count);
        next += 1;
        const begun = performance.now();
        await client.refresh(token);
        times.push(performance.now() - begun);
      }
      return figureOf(times).median;
    },
    bytesOfBlacklist: async () => rows.bytesOf('simplejwt_blacklisted_token'),
    async close() {
      await orm.close();
      await program.kill();
    },
  };
}

/** To insert many rows takes longer than the server lets a statement take. */
async function withoutLimits(orm: MikroORM): Promise<MikroORM> {
  const { onConnect: _limit, ...driverOptions } = orm.config.get('driverOptions') as Record<string, unknown>;
  const options = { ...orm.config.getAll(), driverOptions };
  await orm.close();
  return MikroORM.init(options);
}

/** Signs the first refresh tokens of sessions. */
async function signerOf(build: Build, keysFile: string): Promise<(session: number) => string> {
  const codec = (await loadCodec(build, JSON.parse(readFileSync(keysFile, 'utf8')))).makeCodec();
  const now = Math.floor(Date.now() / 1000);
  const times = { iat: now - 60, exp: now + 86_400 };
  return (session) => {
    const ids = {
      sub: idOf('user', ManyRows.userOf(session)),
      sid: idOf('session', session),
      jti: idOf('jti', session),
    };
    return codec.signRefresh({ ...ids, ...times }, codec.refreshKeyId());
  };
}
