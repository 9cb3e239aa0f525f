import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs the short form of a script that takes long, such as `npm run test:races`. */
export async function runShort(script: string): Promise<string> {
  const path = join(import.meta.dirname, '../..', script);
  const { stdout } = await promisify(execFile)(process.execPath, [path, '--short']);
  return stdout;
}
