import { authEntities } from 'graphql-simplejwt';
import { createDatabase, databaseExists, migrate, openDatabase } from '../database/open-database.ts';
import { readEnvironment, StartError } from '../environment.ts';
import { parseArguments } from './arguments.ts';

/** Applies the pending migrations. In production, it creates a database only with `--create`. */
export async function runMigrations(args: readonly string[]): Promise<void> {
  const { create = false } = parseArguments('migrate [--create]', args, { create: { type: 'boolean' } });
  const { databaseUrl, isProduction } = readEnvironment();
  if (create || !isProduction) await createDatabase(databaseUrl);
  else if (!(await databaseExists(databaseUrl)))
    throw new StartError(['DATABASE_URL: the database does not exist. "migrate --create" creates it']);
  const orm = await openDatabase(databaseUrl, authEntities);
  const applied = await migrate(orm);
  await orm.close();
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
}
