import { consumeCode } from '../codes/one-time-code-store.ts';
import type { Device } from '../device.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import { checkCode } from './check-code.ts';
import { limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';

/**
 * Ends what the link of a notice is for: the session of a new device, or else every session of the user.
 *
 * @returns the ids of the sessions that ended.
 * @throws InvalidCredentialsError if the code is wrong, used or expired.
 * @throws RateLimitedError if the client has to wait.
 */
export async function endSessionWithCode(services: MailServices, text: string, device: Device): Promise<string[]> {
  await limitClient(services, 'login', device);
  const checked = await checkCode(services, ['SESSION_END'], { code: text, requestId: null });
  if (checked === null) throw new InvalidCredentialsError();
  const { code, user } = checked;
  const selection = { userId: user.id, ...(code.sessionId === null ? {} : { ids: [code.sessionId] }) };
  const ended = await services.database.transaction(async (em) => {
    if (!(await consumeCode(em, code.id, services.clock.now()))) return null;
    return endWithin(em, services, selection, 'ENDED_BY_MAIL', device);
  });
  if (ended === null) throw new InvalidCredentialsError();
  services.mirror.add(ended);
  return ended.filter(({ wasAlive }) => wasAlive).map(({ sessionId }) => sessionId);
}
