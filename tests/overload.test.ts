import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs the short form of a long script. */
async function runShort(script: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, '..', script), '--short']);
  return stdout;
}

test('random documents get no answer of 5xx', async () => {
  expect(await runShort('tests/soak/random-documents.ts')).toMatch(/All as promised\.\n$/);
}, 250_000);

test('the heaviest document of a search has a small answer', async () => {
  expect(await runShort('bench/hostile.ts')).toMatch(/All as promised\.\n$/);
}, 310_000);
