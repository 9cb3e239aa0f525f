import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The short form of a script that proves something at length: `npm run test:races`, `npm run test:crash`. */
async function runShort(script: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'soak', script), '--short']);
  return stdout;
}

test('a token that processes race for has one successor, and a logout leaves no live token, in the built program', async () => {
  expect(await runShort('races.ts')).toMatch(/All as promised\.\n$/);
}, 150_000);

test('RO-35: kills of the program or of PostgreSQL cost a client that retries with its key nothing', async () => {
  expect(await runShort('crash.ts')).toMatch(/All as promised\.\n$/);
}, 250_000);
