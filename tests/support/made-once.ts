import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const DATA = join(import.meta.dirname, '../../data');
/** Names the folder in which the files of one run of jest keep what they share. */
const SHARED_FOLDER = 'TEST_SHARED_FOLDER';
/** Milliseconds. */
const POLL = 50;
const PATIENCE = 180_000;

/** Lets this process and those that it starts share what takes long to make. It is removed when this process ends. */
export function shareWhatIsMade(): void {
  const folder = newFolder();
  process.env[SHARED_FOLDER] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}

/** A folder that was made for tests. */
interface Made {
  readonly folder: string;
  remove(): void;
}

/**
 * Makes a folder in the repository, from which its packages are found. In a run of jest, it is made once, and others wait for it.
 *
 * @throws Error if it takes too long, as after the process that makes it was killed.
 */
export function madeOnce(name: string, make: (folder: string) => void): Made {
  const shared = process.env[SHARED_FOLDER];
  if (shared === undefined) {
    const folder = newFolder();
    const remove = () => rmSync(folder, { recursive: true, force: true });
    try {
      make(folder);
    } catch (error) {
      remove();
      throw error;
    }
    return { folder, remove };
  }
  const folder = join(shared, name);
  const deadline = performance.now() + PATIENCE;
  while (!existsSync(folder)) {
    if (performance.now() > deadline) throw new Error(`${folder} was not made within ${PATIENCE} ms.`);
    const isFirst = underLock(`${folder}.lock`, () => {
      if (existsSync(folder)) return;
      const unfinished = mkdtempSync(`${folder}-`);
      make(unfinished);
      renameSync(unfinished, folder);
    });
    if (!isFirst) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL);
  }
  return { folder, remove: () => undefined };
}

/** Does something while no other process does. Returns whether it did. */
function underLock(lock: string, work: () => void): boolean {
  try {
    mkdirSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    work();
  } finally {
    rmdirSync(lock);
  }
  return true;
}

function newFolder(): string {
  mkdirSync(DATA, { recursive: true });
  return mkdtempSync(join(DATA, 'made-'));
}
