import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const ROLLDOWN = join(ROOT, 'node_modules/rolldown');

/** Bundles a built server by the command of docs/deploying.md, which runs in a folder. Returns the path of the bundle's program. */
export function bundleServer(main: string, folder: string): string {
  const page = readFileSync(join(ROOT, 'docs/deploying.md'), 'utf8');
  const [, named, options = ''] = /^npx rolldown@(\S+) \S+\/main\.js (.*?)\n```$/ms.exec(page) ?? [];
  const { version } = JSON.parse(readFileSync(join(ROLLDOWN, 'package.json'), 'utf8')) as { version: string };
  if (named !== version) throw new Error(`docs/deploying.md bundles with rolldown ${named}, and ${version} is tested.`);
  const command = `"${process.execPath}" "${join(ROLLDOWN, 'bin/cli.mjs')}" "${main}" ${options}`;
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  return join(folder, 'bundle/main.mjs');
}
