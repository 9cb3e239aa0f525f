import { type EntityManager, isUniqueViolation } from '../database.ts';
import type { Device } from '../device.ts';
import { BadUserInputError, InputRefusalReason } from '../errors.ts';
import { record } from '../events/event-log.ts';
import { newId } from '../id.ts';
import { type Credentials, parseNewCredentials } from '../users/credentials.ts';
import { addUser } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';
import { checkRoles } from './set-user-roles.ts';

const NO_DEVICE: Device = { userAgent: null, ipAddress: null };

/**
 * Opens an account without a session: how the first administrator is made.
 *
 * @throws BadUserInputError that names each field.
 */
export async function createUser(parts: AccountParts, input: Credentials, roles: readonly string[]): Promise<User> {
  const user = await newUser(parts, parseNewCredentials(input), checkRoles(roles));
  const event = { type: 'REGISTERED' as const, userId: user.id };
  await addAccount(parts, user, (em) => record(em, [event], NO_DEVICE, user.createdAt.getTime()));
  return user;
}

/** A row for somebody new, with the password hashed. */
export async function newUser(parts: AccountParts, credentials: Credentials, roles: readonly string[]): Promise<User> {
  const passwordHash = await parts.passwords.hash(credentials.password);
  const now = parts.clock.now();
  return {
    id: newId(now),
    email: credentials.email,
    passwordHash,
    roles,
    tokenVersion: 0,
    tokenVersionRaisedAt: null,
    deactivatedAt: null,
    createdAt: new Date(now),
    lastLoginAt: null,
  };
}

/** Adds somebody and what belongs to it, both or neither. */
export async function addAccount(
  parts: AccountParts,
  user: User,
  addRest: (em: EntityManager) => Promise<void>,
): Promise<void> {
  try {
    await parts.database.transaction(async (em) => {
      await addUser(em, user);
      await addRest(em);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new BadUserInputError([{ path: 'input.email', reason: InputRefusalReason.EMAIL_TAKEN }]);
  }
}
