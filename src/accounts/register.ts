import { isUniqueViolation } from '../database.ts';
import { BadUserInputError, InputRefusalReason } from '../errors.ts';
import { newId } from '../id.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { type Device, prepareSession } from '../sessions/open-session.ts';
import { insertSession } from '../sessions/session-store.ts';
import { type Credentials, parseNewCredentials } from '../users/credentials.ts';
import { addUser } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';

/**
 * Opens an account and its first session, both or neither.
 *
 * @throws BadUserInputError that names each field; EMAIL_TAKEN is the one place where it shows who exists.
 */
export async function register(parts: AccountParts, input: Credentials, device: Device): Promise<TokenPair> {
  const { email, password } = parseNewCredentials(input);
  const passwordHash = await parts.passwords.hash(password);
  const now = parts.clock.now();
  const user: User = {
    id: newId(now),
    email,
    passwordHash,
    roles: [],
    tokenVersion: 0,
    createdAt: new Date(now),
    lastLoginAt: new Date(now),
  };
  const pair = await prepareSession(parts, user, device);
  try {
    await parts.database.transaction(async (em) => {
      await addUser(em, user);
      await insertSession(em, pair.session);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new BadUserInputError([{ path: 'input.email', reason: InputRefusalReason.EMAIL_TAKEN }]);
  }
  return pair;
}
