import { InvalidCredentialsError } from '../errors.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { type Device, openSession } from '../sessions/open-session.ts';
import { type Credentials, parseCredentials } from '../users/credentials.ts';
import { findUserByEmail } from '../users/user-directory.ts';
import type { AccountParts } from './parts.ts';

/**
 * Checks the password and opens a session.
 *
 * @throws InvalidCredentialsError: the same answer, after the same work, whatever was wrong.
 * @throws BadUserInputError that names each field.
 */
export async function login(parts: AccountParts, input: Credentials, device: Device): Promise<TokenPair> {
  const { email, password } = parseCredentials(input);
  const user = await parts.database.read((em) => findUserByEmail(em, email));
  const isRight = await parts.passwords.matches(password, user?.passwordHash ?? null);
  if (user === null || !isRight) throw new InvalidCredentialsError();
  const pair = await openSession(parts, user, device);
  if (pair === null) throw new InvalidCredentialsError();
  return pair;
}
