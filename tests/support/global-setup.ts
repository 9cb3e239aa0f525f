import { POSTGRES_URL } from './databases.ts';
import { type Postgres, startPostgres } from './postgres.ts';

declare global {
  var sharedPostgres: Postgres | undefined;
}

/** One PostgreSQL for a whole run. jest asks for a default export. */
export default async function startSharedPostgres(): Promise<void> {
  globalThis.sharedPostgres = await startPostgres();
  process.env[POSTGRES_URL] = globalThis.sharedPostgres.url('postgres');
}
