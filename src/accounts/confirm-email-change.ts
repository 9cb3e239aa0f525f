import { consumeCode, insertCode } from '../codes/one-time-code-store.ts';
import type { OneTimeCode } from '../codes/one-time-code.entity.ts';
import type { Device } from '../device.ts';
import { isUniqueViolation } from '../database/driver-errors.ts';
import { BadUserInputError, InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { queueMail } from '../mail/mail-store.ts';
import { InputRefusalReason } from '../reasons.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { type AuthUser, toAuthUser } from '../users/auth-user.ts';
import { changeUser } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { checkCode, type GivenCode } from './check-code.ts';
import { codeOf } from './compose-mail.ts';
import { limitClient } from './limit-checks.ts';
import { LONG_LIFETIME, MAIL_PLANS } from './mail-plans.ts';
import type { MailServices } from './mail-services.ts';
import { newOrder } from './request-mail.ts';
import { isEmailReserved } from './reserved-emails.ts';

/**
 * Changes the caller's e-mail with a code that was mailed to the new one, in the session that asked for it. The old address is
 * told, and may bring itself back for seven days. Sessions go on.
 *
 * @throws InvalidCredentialsError if the code is wrong, used, expired, was tried too often, or belongs to another session.
 * @throws RateLimitedError if the client has to wait.
 * @throws BadUserInputError if somebody else has got the address meanwhile.
 */
export async function confirmEmailChange(
  services: MailServices,
  caller: CurrentUser,
  given: GivenCode,
  device: Device,
): Promise<AuthUser> {
  await limitClient(services, 'login', device);
  const checked = await checkCode(services, ['EMAIL_CHANGE'], given);
  if (checked === null || checked.code.sessionId !== caller.sessionId) throw new InvalidCredentialsError();
  const { code, user } = checked;
  const changed = await changeEmail(services, code, user, device).catch((error: unknown) => {
    throw isUniqueViolation(error) ? emailTaken() : error;
  });
  if (changed === null) throw new InvalidCredentialsError();
  services.mirror.raise([changed]);
  services.outbox.nudge();
  return toAuthUser(changed);
}

/** @returns null if the code was used meanwhile, or the user was changed. */
async function changeEmail(
  services: MailServices,
  code: OneTimeCode,
  user: User,
  device: Device,
): Promise<User | null> {
  const { email } = code;
  if (email === null) throw new TypeError('The code of a change names no address.');
  const now = services.clock.now();
  const change = { email, emailVerifiedAt: new Date(now) };
  const mail = newOrder(
    services,
    device,
    { purpose: 'EMAIL_REVERT', email: user.email, userId: user.id },
    LONG_LIFETIME,
  );
  const isDone = await services.database.transaction(async (em) => {
    if (!(await consumeCode(em, code.id, now)) || !(await changeUser(em, user, change, now))) return false;
    if (await isEmailReserved(em, email, user.id, now)) throw emailTaken();
    // The code exists from now on, and not only once the mail is sent, because it reserves the old address.
    await insertCode(em, codeOf(mail, MAIL_PLANS.EMAIL_REVERT, user));
    await queueMail(em, mail, now);
    await record(em, [{ type: 'EMAIL_CHANGED', userId: user.id }], device, now);
    return true;
  });
  return isDone ? { ...user, ...change, tokenVersion: user.tokenVersion + 1 } : null;
}

function emailTaken(): BadUserInputError {
  return new BadUserInputError([{ path: 'input.code', reason: InputRefusalReason.EMAIL_TAKEN }]);
}
