import type { Device } from '../device.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { queueMail } from '../mail/mail-store.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { findSession } from '../sessions/session-store.ts';
import { normalizePassword } from '../users/credentials.ts';
import { findUser } from '../users/user-store.ts';
import { NO_PASSWORD } from '../users/user.entity.ts';
import { limitClient, limitPasswordChange } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';
import { mayMail, newOrder, parseAddress } from './request-mail.ts';

/** What a user sends to change the e-mail. */
export interface EmailChange {
  readonly newEmail: string;
  /** Null for an account without one. */
  readonly password: string | null;
}

/** Milliseconds. For so long, the login itself is the proof of a user who has no password. */
const FRESH = 900_000;

/**
 * Has a code mailed to a new address. The account stays as it is until the same session sends the code to `confirmEmailChange`.
 * The answer does not say whether somebody has the address.
 *
 * @returns the id of the request, which the digits of the mail need.
 * @throws InvalidCredentialsError if the password is wrong. Without a password, if the login is older than 15 minutes.
 * @throws RateLimitedError if the client or the user has to wait, or too many passwords are being checked.
 * @throws BadUserInputError if mail cannot be sent to the address.
 */
export async function requestEmailChange(
  services: MailServices,
  caller: CurrentUser,
  { newEmail, password }: EmailChange,
  device: Device,
): Promise<string> {
  const email = parseAddress(newEmail, 'input.newEmail');
  return services.passwords.admit(async () => {
    await limitClient(services, 'login', device);
    if (!(await isProved(services, caller, password))) return refuse(services, caller, device);
    const order = newOrder(services, device, {
      purpose: 'EMAIL_CHANGE',
      email,
      userId: caller.id,
      sessionId: caller.sessionId,
    });
    if (!(await mayMail(services, order))) return order.id;
    await services.database.transaction((em) => queueMail(em, order, services.clock.now()));
    services.outbox.nudge();
    return order.id;
  });
}

/** Whether the caller is the user, and not somebody who found an open session. */
async function isProved(services: MailServices, caller: CurrentUser, password: string | null): Promise<boolean> {
  const forgetFailures = await limitPasswordChange(services, caller.id);
  const session = await services.database.read((em) => findSession(em, caller.sessionId));
  const user = await services.database.read((em) => findUser(em, caller.id));
  if (session === null || user === null || user.deactivatedAt !== null) return false;
  const isRight =
    user.passwordHash === NO_PASSWORD
      ? services.clock.now() - session.createdAt.getTime() < FRESH
      : await services.passwords.matches(normalizePassword(password ?? ''), user.passwordHash);
  if (isRight) await services.database.transaction(forgetFailures);
  return isRight;
}

async function refuse(services: MailServices, { id }: CurrentUser, device: Device): Promise<never> {
  const event = { type: 'EMAIL_CHANGE_FAILED' as const, userId: id };
  await services.database.transaction((em) => record(em, [event], device, services.clock.now()));
  throw new InvalidCredentialsError();
}
