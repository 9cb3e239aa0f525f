import { NotFoundError } from '../errors.ts';
import { findSecurityEvents } from '../events/security-event-store.ts';
import type { SecurityEvent } from '../events/security-event.entity.ts';
import { type Page, type PagePosition, toPage } from '../page.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { hasRole } from '../sessions/caller.ts';
import { ADMIN } from '../users/roles.ts';
import type { AccountServices } from './services.ts';

/**
 * Lists an account's security events, latest first. Users see their own. Administrators see everyone's, including those of
 * deleted accounts.
 *
 * @throws NotFoundError if the caller may not see them, whether the account exists or not.
 */
export async function listSecurityEvents(
  services: AccountServices,
  caller: CurrentUser,
  userId: string,
  position: PagePosition,
): Promise<Page<SecurityEvent>> {
  const isAdministrator = hasRole(caller, ADMIN);
  const isAllowed = userId === caller.id || isAdministrator;
  if (!isAllowed || !services.subjects.isId(userId)) throw new NotFoundError();
  const rows = await services.database.read((em) => findSecurityEvents(em, userId, position));
  return toPage(rows, position, isAdministrator ? (event) => event : withoutAdministrator);
}

/** Types and causes of what administrators do. */
const BY_ADMINISTRATOR: ReadonlySet<string | null> = new Set([
  'ROLES_CHANGED',
  'USER_ACTIVATED',
  'USER_DEACTIVATED',
  'USER_DELETED',
  'ENDED_BY_ADMIN',
]);

/** Users see what an administrator did to their account, but not from which device. */
function withoutAdministrator(event: SecurityEvent): SecurityEvent {
  if (!BY_ADMINISTRATOR.has(event.type) && !BY_ADMINISTRATOR.has(event.cause)) return event;
  return { ...event, userAgent: null, ipAddress: null };
}
