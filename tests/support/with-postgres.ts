import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startPostgres } from './postgres.ts';

/** Runs a command with `DATABASE_URL` of an empty PostgreSQL that lives as long: `node with-postgres.ts COMMAND ...`. */
const [command = 'env', ...words] = process.argv.slice(2);
const postgres = await startPostgres();
const child = spawn(command, words, {
  stdio: 'inherit',
  env: { ...process.env, DATABASE_URL: postgres.url('postgres') },
});
const [code] = await once(child, 'exit');
await postgres.stop();
process.exitCode = code ?? 1;
