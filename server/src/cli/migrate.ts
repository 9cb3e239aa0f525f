import { authEntities } from 'graphql-simplejwt';
import { readEnvironment } from '../environment.ts';
import { migrate, openDatabase } from '../database/open-database.ts';

/** Applies the pending migrations. */
export async function runMigrations(): Promise<void> {
  const { databaseUrl } = readEnvironment();
  const orm = await openDatabase(databaseUrl, authEntities);
  const applied = await migrate(orm);
  await orm.close();
  console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
}
