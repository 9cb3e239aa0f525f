import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { GraphQLClient } from '../support/graphql-client.ts';
import { HonestClient } from './honest-client.ts';
import { type Build, Program, type ProgramOptions } from './program.ts';
import { openSessions } from './sessions.ts';

/** Honest clients, and the program that they are to refresh at. It is not started yet. */
export interface Stage {
  readonly clients: readonly HonestClient[];
  readonly program: Program;
}

export async function openStage(
  build: Build,
  {
    databaseUrl,
    servedUrl = databaseUrl,
    clients: count,
    preload,
  }: {
    databaseUrl: string;
    /** How the program reaches the database, if it is another way. */
    servedUrl?: string;
    clients: number;
    preload?: string;
  },
): Promise<Stage> {
  const port = await freePort();
  const options: ProgramOptions = {
    databaseUrl,
    keysFile: join(build.folder, `keys-${port}.json`),
    port,
    ...(preload === undefined ? {} : { preload }),
  };
  const pairs = await openSessions(build, options, count);
  const program = new Program(build, { ...options, databaseUrl: servedUrl });
  const client = new GraphQLClient(program.url);
  const clients = pairs.map(({ session, refreshToken }) => new HonestClient(client, session.id, refreshToken));
  return { clients, program };
}

/** What the clients saw, held against what the database holds. */
export async function judge(
  build: Build,
  clients: readonly HonestClient[],
  databaseUrl: string,
): Promise<{ readonly faults: readonly string[]; readonly summary: string }> {
  const faults: string[] = [];
  const orm = await build.openDatabase(databaseUrl, build.library.authEntities);
  const connection = orm.em.getConnection();
  const rows: { id: string; rotations: number | string; end_reason: string | null }[] = await connection.execute(
    `select id, end_reason, (select count(*) from simplejwt_blacklisted_token where session_id = simplejwt_session.id
    and reason = 'ROTATED') as rotations from simplejwt_session`,
  );
  for (const client of clients) {
    const row = rows.find(({ id }) => id === client.sessionId);
    // Each committed rotation was answered exactly once.
    if (Number(row?.rotations) !== client.acknowledged)
      client.faults.push(
        `session ${client.sessionId}: ${row?.rotations} rotations, ${client.acknowledged} acknowledged`,
      );
    if (row?.end_reason !== null) client.faults.push(`session ${client.sessionId} has ended: ${row?.end_reason}`);
    faults.push(...client.faults);
  }
  const lost = clients.filter((client) => client.isLost).length;
  let integrity = '';
  if (databaseUrl.startsWith('sqlite:')) {
    const [{ integrity_check: verdict }] = await connection.execute('pragma integrity_check');
    integrity = `, integrity_check: ${verdict}`;
    if (verdict !== 'ok') faults.push(`integrity_check says ${verdict}`);
  }
  await orm.close();
  return { faults, summary: `${clients.length} sessions, ${lost} lost or spent twice${integrity}` };
}
