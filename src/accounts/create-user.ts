import type { Role } from '../auth-types.ts';
import type { Database, HostEntityManager } from '../database/database.ts';
import type { EntityManager } from '../database/tables.ts';
import { NO_DEVICE } from '../device.ts';
import { isUniqueViolation } from '../database/driver-errors.ts';
import { BadUserInputError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { newId } from '../id.ts';
import { InputRefusalReason } from '../reasons.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import { type AuthUser, toAuthUser } from '../users/auth-user.ts';
import { type Credentials, parseNewCredentials } from '../users/credentials.ts';
import { ADMIN, parseRoles } from '../users/roles.ts';
import { addUser } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { isEmailReserved } from './reserved-emails.ts';
import type { AccountServices } from './services.ts';

/** A user to be created. */
export interface NewUser extends Credentials {
  /** @defaultValue `[]` */
  readonly roles?: readonly Role[];
  /**
   * Whether you know that the user receives the mails of the address.
   * @defaultValue `false`
   */
  readonly isEmailVerified?: boolean;
}

/** How a user is created. */
export interface CreateUserOptions {
  /**
   * The entity manager of your transaction. The user is then created in it, and disappears if you roll it back. On
   * PostgreSQL, a BadUserInputError because of a taken e-mail leaves your transaction unusable.
   */
  readonly em?: HostEntityManager;
}

/**
 * Creates a user without a session. The first administrator is created in this way.
 *
 * @throws ForbiddenError unless the caller is an administrator or the operator.
 * @throws BadUserInputError that names each field.
 * @throws TypeError if the given entity manager is not in a transaction.
 */
export async function createUser(
  services: AccountServices,
  caller: Caller,
  { roles = [], isEmailVerified = false, ...credentials }: NewUser,
  { em }: CreateUserOptions = {},
): Promise<AuthUser> {
  requireRole(caller, ADMIN);
  const database = em === undefined ? services.database : services.database.within(em);
  const account = await newUser(
    services,
    await parseNewCredentials(credentials, services.settings.passwordMinLength),
    parseRoles(roles),
  );
  const user = { ...account, emailVerifiedAt: isEmailVerified ? account.createdAt : null };
  const event = { type: 'REGISTERED' as const, userId: user.id };
  await insertAccount(database, user, (own) => record(own, [event], NO_DEVICE, user.createdAt.getTime()));
  return toAuthUser(user);
}

/** Makes the row of a new user and hashes the password. */
export async function newUser(
  services: AccountServices,
  credentials: Credentials,
  roles: readonly string[],
): Promise<User> {
  const passwordHash = await services.passwords.hash(credentials.password);
  return makeUser(services, { email: credentials.email, passwordHash, roles });
}

/** Makes the row of a new user. */
export function makeUser({ clock }: AccountServices, given: Pick<User, 'email' | 'passwordHash' | 'roles'>): User {
  const now = clock.now();
  return {
    id: newId(now),
    ...given,
    tokenVersion: 0,
    tokenVersionRaisedAt: null,
    emailVerifiedAt: null,
    deactivatedAt: null,
    createdAt: new Date(now),
    lastLoginAt: null,
  };
}

/**
 * Inserts a user and what belongs to it, in one transaction.
 *
 * @throws BadUserInputError if somebody has the e-mail, or may get it back.
 */
export async function insertAccount(
  database: Pick<Database, 'transaction'>,
  user: User,
  insertRest: (em: EntityManager) => Promise<void>,
): Promise<void> {
  try {
    await database.transaction(async (em) => {
      await addUser(em, user);
      if (await isEmailReserved(em, user.email, user.id, user.createdAt.getTime())) throw emailTaken();
      await insertRest(em);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw emailTaken();
  }
}

function emailTaken(): BadUserInputError {
  return new BadUserInputError([{ path: 'input.email', reason: InputRefusalReason.EMAIL_TAKEN }]);
}
