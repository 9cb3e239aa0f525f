import { createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import { HashQueue } from './hash-queue.ts';

/** bcrypt rejects a lower cost at once. The fast answer would reveal that the account exists. */
const LOWEST_COST = 4;
/** The highest cost that a stored hash may have. Each step doubles the time: 31 would take a day. */
const HIGHEST_COST = 16;
/** A stored hash: plain bcrypt, or `$hmac-sha384$`, the `kid` of the key, and bcrypt of the digest. */
const STORED_HASH = /^(?:\$hmac-sha384\$(?<kid>.+))?(?<bcrypt>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53})$/;
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
  /** Takes as long for an unknown user (`null`) as for a known one whose hash is not outdated. */
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
 */
export async function createPasswordHasher(
  { bcryptCost: cost, bcryptParallelism }: { readonly bcryptCost: number; readonly bcryptParallelism: number },
  keys: readonly [DigestKey, ...DigestKey[]],
): Promise<PasswordHasher> {
  const [current] = keys;
  const queue = new HashQueue(bcryptParallelism);
  const standIn = await bcrypt.hash('', cost);
  return Object.freeze({
    admit: async (operation) => queue.admit(operation),
    async hash(password) {
      const hash = await queue.hash(() => bcrypt.hash(digest(password, current), cost));
      return `${HASH_HEAD}${current.kid}${hash}`;
    },
    async matches(password, hash) {
      const stored = parseHash(hash);
      const key = stored?.kid === undefined ? undefined : keys.find(({ kid }) => kid === stored.kid);
      const isPlain = stored !== null && stored.kid === undefined;
      const input = isPlain ? password : digest(password, key ?? current);
      const usable = stored !== null && (isPlain || key !== undefined) ? stored.bcrypt : null;
      const isEqual = await queue.hash(() => bcrypt.compare(input, usable ?? standIn));
      return usable !== null && isEqual;
    },
    isOutdated(hash) {
      const stored = parseHash(hash);
      return stored?.kid !== current.kid || stored.cost !== cost;
    },
  } satisfies PasswordHasher);
}

function digest(password: string, { secret }: DigestKey): string {
  return createHmac('sha384', secret).update(password).digest('base64');
}

interface StoredHash {
  readonly kid: string | undefined;
  /** In a form that bcrypt compares with. */
  readonly bcrypt: string;
  readonly cost: number;
}

/** The parts of a stored hash, or null if it can never match. */
function parseHash(hash: string | null): StoredHash | null {
  const { kid, bcrypt: text = '', cost: digits } = STORED_HASH.exec(hash ?? '')?.groups ?? {};
  const cost = Number(digits ?? Infinity);
  // `$2y$` is PHP's name for `$2b$`. The library does not know it.
  return cost >= LOWEST_COST && cost <= HIGHEST_COST ? { kid, bcrypt: text.replace(/^\$2y/, '$2b'), cost } : null;
}
