import { consumeCode } from '../codes/one-time-code-store.ts';
import type { OneTimeCode } from '../codes/one-time-code.entity.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { CHANGED } from '../retry.ts';
import { insertPrepared, openSession, type Opening, prepareSession } from '../sessions/open-session.ts';
import { changeUser } from '../users/user-store.ts';
import { NO_PASSWORD, type User } from '../users/user.entity.ts';
import { checkCode, type GivenCode } from './check-code.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';

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
    ? takeOver(services, code, user, opening)
    : openSession(services, user, opening, (em) => consumeCode(em, code.id, services.clock.now())));
  if (pair === CHANGED) throw new InvalidCredentialsError();
  return pair;
}

/** Gives the account to the owner of the address alone. */
async function takeOver(
  services: MailServices,
  code: OneTimeCode,
  user: User,
  opening: Opening,
): Promise<TokenPair | typeof CHANGED> {
  const now = services.clock.now();
  const change = { emailVerifiedAt: new Date(now), passwordHash: NO_PASSWORD, lastLoginAt: new Date(now) };
  const changed = { ...user, ...change, tokenVersion: user.tokenVersion + 1 };
  const prepared = await prepareSession(services, changed, opening);
  const ended = await services.database.transaction(async (em) => {
    if (!(await consumeCode(em, code.id, now)) || !(await changeUser(em, user, change, now))) return CHANGED;
    await record(em, [{ type: 'EMAIL_VERIFIED', userId: user.id }], opening.device, now);
    const allEnded = await endWithin(em, services, { userId: user.id }, 'EMAIL_VERIFIED', opening.device);
    await insertPrepared(em, services, prepared, 'LOGGED_IN', opening.device);
    return allEnded;
  });
  if (ended === CHANGED) return CHANGED;
  services.mirror.add(ended);
  services.mirror.raise([changed]);
  return prepared.pair;
}
