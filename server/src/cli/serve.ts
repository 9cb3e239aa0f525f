import { buildGuardedSchema, faultOf } from 'graphql-simplejwt';
import { type Environment, readEnvironment } from '../environment.ts';
import { startHttpServer } from '../http/http-server.ts';
import { modeOf, READABLE_BY_OTHERS } from '../keys-file.ts';
import { startUpkeep } from '../upkeep.ts';
import { createLog } from '../log.ts';
import { BACKGROUND, MAIL_FOLDER, openAuth } from './open-auth.ts';

/** Runs the server until a signal stops it. */
export async function serve(): Promise<void> {
  const environment = readEnvironment();
  const log = createLog(process.stderr);
  const { auth, close } = await openAuth(environment, log);
  const schema = await buildGuardedSchema({ resolvers: auth.resolvers });
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

  await untilTold();
  await server.close();
  await stopUpkeep();
  await close();
}

function greeting({ isExplorerOn, isProduction, databaseUrl, smtp }: Environment, url: string): string {
  const home = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice('sqlite:'.length) : 'PostgreSQL';
  const mode = isProduction ? 'production' : 'development';
  const lines = [`graphql-simplejwt is serving ${url}/graphql (${mode}, database: ${home})`];
  if (isExplorerOn) lines.push(`Open ${url}/graphql in a browser and run "Register", then "Me".`);
  if (smtp === null && !isProduction) lines.push(`Mails are written to ${MAIL_FOLDER}. AUTH_SMTP_URL sends them.`);
  return lines.join('\n');
}

async function untilTold(): Promise<void> {
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
