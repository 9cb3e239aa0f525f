import { createHash, createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import { type Compare, readForeignHash } from './foreign-hash.ts';
import { HashQueue } from './hash-queue.ts';

/** bcrypt rejects a lower cost at once. The fast answer would reveal that the account exists. */
const LOWEST_COST = 4;
/** The highest cost that a stored hash may have. Each step doubles the time: 31 would take a day. */
const HIGHEST_COST = 16;
/** A hash of bcrypt: plain, with Django's name before it, or `$hmac-sha384$`, the `kid` of the key, and bcrypt of the digest. */
const BCRYPT_HASH =
  /^(?:\$hmac-sha384\$(?<kid>.+)|bcrypt(?<sha256>_sha256)?\$)?(?<bcrypt>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53})$/;
/** How the hash of a digest begins: this, the `kid`, and then `HASH_TAIL_LENGTH` characters of bcrypt. */
export const HASH_HEAD = '$hmac-sha384$';
export const HASH_TAIL_LENGTH = 60;

/** A key that digests passwords. */
export interface DigestKey {
  readonly kid: string;
  readonly secret: Parameters<typeof createHmac>[1];
}

/** The only code that knows how passwords are stored. */
export interface PasswordHasher {
  /**
   * Runs an operation that a request asks for and that will hash.
   *
   * @throws RateLimitedError at once, before the operation has begun, if too many are under way.
   */
  admit<T>(operation: () => Promise<T>): Promise<T>;
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown user (`null`) as for a known one whose hash is not outdated, or as the last one did. */
  matches(password: string, hash: string | null): Promise<boolean>;
  /** Whether a hash was made at another cost, with another key or without a digest. */
  isOutdated(hash: string): boolean;
}

/**
 * Hashes with bcrypt. bcrypt reads 72 bytes, so it gets an HMAC-SHA-384 digest in base64, which has 64. Because the digest
 * has a key, a stolen database alone does not let anyone guess passwords.
 *
 * @param settings - the cost is the base-two logarithm of bcrypt's rounds.
 * @param keys - the first is for new hashes. All of them verify.
 * @param imitatesLast - whether an unknown user takes as long as the last known one did. It is for hashes that the host keeps,
 *   which may be of any kind and cost.
 */
export async function createPasswordHasher(
  { bcryptCost: cost, bcryptParallelism }: { readonly bcryptCost: number; readonly bcryptParallelism: number },
  keys: readonly [DigestKey, ...DigestKey[]],
  imitatesLast: boolean,
): Promise<PasswordHasher> {
  const [current] = keys;
  const queue = new HashQueue(bcryptParallelism);
  const standIn = await bcrypt.hash('', cost);
  let last: string | null = null;
  /** Null if the hash can never match. */
  const comparisonWith = (hash: string): Compare | null => {
    const stored = parseBcrypt(hash);
    if (stored === null) return readForeignHash(hash);
    const { kid } = stored;
    if (kid === undefined)
      return (password) => bcrypt.compare(stored.isSha256 ? sha256(password) : password, stored.bcrypt);
    const key = keys.find((each) => each.kid === kid);
    return key === undefined ? null : (password) => bcrypt.compare(digest(password, key), stored.bcrypt);
  };
  return Object.freeze({
    admit: async (operation) => queue.admit(operation),
    async hash(password) {
      const hash = await queue.hash(() => bcrypt.hash(digest(password, current), cost));
      return `${HASH_HEAD}${current.kid}${hash}`;
    },
    async matches(password, hash) {
      const compare = hash === null ? null : comparisonWith(hash);
      if (compare !== null && imitatesLast) last = hash;
      const imitate = last === null ? null : comparisonWith(last);
      const isEqual = await queue.hash(() =>
        (compare ?? imitate ?? ((each: string) => bcrypt.compare(digest(each, current), standIn)))(password),
      );
      return compare !== null && isEqual;
    },
    isOutdated(hash) {
      const stored = parseBcrypt(hash);
      return stored?.kid !== current.kid || stored.cost !== cost;
    },
  } satisfies PasswordHasher);
}

function digest(password: string, { secret }: DigestKey): string {
  return createHmac('sha384', secret).update(password).digest('base64');
}

/** In hexadecimal, as Django's `bcrypt_sha256` does. */
function sha256(password: string): string {
  return createHash('sha256').update(password).digest('hex');
}

interface BcryptHash {
  readonly kid: string | undefined;
  readonly isSha256: boolean;
  /** In a form that bcrypt compares with. */
  readonly bcrypt: string;
  readonly cost: number;
}

/** The parts of a hash of bcrypt, or null if it is none, or has a cost out of bounds. */
function parseBcrypt(hash: string): BcryptHash | null {
  const { kid, sha256: isSha256, bcrypt: text = '', cost: digits } = BCRYPT_HASH.exec(hash)?.groups ?? {};
  const cost = Number(digits ?? Infinity);
  if (cost < LOWEST_COST || cost > HIGHEST_COST) return null;
  // `$2y$` is PHP's name for `$2b$`. The library does not know it.
  return { kid, isSha256: isSha256 !== undefined, bcrypt: text.replace(/^\$2y/, '$2b'), cost };
}
