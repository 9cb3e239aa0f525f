import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { generateKeys, importKeyRing, KeyRingError, type PrivateJwkSet } from 'graphql-simplejwt';
import { StartError } from './environment.ts';

const OWNER_ONLY = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
export const READABLE_BY_OTHERS = 0o044;

/**
 * Reads the key ring and checks it.
 *
 * @throws StartError that names every fault.
 */
export async function readKeysFile(path: string): Promise<PrivateJwkSet> {
  const keys = parse(path, await read(path));
  const mode = await modeOf(path);
  // Whoever can write the keys can replace them, and sign tokens for anybody.
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    throw new StartError([`AUTH_KEYS_FILE: others can write ${path} (mode ${mode.toString(8)}): run chmod 600`]);
  try {
    importKeyRing(keys);
  } catch (error) {
    if (error instanceof KeyRingError) throw new StartError(error.faults.map((fault) => `${path}: ${fault}`));
    throw error;
  }
  return keys;
}

/**
 * Writes a new key ring if there is none. If several processes start at once, one writes, and all read the same keys.
 *
 * @throws StartError if it cannot be written.
 */
export async function ensureKeysFile(path: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const refuse = (error: unknown): never => {
    throw new StartError([`AUTH_KEYS_FILE: ${path} cannot be written (${codeOf(error)})`]);
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch(refuse);
  try {
    await writeFile(draft, `${JSON.stringify(generateKeys(), null, 2)}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    await link(draft, path);
  } catch (error) {
    // Another process was faster.
    if (codeOf(error) !== 'EEXIST') refuse(error);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The permissions of a file; none where the platform has no such permissions. */
export async function modeOf(path: string): Promise<number> {
  return process.platform === 'win32' ? 0 : (await stat(path)).mode & 0o777;
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT')
      throw new StartError([`AUTH_KEYS_FILE: ${path} does not exist. "keys:generate ${path}" writes new keys`]);
    throw new StartError([`AUTH_KEYS_FILE: ${path} cannot be read (${code})`]);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

function parse(path: string, text: string): PrivateJwkSet {
  try {
    return JSON.parse(text) as PrivateJwkSet;
  } catch {
    throw new StartError([`AUTH_KEYS_FILE: ${path} is not JSON`]);
  }
}
