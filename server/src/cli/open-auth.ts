import type { MikroORM } from '@mikro-orm/core';
import { type Auth, authEntities, createAuth, type Fault, type PrivateJwkSet } from 'graphql-simplejwt';
import { type Environment, inspectEnvironment, StartError } from '../environment.ts';
import { ensureKeysFile, readKeysFile } from '../keys-file.ts';
import { migrate, openDatabase, pendingMigrations } from '../database/open-database.ts';

/** Authentication on the database of the environment. */
export interface OpenAuth {
  readonly auth: Auth;
  readonly close: () => Promise<void>;
}

/**
 * Opens what every command works on. In development what is missing is made; in production it stops the start.
 *
 * @throws StartError with every fault at once.
 */
export async function openAuth(environment: Environment): Promise<OpenAuth> {
  const orm = await openDatabase(environment.databaseUrl, authEntities);
  try {
    const keys = await prepare(environment, orm);
    const auth = await createAuth({ ...environment.settings, orm, keys, onFault: logFault });
    const close = async () => {
      await auth.close();
      await orm.close();
    };
    return { auth, close };
  } catch (error) {
    await orm.close();
    throw error;
  }
}

/** Writes to the log what no request was told of. */
export function logFault(fault: Fault): void {
  console.error(JSON.stringify({ level: 'error', msg: 'work behind the requests failed', fault }));
}

/**
 * Reads the environment of a server.
 *
 * @throws StartError with every fault at once: in production also of what has to be there beside it.
 */
export async function readEnvironmentToServe(): Promise<Environment> {
  const { environment, faults, isProduction, keysFile, databaseUrl } = inspectEnvironment();
  if (environment !== null) return environment;
  if (!isProduction) throw new StartError(faults);
  const ofKeys = keysFile === null ? [] : await faultsOf(readKeysFile(keysFile));
  const ofDatabase = databaseUrl === null ? [] : await faultsOf(lookForMigrations(databaseUrl));
  throw new StartError([...faults, ...ofKeys, ...ofDatabase]);
}

async function prepare({ isProduction, keysFile }: Environment, orm: MikroORM): Promise<PrivateJwkSet> {
  if (isProduction) {
    const faults = [...(await faultsOf(readKeysFile(keysFile))), ...(await faultsOf(requireMigrations(orm)))];
    if (faults.length > 0) throw new StartError(faults);
  } else {
    await ensureKeysFile(keysFile);
    await migrate(orm);
  }
  return readKeysFile(keysFile);
}

async function lookForMigrations(databaseUrl: string): Promise<void> {
  const orm = await openDatabase(databaseUrl, authEntities);
  try {
    await requireMigrations(orm);
  } finally {
    await orm.close();
  }
}

async function requireMigrations(orm: MikroORM): Promise<void> {
  const pending = await pendingMigrations(orm);
  if (pending.length === 0) return;
  throw new StartError([`${pending.length} migrations are pending; "npm run migrate" applies them`]);
}

async function faultsOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof StartError) return error.faults;
    return [error instanceof Error ? `${error.name}: ${error.message}` : String(error)];
  }
}
