import type { Device } from '../device.ts';
import { InvalidCredentialsError, ServiceUnavailableError } from '../errors.ts';
import { record } from '../events/event-log.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { type Opening, openSession } from '../sessions/open-session.ts';
import { type Credentials, parseCredentials } from '../users/credentials.ts';
import { findUserByEmail, replacePasswordHash } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';

const MOST_ATTEMPTS = 3;

/**
 * Checks the password and opens a session.
 *
 * @throws InvalidCredentialsError: the same answer, after the same work, whatever was wrong.
 * @throws BadUserInputError that names each field.
 */
export async function login(parts: AccountParts, input: Credentials, opening: Opening): Promise<TokenPair> {
  const { email, password } = parseCredentials(input);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const user = await parts.database.read((em) => findUserByEmail(em, email));
    const isRight = await parts.passwords.matches(password, user?.passwordHash ?? null);
    if (user === null || !isRight || user.deactivatedAt !== null) return refuse(parts, user, opening.device);
    // Before there is a session: where it fails, none is open that nobody knows of.
    await renewHash(parts, user, password);
    const pair = await openSession(parts, user, opening);
    // Else the account changed while the password was checked, so it is checked again.
    if (pair !== null) return pair;
  }
  throw new ServiceUnavailableError();
}

/** On record it is whose account was tried; where there is none, as much is written. */
async function refuse(parts: AccountParts, user: User | null, device: Device): Promise<never> {
  const event = { type: 'LOGIN_FAILED' as const, userId: user?.id ?? null };
  await parts.database.transaction((em) => record(em, [event], device, parts.clock.now()));
  throw new InvalidCredentialsError();
}

async function renewHash(parts: AccountParts, user: User, password: string): Promise<void> {
  if (!parts.passwords.isOutdated(user.passwordHash)) return;
  const hash = await parts.passwords.hash(password);
  await parts.database.transaction((em) => replacePasswordHash(em, user, hash));
}
