import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const CLIENT = join(import.meta.dirname, '..');
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-client-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds what is built, the operations and the schema as it is, and needs no other package', async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: CLIENT });
  await run('sh', ['-c', 'tar -xzf *.tgz'], { cwd: folder });

  const unpacked = join(folder, 'package');
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest['dependencies']).toBeUndefined();
  expect(readFileSync(join(unpacked, 'schema.graphql'), 'utf8')).toBe(
    readFileSync(join(CLIENT, '../schema.graphql'), 'utf8'),
  );
  expect(readFileSync(join(unpacked, 'operations/session.graphql'), 'utf8')).toContain('mutation Login');
  // Node alone, without any other package beside it.
  const { stdout } = await run(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const kit = await import('${join(unpacked, 'dist/index.js')}'); console.log(Object.keys(kit));`,
    ],
    { cwd: folder },
  );
  expect(stdout).toContain('createAuthClient');
}, 60_000);
