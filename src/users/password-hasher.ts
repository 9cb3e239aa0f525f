import bcrypt from 'bcrypt';

/** bcrypt rejects a lower cost at once. The fast answer would reveal that the account exists. */
const LOWEST_COST = 4;
/** The highest cost that a stored hash may have. Each step doubles the time: 31 would take a day. */
const HIGHEST_COST = 16;
const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** The only code that knows how passwords are stored. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown user (`null`) as for a known one. */
  matches(password: string, hash: string | null): Promise<boolean>;
  /** Whether a hash was made at another cost than new hashes are. */
  isOutdated(hash: string): boolean;
}

/** Hashes with bcrypt. The cost is the base-two logarithm of its rounds. */
export async function createPasswordHasher(cost: number): Promise<PasswordHasher> {
  const standIn = await bcrypt.hash('', cost);
  return Object.freeze({
    hash: (password) => bcrypt.hash(password, cost),
    async matches(password, hash) {
      const usable = usableHash(hash);
      const isEqual = await bcrypt.compare(password, usable ?? standIn);
      return usable !== null && isEqual;
    },
    isOutdated: (hash) => costOf(hash) !== cost,
  } satisfies PasswordHasher);
}

function costOf(hash: string): number {
  return Number(BCRYPT_HASH.exec(hash)?.[1] ?? Infinity);
}

/** The hash in a form that bcrypt compares with, or null. */
function usableHash(hash: string | null): string | null {
  if (hash === null) return null;
  const cost = costOf(hash);
  // `$2y$` is PHP's name for `$2b$`. The library does not know it.
  return cost >= LOWEST_COST && cost <= HIGHEST_COST ? hash.replace(/^\$2y/, '$2b') : null;
}
