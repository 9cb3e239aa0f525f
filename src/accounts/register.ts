import type { Device } from '../device.ts';
import { record } from '../events/security-event-store.ts';
import { queueMail } from '../mail/mail-store.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { insertPrepared, type Opening, prepareSession } from '../sessions/open-session.ts';
import { type Credentials, parseNewCredentials } from '../users/credentials.ts';
import { toSubject } from '../users/subject.ts';
import { addUserIfFree, removeUser } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { insertAccount, newUser } from './create-user.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';
import { mayMail, newOrder } from './request-mail.ts';
import { isEmailReserved } from './reserved-emails.ts';
import type { Screen } from './screen.ts';
import type { AccountServices } from './services.ts';

/**
 * Opens an account and its first session, in one transaction.
 *
 * @throws RateLimitedError if the client has to wait, or too many passwords are being hashed.
 * @throws BadUserInputError that names each field. EMAIL_TAKEN is the only answer of the API that reveals an account.
 */
export async function register(
  services: AccountServices,
  input: Credentials,
  opening: Opening,
  screen: Screen,
): Promise<TokenPair> {
  const account = await prepareAccount(services, input, opening.device, screen);
  const user = { ...account, lastLoginAt: account.createdAt };
  const prepared = await prepareSession(services, toSubject(user), opening);
  await insertAccount(services.database, user, (em) =>
    insertPrepared(em, services, prepared, 'REGISTERED', opening.device),
  );
  return prepared.pair;
}

/**
 * Opens an account that has to be verified before its first login, and mails a link to its address. If somebody has the
 * address, nothing is opened, and that somebody gets a mail. The answer, its time and what is written are the same.
 *
 * @throws RateLimitedError if the client has to wait, or too many passwords are being hashed.
 * @throws BadUserInputError that names each field.
 */
export async function registerUnverified(
  services: MailServices,
  input: Credentials,
  device: Device,
  screen: Screen,
): Promise<void> {
  const user = await prepareAccount(services, input, device, screen);
  const mail = newOrder(services, device, { purpose: 'REGISTRATION', email: user.email });
  const isMailed = await mayMail(services, mail);
  const now = services.clock.now();
  await services.database.transaction(async (em) => {
    const isNew = await addUserIfFree(em, user);
    const isReserved = await isEmailReserved(em, user.email, user.id, now);
    if (isNew && isReserved) await removeUser(em, user.id);
    const isOpen = isNew && !isReserved;
    const type = isOpen ? 'REGISTERED' : 'REGISTRATION_REFUSED';
    await record(em, [{ type, userId: isOpen ? user.id : null }], device, now);
    if (isMailed) await queueMail(em, mail, now);
  });
  services.outbox.nudge();
}

async function prepareAccount(
  services: AccountServices,
  input: Credentials,
  device: Device,
  screen: Screen,
): Promise<User> {
  const credentials = await parseNewCredentials(input, services.settings.passwordMinLength);
  return services.passwords.admit(async () => {
    await limitClient(services, 'register', device);
    await screen(credentials);
    return newUser(services, credentials, []);
  });
}
