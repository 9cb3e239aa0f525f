import bcrypt from 'bcrypt';

/** bcrypt takes no cost below this for one, and answers at once, which would tell that the account is there. */
const LOWEST_COST = 4;
/** The most that a stored hash may ask for: each step doubles the time, and 31 would take a day. */
const HIGHEST_COST = 16;
const BCRYPT_HASH = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** The only code that knows how passwords are kept. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Takes as long for a user who does not exist (`null`) as for one who does. */
  matches(password: string, hash: string | null): Promise<boolean>;
  /** Whether a hash was made at another cost than new ones are. */
  isOutdated(hash: string): boolean;
}

/** bcrypt at a cost, which is the base-two logarithm of its rounds. */
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

/** A hash that bcrypt will really compare with, or null. */
function usableHash(hash: string | null): string | null {
  if (hash === null) return null;
  const cost = costOf(hash);
  // `$2y$` is PHP's name for the same; the library knows only the other.
  return cost >= LOWEST_COST && cost <= HIGHEST_COST ? hash.replace(/^\$2y/, '$2b') : null;
}
