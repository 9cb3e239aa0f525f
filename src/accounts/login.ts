import type { Device } from '../device.ts';
import { EmailUnverifiedError, InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { retryIfChanged } from '../retry.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { type Opening, openSession } from '../sessions/open-session.ts';
import { type Credentials, parseCredentials } from '../users/credentials.ts';
import { toSubject } from '../users/subject.ts';
import { findUserByEmail, replacePasswordHash } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { limitAccount, limitClient } from './limit-checks.ts';
import type { Screen } from './screen.ts';
import type { AccountServices } from './services.ts';

/**
 * Checks the password and opens a session.
 *
 * @throws InvalidCredentialsError: the same answer after the same work, whatever was wrong.
 * @throws EmailUnverifiedError if the password is right and the settings require a proved address.
 * @throws RateLimitedError if the client or the account has to wait, or too many passwords are being checked.
 * @throws BadUserInputError that names each field.
 */
export async function login(
  services: AccountServices,
  input: Credentials,
  opening: Opening,
  screen: Screen,
): Promise<TokenPair> {
  const credentials = parseCredentials(input);
  return services.passwords.admit(async () => {
    await limitClient(services, 'login', opening.device);
    await screen(credentials);
    const forgetFailures = await limitAccount(services, credentials.email, opening.device);
    return retryIfChanged(async () => {
      const { email, password } = credentials;
      const user = await services.database.read((em) => findUserByEmail(em, email));
      const isRight = await services.passwords.matches(password, user?.passwordHash ?? null);
      if (user === null || !isRight || user.deactivatedAt !== null) return refuse(services, user, opening.device);
      // Before the session is opened: if it fails, no session exists that the client does not know.
      await renewHash(services, user, password);
      if (services.settings.emailVerification === 'required' && user.emailVerifiedAt === null) {
        await services.database.transaction(forgetFailures);
        throw new EmailUnverifiedError();
      }
      return openSession(services, toSubject(user), opening, forgetFailures);
    });
  });
}

/** Records the attempt. An unknown e-mail writes a row too, so the timing reveals nothing. */
async function refuse(services: AccountServices, user: User | null, device: Device): Promise<never> {
  const event = { type: 'LOGIN_FAILED' as const, userId: user?.id ?? null };
  await services.database.transaction((em) => record(em, [event], device, services.clock.now()));
  throw new InvalidCredentialsError();
}

async function renewHash(services: AccountServices, user: User, password: string): Promise<void> {
  if (!services.passwords.isOutdated(user.passwordHash)) return;
  const hash = await services.passwords.hash(password);
  await services.database.transaction((em) => replacePasswordHash(em, user, hash));
}
