import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const ROLLDOWN = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');

/** Bundles a built server by the command of docs/deploying.md, which runs in a folder. Returns the path of the bundle's program. */
export function bundleServer(main: string, folder: string): string {
  const page = readFileSync(join(ROOT, 'docs/deploying.md'), 'utf8');
  const [, input = '', options = ''] = /^npx rolldown@\S+ (\S+) (.*?)\n```$/ms.exec(page) ?? [];
  if (!input.endsWith('/main.js')) throw new Error('docs/deploying.md has no command that bundles the server.');
  const command = `"${process.execPath}" "${ROLLDOWN}" "${main}" ${options}`;
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return join(folder, 'bundle/main.mjs');
}
