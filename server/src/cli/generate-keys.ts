import { existsSync } from 'node:fs';
import { StartError } from '../environment.ts';
import { ensureKeysFile } from '../keys-file.ts';

/** Writes a new key ring to a file, which must not exist yet. */
export async function runGenerateKeys([file, ...others]: readonly string[]): Promise<void> {
  if (file === undefined || file.startsWith('-') || others.length > 0)
    throw new StartError(['usage: keys:generate FILE']);
  if (existsSync(file)) throw new StartError([`${file} exists already. Keys are never overwritten`]);
  await ensureKeysFile(file);
  console.log(`Wrote new keys to ${file}. Keep a copy: without them, everybody has to log in again.`);
}
