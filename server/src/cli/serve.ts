import { buildGuardedSchema, faultOf } from 'graphql-simplejwt';
import { type Environment, readEnvironment } from '../environment.ts';
import { startHttpServer } from '../http/http-server.ts';
import { modeOf, READABLE_BY_OTHERS } from '../keys-file.ts';
import { releaseMemory } from '../release-memory.ts';
import { startUpkeep } from '../upkeep.ts';
import { createLog, type Log } from '../log.ts';
import { BACKGROUND, MAIL_FOLDER, openAuth } from './open-auth.ts';

/** Runs the server until a signal stops it. */
export async function serve(): Promise<void> {
  const environment = readEnvironment();
  const log = createLog(process.stderr);
  const { auth, close } = await openAuth(environment, log);
  // Before anybody can know that the server is there, so that each signal finds it ready to stop.
  const end = untilTold(log);
  // type-graphql's check is an introspection query, which takes longer than to build the schema. The tests check this schema.
  const schema = await buildGuardedSchema({ resolvers: auth.resolvers, skipCheck: true });
  await releaseMemory();
  const server = await startHttpServer({ ...environment, auth, schema, log });
  const stopUpkeep = startUpkeep(
    (signal) => auth.purge(signal),
    (error) => {
      const fault = faultOf(error);
      if (fault !== null) log.error({ fault }, BACKGROUND);
    },
  );
  console.log(greeting(environment, server.url));
  if (((await modeOf(environment.keysFile)) & READABLE_BY_OTHERS) !== 0)
    console.error(`Warning: others can read ${environment.keysFile}. Run chmod 600 on it.`);

  const isFault = await end;
  await server.close();
  await stopUpkeep();
  await close();
  if (isFault) process.exitCode = 1;
}

function greeting({ isExplorerOn, isProduction, databaseUrl, smtp }: Environment, url: string): string {
  const home = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice('sqlite:'.length) : 'PostgreSQL';
  const mode = isProduction ? 'production' : 'development';
  const lines = [`graphql-simplejwt is serving ${url}/graphql (${mode}, database: ${home})`];
  if (isExplorerOn) lines.push(`Open ${url}/graphql in a browser and run "Register", then "Me".`);
  if (smtp === null && !isProduction) lines.push(`Mails are written to ${MAIL_FOLDER}. AUTH_SMTP_URL sends them.`);
  return lines.join('\n');
}

/** Milliseconds. */
const LONGEST_FAREWELL = 10_000;

/**
 * Waits for a signal, or for an error that nobody has caught. After such an error the process is in an unknown state, so it
 * finishes the requests under way and ends.
 *
 * @returns whether it was an error.
 */
async function untilTold(log: Log): Promise<boolean> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(false));
    process.once('SIGTERM', () => resolve(false));
    // An unhandled rejection comes here too.
    process.once('uncaughtException', (error) => {
      log.fatal({ fault: faultOf(error) }, 'the process ends because of an error that nobody has caught');
      setTimeout(() => process.exit(1), LONGEST_FAREWELL).unref();
      resolve(true);
    });
  });
}
