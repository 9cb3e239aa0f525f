import { spawn } from 'node:child_process';
import { once } from 'node:events';

const HOLD = `
  import Database from 'better-sqlite3';
  const database = new Database(process.argv[1]);
  database.exec('begin exclusive');
  console.log('locked');
  process.stdin.resume().on('end', () => { database.exec('rollback'); database.close(); });
`;

/** Lets another process hold the write lock of a SQLite file until it is told to let go. */
export async function lockSqlite(databaseUrl: string): Promise<{ release(): Promise<void> }> {
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', HOLD, databaseUrl.slice('sqlite:'.length)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  });
  const gone = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), gone.then(() => Promise.reject(new Error('the holder is gone')))]);
  return {
    async release() {
      holder.stdin.end();
      await gone;
    },
  };
}
