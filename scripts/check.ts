/** Runs every `check:` script of package.json: `npm run check`. Prints the output of those that fail, and nothing else. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

for (const name of Object.keys(scripts).filter((each) => each.startsWith('check:'))) {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', name], { cwd: ROOT, encoding: 'utf8' });
  if (status === 0) continue;
  console.error(`${name} failed:\n${stdout}${stderr}`);
  process.exitCode = 1;
}
