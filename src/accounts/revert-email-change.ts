import { consumeCode, consumeLaterCodes } from '../codes/one-time-code-store.ts';
import type { Device } from '../device.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { queueMail } from '../mail/mail-store.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import { changeUser } from '../users/user-store.ts';
import { NO_PASSWORD } from '../users/user.entity.ts';
import { checkCode } from './check-code.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';
import { newOrder } from './request-mail.ts';

/**
 * Brings the old e-mail of an account back, with the link that it got. Every session ends, the password is void, and changes
 * that were made later cannot bring their addresses back. It opens no session: a code to choose a new password is mailed to
 * the address.
 *
 * @returns the id of the request of that code.
 * @throws InvalidCredentialsError if the code is wrong, used or expired.
 * @throws RateLimitedError if the client has to wait.
 */
export async function revertEmailChange(services: MailServices, text: string, device: Device): Promise<string> {
  await limitClient(services, 'login', device);
  return retryIfChanged(async () => {
    const checked = await checkCode(services, ['EMAIL_REVERT'], { code: text, requestId: null });
    if (checked === null || checked.code.email === null) throw new InvalidCredentialsError();
    const { code, user } = checked;
    const { email } = checked.code;
    const now = services.clock.now();
    const change = { email, emailVerifiedAt: new Date(now), passwordHash: NO_PASSWORD };
    const mail = newOrder(services, device, { purpose: 'PASSWORD_RESET', email });
    const ended = await services.database.transaction(async (em) => {
      if (!(await changeUser(em, user, change, now))) return CHANGED;
      // Thrown, so that the change is rolled back.
      if (!(await consumeCode(em, code.id, now))) throw new InvalidCredentialsError();
      await consumeLaterCodes(em, code, now);
      await record(em, [{ type: 'EMAIL_REVERTED', userId: user.id }], device, now);
      await queueMail(em, mail, now);
      return endWithin(em, services, { userId: user.id }, 'EMAIL_REVERTED', device);
    });
    if (ended === CHANGED) return CHANGED;
    services.mirror.add(ended);
    services.mirror.raise([{ id: user.id, tokenVersion: user.tokenVersion + 1 }]);
    services.outbox.nudge();
    return mail.id;
  });
}
