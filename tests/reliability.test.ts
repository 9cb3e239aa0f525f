import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs the short form of a long test: `npm run test:races`, `npm run test:crash`. */
async function runShort(script: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'soak', script), '--short']);
  return stdout;
}

test('a token that processes of the built program race for has one successor, and a logout leaves no live token', async () => {
  expect(await runShort('races.ts')).toMatch(/All as promised\.\n$/);
}, 150_000);

test('a client that retries with its key loses nothing when the program or PostgreSQL is killed', async () => {
  expect(await runShort('crash.ts')).toMatch(/All as promised\.\n$/);
}, 250_000);
