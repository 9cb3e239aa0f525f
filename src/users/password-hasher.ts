import bcrypt from 'bcrypt';

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
      const isUsable = hash !== null && costOf(hash) <= HIGHEST_COST;
      const isEqual = await bcrypt.compare(password, isUsable ? hash : standIn);
      return isUsable && isEqual;
    },
    isOutdated: (hash) => costOf(hash) !== cost,
  } satisfies PasswordHasher);
}

function costOf(hash: string): number {
  return Number(BCRYPT_HASH.exec(hash)?.[1] ?? Infinity);
}
