import type { MikroORM } from '@mikro-orm/core';
import { type Auth, authEntities, createAuth, type Fault, type PrivateJwkSet } from '../index.ts';
import { type Environment, StartError } from '../server/environment.ts';
import { ensureKeysFile, readKeysFile } from '../server/keys-file.ts';
import { migrate, openDatabase, pendingMigrations } from '../server/open-database.ts';

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
