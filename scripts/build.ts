/**
 * Compiles packages into their `dist`: `node scripts/build.ts FOLDER...`. Files are replaced in place, and stale ones are
 * deleted afterwards, so that a server which runs from the same `dist` finds its modules at any time.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** What else a package has of the repository. */
const COPIED: Readonly<Record<string, readonly string[]>> = {
  server: ['LICENSE'],
  client: ['LICENSE', 'schema.graphql'],
};

for (const name of process.argv.slice(2)) {
  const folder = join(ROOT, name);
  for (const file of COPIED[name] ?? []) copyFileSync(join(ROOT, file), join(folder, file));
  const begun = Date.now();
  execFileSync(process.execPath, [TSC, '-p', join(folder, 'tsconfig.build.json')], { stdio: 'inherit' });
  deleteOlder(join(folder, 'dist'), begun);
}
const program = join(ROOT, 'server/dist/main.js');
if (existsSync(program)) chmodSync(program, 0o755);

function deleteOlder(folder: string, begun: number): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // File systems round the time of a file.
    if (entry.isFile() && statSync(path).mtimeMs < begun - 1_000) rmSync(path);
  }
}
