import { consumeCode } from '../codes/one-time-code-store.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { CHANGED } from '../retry.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { openSession, type Opening, prepareSession } from '../sessions/open-session.ts';
import { toSubject } from '../users/subject.ts';
import { checkCode, type CheckedCode, type GivenCode } from './check-code.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';
import { takenOver, takeOver } from './take-over.ts';

/**
 * Opens a session with a code that was mailed. The code proves the address. If nobody has proved it before, the account may
 * have been registered by a stranger: the password is then void, and every earlier session ends.
 *
 * @throws InvalidCredentialsError if the code is wrong, used, expired or was tried too often.
 * @throws RateLimitedError if the client has to wait.
 */
export async function loginWithCode(services: MailServices, given: GivenCode, opening: Opening): Promise<TokenPair> {
  await limitClient(services, 'login', opening.device);
  const checked = await checkCode(services, ['LOGIN'], given);
  if (checked === null) throw new InvalidCredentialsError();
  const { code, user } = checked;
  const pair = await (user.emailVerifiedAt === null
    ? openAsOwner(services, checked, opening)
    : openSession(services, toSubject(user), opening, (em) => consumeCode(em, code.id, services.clock.now())));
  if (pair === CHANGED) throw new InvalidCredentialsError();
  return pair;
}

async function openAsOwner(
  services: MailServices,
  checked: CheckedCode,
  opening: Opening,
): Promise<TokenPair | typeof CHANGED> {
  const now = services.clock.now();
  const changed = { ...takenOver(checked.user, now), lastLoginAt: new Date(now) };
  const prepared = await prepareSession(services, toSubject(changed), opening);
  return (await takeOver(services, checked, changed, prepared, opening.device)) ? prepared.pair : CHANGED;
}
