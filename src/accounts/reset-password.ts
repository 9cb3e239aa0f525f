import { consumeCode } from '../codes/one-time-code-store.ts';
import type { OneTimeCode } from '../codes/one-time-code.entity.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { notify } from '../sessions/notify.ts';
import { insertPrepared, type Opening, prepareSession } from '../sessions/open-session.ts';
import { parseNewPassword, refuseOwnEmail } from '../users/credentials.ts';
import { toSubject } from '../users/subject.ts';
import { changeUser } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { checkCode, type GivenCode } from './check-code.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';
import type { Screen } from './screen.ts';

/** What a client sends to choose a new password. */
export interface PasswordReset extends GivenCode {
  readonly newPassword: string;
}

const NEW_PASSWORD = 'input.newPassword';

/**
 * Sets a new password with a code that was mailed, ends every session of the user and opens a new one, all in one transaction.
 * A code is good for one use. If the new password is refused, the code stays good.
 *
 * @throws InvalidCredentialsError if the code is wrong, used, expired or was tried too often.
 * @throws RateLimitedError if the client has to wait, or too many passwords are being hashed.
 * @throws BadUserInputError that names each field.
 */
export async function resetPassword(
  services: MailServices,
  input: PasswordReset,
  opening: Opening,
  screen: Screen,
): Promise<TokenPair> {
  const newPassword = await parseNewPassword(input.newPassword, NEW_PASSWORD, services.settings.passwordMinLength);
  return services.passwords.admit(async () => {
    await limitClient(services, 'login', opening.device);
    const checked = await checkCode(services, ['PASSWORD_RESET', 'INVITATION'], input);
    if (checked === null) throw new InvalidCredentialsError();
    const { code, user } = checked;
    refuseOwnEmail(newPassword, NEW_PASSWORD, user.email);
    await screen({ email: user.email, password: newPassword });
    const passwordHash = await services.passwords.hash(newPassword);
    const pair = await replacePassword(services, code, user, passwordHash, opening);
    if (pair === null) throw new InvalidCredentialsError();
    return pair;
  });
}

/** @returns null if the code was used meanwhile, or the user was changed. */
async function replacePassword(
  services: MailServices,
  code: OneTimeCode,
  user: User,
  passwordHash: string,
  opening: Opening,
): Promise<TokenPair | null> {
  const now = services.clock.now();
  // Whoever has the code receives the mails of the address.
  const change = { passwordHash, lastLoginAt: new Date(now), emailVerifiedAt: user.emailVerifiedAt ?? new Date(now) };
  const changed = { ...user, ...change, tokenVersion: user.tokenVersion + 1 };
  const prepared = await prepareSession(services, toSubject(changed), opening);
  const ended = await services.database.transaction(async (em) => {
    if (!(await consumeCode(em, code.id, now))) return null;
    // Before the user's row is locked, as a login does: in another order, the two could wait for each other.
    await services.limiter.forget(em, 'account', user.email);
    if (!(await changeUser(em, user, change, now))) return null;
    const allEnded = await endWithin(em, services, { userId: user.id }, 'PASSWORD_RESET', opening.device);
    await insertPrepared(em, services, prepared, 'PASSWORD_RESET', opening.device);
    await notify(em, services, 'PASSWORD_CHANGED', prepared.session, opening.device);
    return allEnded;
  });
  if (ended === null) return null;
  services.mirror.add(ended);
  services.mirror.raise([changed]);
  return prepared.pair;
}
