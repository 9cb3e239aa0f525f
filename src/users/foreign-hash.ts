import { pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** Compares a password with a hash that another program has made. */
export type Compare = (password: string) => Promise<boolean>;

/** Django's PBKDF2: the algorithm, the iterations, the salt, and the digest in base64. */
const PBKDF2 = /^pbkdf2_(sha1|sha256|sha512)\$([1-9]\d{0,6})\$([^$]+)\$([A-Za-z0-9+/]+={0,2})$/;
/** The PHC form of argon2. Django puts a name before it. */
const ARGON2 =
  /^(?:argon2)?(\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=\d{1,2},p=\d{1,3}\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+)$/;

const derive = promisify(pbkdf2);

/** Reads a hash of argon2 or of Django's PBKDF2. Null if it is another. */
export function readForeignHash(hash: string): Compare | null {
  const [, digest, iterations, salt, expected] = PBKDF2.exec(hash) ?? [];
  if (digest !== undefined && iterations !== undefined && salt !== undefined && expected !== undefined)
    return comparePbkdf2(digest, Number(iterations), salt, Buffer.from(expected, 'base64'));
  const [, argon2] = ARGON2.exec(hash) ?? [];
  return argon2 === undefined ? null : compareArgon2(argon2);
}

function compareArgon2(hash: string): Compare {
  return async (password) => {
    // Few servers have such hashes, and the others need not load it.
    const { verify } = await import('@node-rs/argon2');
    // It refuses parameters that argon2 does not allow.
    return verify(hash, password).catch(() => false);
  };
}

function comparePbkdf2(digest: string, iterations: number, salt: string, expected: Buffer): Compare {
  return async (password) =>
    timingSafeEqual(await derive(password, salt, iterations, expected.length, digest), expected);
}
