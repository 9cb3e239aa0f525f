import type { Device } from '../device.ts';
import { InvalidCredentialsError, ServiceUnavailableError } from '../errors.ts';
import { record } from '../events/event-log.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { insertFirstPair, type Opening, prepareSession } from '../sessions/open-session.ts';
import { checkPasswordChange } from '../users/credentials.ts';
import { changeUser, findUser } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';

/** What somebody sends to change the password. */
export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

const MOST_ATTEMPTS = 3;

/**
 * Changes the password, ends every session of the user and opens a new one for the caller, all or nothing.
 *
 * @throws InvalidCredentialsError if the current password is another, or the account was locked a moment ago.
 * @throws BadUserInputError that names each field.
 */
export async function changePassword(
  parts: AccountParts,
  userId: string,
  { currentPassword, newPassword }: PasswordChange,
  opening: Opening,
): Promise<TokenPair> {
  checkPasswordChange(currentPassword, newPassword);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const user = await parts.database.read((em) => findUser(em, userId));
    const isRight = await parts.passwords.matches(currentPassword, user?.passwordHash ?? null);
    if (user === null || !isRight || user.deactivatedAt !== null) return refuse(parts, userId, opening.device);
    const pair = await replacePassword(parts, user, await parts.passwords.hash(newPassword), opening);
    // Else the account changed while the password was checked, so it is checked again.
    if (pair !== null) return pair;
  }
  throw new ServiceUnavailableError();
}

async function replacePassword(
  parts: AccountParts,
  user: User,
  passwordHash: string,
  opening: Opening,
): Promise<TokenPair | null> {
  const now = parts.clock.now();
  const changed = { ...user, passwordHash, tokenVersion: user.tokenVersion + 1, lastLoginAt: new Date(now) };
  const pair = await prepareSession(parts, changed, opening);
  const ended = await parts.database.transaction(async (em) => {
    if (!(await changeUser(em, user, { passwordHash, lastLoginAt: changed.lastLoginAt }, now))) return null;
    const allEnded = await endWithin(em, parts, { userId: user.id }, 'PASSWORD_CHANGED', opening.device);
    await insertFirstPair(em, parts, pair, 'PASSWORD_CHANGED', opening.device);
    return allEnded;
  });
  if (ended === null) return null;
  parts.mirror.add(ended);
  parts.mirror.raise([changed]);
  return pair;
}

async function refuse(parts: AccountParts, userId: string, device: Device): Promise<never> {
  const event = { type: 'PASSWORD_CHANGE_FAILED' as const, userId };
  await parts.database.transaction((em) => record(em, [event], device, parts.clock.now()));
  throw new InvalidCredentialsError();
}
