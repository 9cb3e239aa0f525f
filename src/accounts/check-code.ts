import { areDigits, requestIdOf } from '../codes/code-deriver.ts';
import { countCodeTry, findCode } from '../codes/one-time-code-store.ts';
import { type CodePurpose, type OneTimeCode, OUTLASTING_PURPOSES } from '../codes/one-time-code.entity.ts';
import { isId } from '../id.ts';
import type { Budget } from '../settings.ts';
import { findUserInEvenTime } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import type { MailServices } from './mail-services.ts';

/** The code that a client sends: the digits with the request's id, or the token of the link alone. */
export interface GivenCode {
  readonly code: string;
  readonly requestId: string | null;
}

/** A code that is right, and its user. */
export interface CheckedCode {
  readonly code: OneTimeCode;
  readonly user: User;
}

/** Of all requests together, so many tries of digits a day. */
const TRIES_OF_ACCOUNT: Budget = { checks: 20, window: 86_400_000 };

/**
 * Checks a one-time code. It is not used up yet.
 *
 * @returns null if it is wrong, used, expired, void, or was tried too often.
 */
export async function checkCode(
  services: MailServices,
  purposes: readonly CodePurpose[],
  { code: text, requestId }: GivenCode,
): Promise<CheckedCode | null> {
  const isByDigits = areDigits(text);
  const id = isByDigits ? requestId : requestIdOf(text);
  if (!isId(id)) return null;
  const code = await services.database.read((em) => findCode(em, id));
  if (code === null || !purposes.includes(code.purpose)) return null;
  if (code.usedAt !== null || code.expiresAt.getTime() <= services.clock.now()) return null;
  if (isByDigits && !(await mayTry(services, code))) return null;
  const user = await services.database.read((em) => findUserInEvenTime(em, code.userId));
  const isRight = services.codes.matches(code, text);
  if (user === null || user.deactivatedAt !== null) return null;
  if (user.tokenVersion !== code.tokenVersion && !OUTLASTING_PURPOSES.has(code.purpose)) return null;
  return isRight ? { code, user } : null;
}

async function mayTry({ database, limiter }: MailServices, { id, userId }: OneTimeCode): Promise<boolean> {
  if (!(await database.transaction((em) => countCodeTry(em, id)))) return false;
  return limiter.tryTake('code', userId, TRIES_OF_ACCOUNT);
}
