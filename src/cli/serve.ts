import type { MikroORM } from '@mikro-orm/core';
import { authEntities, buildGuardedSchema, createAuth, type PrivateJwkSet } from '../index.ts';
import { type Environment, readEnvironment, StartError } from '../server/environment.ts';
import { startHttpServer } from '../server/http-server.ts';
import { ensureKeysFile, readKeysFile } from '../server/keys-file.ts';
import { migrate, openDatabase, pendingMigrations } from '../server/open-database.ts';

/** Runs the server until it is told to stop. */
export async function serve(): Promise<void> {
  const environment = readEnvironment();
  const orm = await openDatabase(environment.databaseUrl, authEntities);
  const keys = await prepare(environment, orm);
  const auth = await createAuth({
    ...environment.settings,
    orm,
    keys,
    onFault: (fault) =>
      console.error(JSON.stringify({ level: 'error', msg: 'the blacklist could not be read', fault })),
  });
  const schema = await buildGuardedSchema({ resolvers: auth.resolvers });
  const server = await startHttpServer({ ...environment, auth, schema, logTo: process.stderr });
  console.log(greeting(environment, server.url));

  await untilTold();
  await server.close();
  await auth.close();
  await orm.close();
}

/** In development what is missing is made; in production it stops the start, with every fault at once. */
async function prepare({ isProduction, keysFile }: Environment, orm: MikroORM): Promise<PrivateJwkSet> {
  if (!isProduction) {
    await ensureKeysFile(keysFile);
    await migrate(orm);
    return readKeysFile(keysFile);
  }
  const [keys, pending] = await Promise.allSettled([readKeysFile(keysFile), pendingMigrations(orm)]);
  const faults = [keys, pending].flatMap((part) => (part.status === 'rejected' ? faultsOf(part.reason) : []));
  if (pending.status === 'fulfilled' && pending.value.length > 0)
    faults.push(`${pending.value.length} migrations are pending; "npm run migrate" applies them`);
  if (keys.status === 'rejected' || faults.length > 0) throw new StartError(faults);
  return keys.value;
}

function faultsOf(error: unknown): readonly string[] {
  if (error instanceof StartError) return error.faults;
  return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
}

function greeting({ isExplorerOn, databaseUrl }: Environment, url: string): string {
  const home = databaseUrl.startsWith('sqlite:') ? databaseUrl.slice('sqlite:'.length) : 'PostgreSQL';
  const lines = [`graphql-simplejwt is serving ${url}/graphql (database: ${home})`];
  if (isExplorerOn) lines.push(`Open ${url}/graphql in a browser and run "Register", then "Me".`);
  return lines.join('\n');
}

async function untilTold(): Promise<void> {
  await new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
