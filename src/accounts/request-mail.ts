import type { Device } from '../device.ts';
import { BadUserInputError } from '../errors.ts';
import { newId } from '../id.ts';
import { type MailOrder, queueMail } from '../mail/mail-store.ts';
import { InputRefusalReason } from '../reasons.ts';
import type { Budget } from '../settings.ts';
import { normalizeEmail } from '../users/email-address.ts';
import { limitClient } from './limit-checks.ts';
import { REQUEST_LIFETIME } from './mail-plans.ts';
import type { MailServices } from './mail-services.ts';

/** What anybody may have mailed to an address. */
export type PublicMailPurpose = 'PASSWORD_RESET' | 'EMAIL_VERIFICATION' | 'LOGIN';

/** Mails to one address, and mails to new addresses that one user asks for. */
const BUDGET: Budget = { checks: 5, window: 3_600_000 };

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
  purpose: PublicMailPurpose,
  text: string,
  device: Device,
): Promise<string> {
  const email = parseAddress(text, 'input.email');
  await limitClient(services, 'register', device);
  const order = newOrder(services, device, { purpose, email });
  if (!(await mayMail(services, order))) return order.id;
  await services.database.transaction((em) => queueMail(em, order, services.clock.now()));
  services.outbox.nudge();
  return order.id;
}

/** @throws BadUserInputError if mail cannot be sent to the address. */
export function parseAddress(text: string, path: string): string {
  const email = normalizeEmail(text);
  if (email === null) throw new BadUserInputError([{ path, reason: InputRefusalReason.EMAIL_INVALID }]);
  return email;
}

/** Makes a mail that is to be queued. */
export function newOrder(
  { clock }: MailServices,
  { language }: Device,
  order: Pick<MailOrder, 'purpose' | 'email'> & Partial<Pick<MailOrder, 'userId' | 'sessionId'>>,
  lifetime = REQUEST_LIFETIME,
): MailOrder {
  const now = clock.now();
  return { id: newId(now), userId: null, sessionId: null, language, ...order, expiresAt: new Date(now + lifetime) };
}

/** Whether an address may get one more mail, and a user ask for one more. If not, only the log says so. */
export async function mayMail({ limiter, onFailure }: MailServices, order: MailOrder): Promise<boolean> {
  const { id, purpose, email, userId } = order;
  const whose = [email, ...(userId === null ? [] : [userId])];
  for (const each of whose) {
    if (await limiter.tryTake('mail', each, BUDGET)) continue;
    onFailure(new Error(`The mail ${id} (${purpose}) was not queued: there were ${BUDGET.checks} in an hour.`));
    return false;
  }
  return true;
}
