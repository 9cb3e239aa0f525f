import { consumeCode } from '../codes/one-time-code-store.ts';
import type { Device } from '../device.ts';
import { InvalidCredentialsError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { type AuthUser, toAuthUser } from '../users/auth-user.ts';
import { normalizePassword } from '../users/credentials.ts';
import { verifyUserEmail } from '../users/user-store.ts';
import type { User } from '../users/user.entity.ts';
import { checkCode, type CheckedCode, type GivenCode } from './check-code.ts';
import { limitAccount, limitClient } from './limit-checks.ts';
import type { MailServices } from './mail-services.ts';
import { takenOver, takeOver } from './take-over.ts';

/** What a client sends to prove that it receives the mails of an address. */
export interface EmailProof extends GivenCode {
  /** Null if the client has a session of the account, or does not know the password. */
  readonly password: string | null;
}

/**
 * Records that an address was proved, with a code that was mailed.
 *
 * A stranger may have registered somebody else's address in advance. So if the proof comes with neither a session of the
 * account nor its password, the password is void and every session ends. The owner then sets a password by a reset.
 *
 * @param caller - the user of the request's access token, if there is one.
 * @throws InvalidCredentialsError if the code is wrong, used, expired or was tried too often, or the password is wrong.
 * @throws RateLimitedError if the client or the account has to wait, or too many passwords are being checked.
 */
export async function verifyEmail(
  services: MailServices,
  caller: CurrentUser | null,
  proof: EmailProof,
  device: Device,
): Promise<AuthUser> {
  return services.passwords.admit(async () => {
    await limitClient(services, 'login', device);
    const checked = await checkCode(services, ['EMAIL_VERIFICATION'], proof);
    if (checked === null) throw new InvalidCredentialsError();
    const { user } = checked;
    if (proof.password !== null) await requirePassword(services, user, proof.password, device);
    const isHolder = proof.password !== null || caller?.id === user.id;
    const now = services.clock.now();
    const verified = isHolder ? { ...user, emailVerifiedAt: new Date(now) } : takenOver(user, now);
    const isDone = await (isHolder
      ? verify(services, checked, device)
      : takeOver(services, checked, verified, null, device));
    if (!isDone) throw new InvalidCredentialsError();
    return toAuthUser(verified);
  });
}

async function requirePassword(services: MailServices, user: User, password: string, device: Device): Promise<void> {
  const forgetFailures = await limitAccount(services, user.email, device);
  if (!(await services.passwords.matches(normalizePassword(password), user.passwordHash)))
    throw new InvalidCredentialsError();
  await services.database.transaction(forgetFailures);
}

/** @returns false if the code was used meanwhile, or the user was changed. */
async function verify(services: MailServices, { code, user }: CheckedCode, device: Device): Promise<boolean> {
  const now = services.clock.now();
  return services.database.transaction(async (em) => {
    if (!(await consumeCode(em, code.id, now)) || !(await verifyUserEmail(em, user, now))) return false;
    await record(em, [{ type: 'EMAIL_VERIFIED', userId: user.id }], device, now);
    return true;
  });
}
