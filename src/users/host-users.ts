import type { Role } from '../auth-types.ts';
import { isAuthError, ServiceUnavailableError } from '../errors.ts';

/** A user of the host, as authentication needs to know one. */
export interface HostUser<User extends object = object> {
  /** Becomes the `sub` of tokens as a string, of at most 64 characters. */
  readonly id: string | number | bigint;
  /**
   * Tells apart two users who have the same id, one after the other. The time of the user's creation is good. At most 64
   * characters.
   */
  readonly stamp: string | number | bigint | Date;
  /** The roles that guards check. @defaultValue none */
  readonly roles?: readonly Role[];
  /** Whether the user can log in. @defaultValue `true` */
  readonly isActive?: boolean;
  /** The hash of the password, as it is stored. Null if there is none, or if `verifyPassword` checks passwords. */
  readonly passwordHash?: string | null;
  /** What resolves the `User` of your schema. */
  readonly user: User;
}

/**
 * Users that the host keeps, in any table and with any ORM. The library keeps only what authentication needs in addition. These
 * functions are called outside of its transactions. Let them read the primary database. If one of them throws, the client gets
 * SERVICE_UNAVAILABLE, and the fault is logged.
 */
export interface HostUsers<User extends object = object> {
  /** Finds a user by id. It is called at each login and refresh, and by `me`. */
  findById(id: string): Promise<HostUser<User> | null>;
  /**
   * Finds a user by what was typed at the login: an e-mail, a user name, a phone number. Without it, the schema has no `login`,
   * and you open sessions with `openSession`.
   */
  findByLogin?(typed: string): Promise<HostUser<User> | null>;
  /**
   * Brings what was typed into the form that stands for one account, so that its spellings share one limit.
   * @defaultValue NFKC, trimmed, in lower case
   */
  normalizeLogin?(typed: string): string;
  /**
   * Checks a password in place of the library, which checks `passwordHash`. It gets null for an unknown user, and should then
   * take as long as for a known one.
   */
  verifyPassword?(user: User | null, password: string): Promise<boolean>;
  /**
   * Stores a hash of the library's own form in place of the old one, if that is still stored. Without it, hashes stay as they
   * are, for example because another program reads them.
   */
  savePasswordHash?(user: User, newHash: string, oldHash: string): Promise<void>;
}

/** A user of the host, with each member in one form. */
export interface KnownHostUser {
  readonly id: string;
  readonly stamp: string;
  readonly roles: readonly string[];
  readonly isActive: boolean;
  readonly passwordHash: string | null;
  readonly user: object;
}

/** An id that fits its column, and that no log or header can misread. */
const HOST_ID = /^[^\p{Cc}\p{Cs}]{1,64}$/u;

export function isHostId(value: unknown): value is string {
  return typeof value === 'string' && HOST_ID.test(value);
}

/** @throws ServiceUnavailableError, with the cause, if the host's function fails. */
export async function askHost<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw isAuthError(error) ? error : new ServiceUnavailableError(error);
  }
}

/** Finds a user by id. A host that reads `1abc` as the number 1 finds nobody. */
export async function findHostUser(users: HostUsers, id: string): Promise<KnownHostUser | null> {
  const user = await findWith(async () => users.findById(id));
  return user?.id === id ? user : null;
}

/** Finds a user by what was typed at the login. */
export async function findHostUserByLogin(users: HostUsers, typed: string): Promise<KnownHostUser | null> {
  return findWith(async () => users.findByLogin?.(typed) ?? null);
}

async function findWith(find: () => Promise<HostUser | null>): Promise<KnownHostUser | null> {
  return askHost(async () => {
    const found = await find();
    return found && toKnown(found);
  });
}

function toKnown({ id, stamp, roles = [], isActive = true, passwordHash = null, user }: HostUser): KnownHostUser {
  const known = { id: String(id), stamp: stamp instanceof Date ? stamp.toISOString() : String(stamp) };
  for (const [name, value] of Object.entries(known))
    if (!isHostId(value)) throw new TypeError(`The ${name} of a host's user must have 1 to 64 printable characters.`);
  return { ...known, roles: [...roles], isActive, passwordHash, user };
}
