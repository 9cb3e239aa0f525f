import type { TokenPair } from '../sessions/issue-tokens.ts';
import { insertPrepared, type Opening, prepareSession } from '../sessions/open-session.ts';
import { type Credentials, parseNewCredentials } from '../users/credentials.ts';
import { insertAccount, newUser } from './create-user.ts';
import { limitClient } from './limit-checks.ts';
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
  const credentials = parseNewCredentials(input, services.settings.passwordMinLength);
  const account = await services.passwords.admit(async () => {
    await limitClient(services, 'register', opening.device);
    await screen(credentials);
    return newUser(services, credentials, []);
  });
  const user = { ...account, lastLoginAt: account.createdAt };
  const prepared = await prepareSession(services, user, opening);
  await insertAccount(services.database, user, (em) =>
    insertPrepared(em, services, prepared, 'REGISTERED', opening.device),
  );
  return prepared.pair;
}
