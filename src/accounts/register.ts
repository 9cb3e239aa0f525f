import type { TokenPair } from '../sessions/issue-tokens.ts';
import { insertFirstPair, type Opening, prepareSession } from '../sessions/open-session.ts';
import { type Credentials, parseNewCredentials } from '../users/credentials.ts';
import { addAccount, newUser } from './create-user.ts';
import type { AccountParts } from './parts.ts';

/**
 * Opens an account and its first session, both or neither.
 *
 * @throws BadUserInputError that names each field; EMAIL_TAKEN is the one place where it shows who exists.
 */
export async function register(parts: AccountParts, input: Credentials, opening: Opening): Promise<TokenPair> {
  const account = await newUser(parts, parseNewCredentials(input), []);
  const user = { ...account, lastLoginAt: account.createdAt };
  const pair = await prepareSession(parts, user, opening);
  await addAccount(parts, user, (em) => insertFirstPair(em, parts, pair, 'REGISTERED', opening.device));
  return pair;
}
