import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const SHARED_MEMORY = '/dev/shm';
const GIGABYTE = 2 ** 30;
/** What a run writes, several times over. */
const ROOM = 8 * GIGABYTE;

/**
 * Lets this process and those that it starts keep temporary files in memory, if there is room. A database for a test is then
 * made in a fifth of the time. The files are removed when this process ends.
 */
export function keepTemporaryFilesInMemory(): void {
  if (!hasRoom()) return;
  const folder = mkdtempSync(join(SHARED_MEMORY, 'graphql-simplejwt-'));
  // PostgreSQL runs as another user if this one is root.
  chmodSync(folder, 0o755);
  process.env['TMPDIR'] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }));
}

/** A container's shared memory is often small, and may not hold what is executed, as the drivers are. */
function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(SHARED_MEMORY);
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find(([, path]) => path === SHARED_MEMORY);
    const options = mount?.[3]?.split(',') ?? ['noexec'];
    return bavail * bsize >= ROOM && !options.includes('noexec');
  } catch {
    return false;
  }
}
