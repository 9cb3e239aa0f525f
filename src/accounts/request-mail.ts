import type { Device } from '../device.ts';
import { BadUserInputError } from '../errors.ts';
import { newId } from '../id.ts';
import { queueMail } from '../mail/mail-store.ts';
import type { MailPurpose } from '../mail/mail.entity.ts';
import { InputRefusalReason } from '../reasons.ts';
import type { Budget } from '../settings.ts';
import { normalizeEmail } from '../users/email-address.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';

/** A client's request for a mail. */
export interface MailRequest {
  readonly purpose: MailPurpose;
  readonly email: string;
  /** One of the languages of `MailServices`. */
  readonly language: string;
}

/** Milliseconds that a code is good for. */
const LIFETIME = 1_800_000;
/** Mails to one address. */
const BUDGET_OF_ADDRESS: Budget = { checks: 5, window: 3_600_000 };

/**
 * Queues a mail with a code. It writes the same rows for any e-mail, and looks for no account: that
 * is done when the mail is sent. If an address has got too many mails, the request succeeds and nothing is sent.
 *
 * @returns the id of the request, which the digits of the mail need.
 * @throws RateLimitedError if the client has to wait.
 * @throws BadUserInputError if mail cannot be sent to the address.
 */
export async function requestMail(
  services: MailServices,
  { purpose, email: text, language }: MailRequest,
  device: Device,
): Promise<string> {
  const email = normalizeEmail(text);
  if (email === null) throw new BadUserInputError([{ path: 'input.email', reason: InputRefusalReason.EMAIL_INVALID }]);
  await limitClient(services, 'register', device);
  const now = services.clock.now();
  const id = newId(now);
  if (!(await services.limiter.tryTake('mail', email, BUDGET_OF_ADDRESS))) return id;
  const mail = { id, purpose, email, language, expiresAt: new Date(now + LIFETIME) };
  await services.database.transaction((em) => queueMail(em, mail, now));
  services.outbox.nudge();
  return id;
}
