import { POSTGRES_URL } from './databases.ts';
import { shareWhatIsMade } from './made-once.ts';
import { keepTemporaryFilesInMemory } from './memory-folder.ts';
import { type Postgres, startPostgres } from './postgres.ts';

declare global {
  var sharedPostgres: Postgres | undefined;
}

/** What the files of a run share: a place for temporary files, one build, one set of tarballs and one PostgreSQL. jest asks for a default export. */
export default async function prepareRun(): Promise<void> {
  keepTemporaryFilesInMemory();
  shareWhatIsMade();
  globalThis.sharedPostgres = await startPostgres();
  process.env[POSTGRES_URL] = globalThis.sharedPostgres.url('postgres');
}
