import { TokenDelivery } from '../delivery.ts';
import type { Device } from '../device.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { requireDelivery } from '../sessions/delivery-refused.ts';
import { endWithin } from '../sessions/end-sessions.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { notify } from '../sessions/notify.ts';
import { insertPrepared, type Opening, prepareSession } from '../sessions/open-session.ts';
import { findSession } from '../sessions/session-store.ts';
import { parsePasswordChange } from '../users/credentials.ts';
import { toSubject } from '../users/subject.ts';
import { changeUser, findUser } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { type ForgetFailures, limitClient, limitPasswordChange } from './limit-checks.ts';
import type { Screen } from './screen.ts';
import type { AccountServices } from './services.ts';

/** What a user sends to change the password. */
export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** How this request can receive tokens. */
  readonly deliveries: readonly TokenDelivery[];
}

/**
 * Changes the caller's password, ends every session of the caller and opens a new one, all in one transaction. The new
 * session delivers its tokens as the caller's session did.
 *
 * @throws InvalidCredentialsError if the current password is wrong, or the account was just deactivated or deleted.
 * @throws RateLimitedError if the client or the user has to wait, or too many passwords are being checked.
 * @throws BadUserInputError that names each field.
 * @throws DeliveryRefusedError if the request cannot receive the session's tokens.
 */
export async function changePassword(
  services: AccountServices,
  caller: CurrentUser,
  change: PasswordChange,
  device: Device,
  screen: Screen,
): Promise<TokenPair> {
  const session = await services.database.read((em) => findSession(em, caller.sessionId));
  const account = await services.database.read((em) => findUser(em, caller.id));
  const opening: Opening = { device, delivery: session?.delivery ?? TokenDelivery.BODY };
  requireDelivery(opening.delivery, change.deliveries);
  const email = account?.email ?? null;
  const { currentPassword, newPassword } = await parsePasswordChange(change, {
    minLength: services.settings.passwordMinLength,
    email,
  });
  return services.passwords.admit(async () => {
    await limitClient(services, 'login', device);
    if (email !== null) await screen({ email, password: newPassword });
    const forgetFailures = await limitPasswordChange(services, caller.id);
    return retryIfChanged(async () => {
      const user = await services.database.read((em) => findUser(em, caller.id));
      const isRight = await services.passwords.matches(currentPassword, user?.passwordHash ?? null);
      if (user === null || !isRight || user.deactivatedAt !== null) return refuse(services, caller, device);
      return replacePassword(services, user, await services.passwords.hash(newPassword), opening, forgetFailures);
    });
  });
}

async function replacePassword(
  services: AccountServices,
  user: User,
  passwordHash: string,
  opening: Opening,
  forgetFailures: ForgetFailures,
): Promise<TokenPair | typeof CHANGED> {
  const now = services.clock.now();
  const changed = { ...user, passwordHash, tokenVersion: user.tokenVersion + 1, lastLoginAt: new Date(now) };
  const prepared = await prepareSession(services, toSubject(changed), opening);
  const ended = await services.database.transaction(async (em) => {
    if (!(await changeUser(em, user, { passwordHash, lastLoginAt: changed.lastLoginAt }, now))) return CHANGED;
    await forgetFailures(em);
    const allEnded = await endWithin(em, services, { userId: user.id }, 'PASSWORD_CHANGED', opening.device);
    await insertPrepared(em, services, prepared, 'PASSWORD_CHANGED', opening.device);
    await notify(em, services, 'PASSWORD_CHANGED', prepared.session, opening.device);
    return allEnded;
  });
  if (ended === CHANGED) return CHANGED;
  services.mirror.add(ended);
  services.mirror.raise([changed]);
  return prepared.pair;
}

async function refuse(services: AccountServices, { id }: CurrentUser, device: Device): Promise<never> {
  const event = { type: 'PASSWORD_CHANGE_FAILED' as const, userId: id };
  await services.database.transaction((em) => record(em, [event], device, services.clock.now()));
  throw new InvalidCredentialsError();
}
