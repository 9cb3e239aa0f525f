import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

// The short form of `npm run test:account-races`.
test('a refresh or a login of the built program that races with a change of the account leaves no live token', async () => {
  const script = join(import.meta.dirname, 'soak/account-races.ts');
  const { stdout } = await run(process.execPath, [script, '--short']);
  expect(stdout).toMatch(/All as promised\.\n$/);
}, 200_000);
