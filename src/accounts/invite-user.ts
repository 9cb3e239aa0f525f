import type { Device } from '../device.ts';
import { BadUserInputError } from '../errors.ts';
import { record } from '../events/security-event-store.ts';
import { queueMail } from '../mail/mail-store.ts';
import { InputRefusalReason } from '../reasons.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import { ADMIN, parseRoles } from '../users/roles.ts';
import { findUserByEmail } from '../users/user-store.ts';
import { NO_PASSWORD, type User } from '../users/user.entity.ts';
import { insertAccount, makeUser } from './create-user.ts';
import { LONG_LIFETIME } from './mail-plans.ts';
import type { MailServices } from './mail-services.ts';
import { mayMail, newOrder, parseAddress } from './request-mail.ts';
import { setUserRoles } from './set-user-roles.ts';

/** Who is invited. */
export interface Invitation {
  readonly email: string;
  readonly roles: readonly string[];
}

/**
 * Opens an account without a password, and mails a link to choose one. Somebody who has not accepted an invitation yet is
 * invited again, with the roles that are given now.
 *
 * @returns the id of the request.
 * @throws ForbiddenError unless the caller is an administrator or the operator.
 * @throws BadUserInputError that names each field.
 */
export async function inviteUser(
  services: MailServices,
  caller: Caller,
  invitation: Invitation,
  device: Device,
): Promise<string> {
  requireRole(caller, ADMIN);
  const roles = parseRoles(invitation.roles);
  const email = parseAddress(invitation.email, 'input.email');
  const mail = newOrder(services, device, { purpose: 'INVITATION', email }, LONG_LIFETIME);
  const now = services.clock.now();
  const invited = await services.database.read((em) => findUserByEmail(em, email));
  if (invited !== null) {
    if (!isPending(invited))
      throw new BadUserInputError([{ path: 'input.email', reason: InputRefusalReason.EMAIL_TAKEN }]);
    await setUserRoles(services, caller, invited.id, roles, device);
    if (await mayMail(services, mail)) await services.database.transaction((em) => queueMail(em, mail, now));
  } else {
    const user = makeUser(services, { email, roles, passwordHash: NO_PASSWORD });
    const isMailed = await mayMail(services, mail);
    await insertAccount(services.database, user, async (em) => {
      await record(em, [{ type: 'USER_INVITED', userId: user.id }], device, now);
      if (isMailed) await queueMail(em, mail, now);
    });
  }
  services.outbox.nudge();
  return mail.id;
}

/** Whether nobody has accepted the invitation. */
function isPending({ passwordHash, lastLoginAt, emailVerifiedAt, deactivatedAt }: User): boolean {
  return passwordHash === NO_PASSWORD && lastLoginAt === null && emailVerifiedAt === null && deactivatedAt === null;
}
