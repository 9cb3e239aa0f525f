import { NotFoundError } from '../errors.ts';
import type { AuthEvent } from '../events/auth-event.entity.ts';
import { findEvents } from '../events/event-log.ts';
import { isId } from '../id.ts';
import { type Page, type PagePosition, toPage } from '../page.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { ADMIN } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';

/**
 * What happened to an account: the caller's own, or to an administrator anyone's, deleted ones too.
 *
 * @throws NotFoundError if it is not the caller's to see, whether there is such a user or not.
 */
export async function listSecurityEvents(
  parts: AccountParts,
  caller: CurrentUser,
  userId: string,
  position: PagePosition,
): Promise<Page<AuthEvent>> {
  const isAllowed = userId === caller.id || caller.roles.includes(ADMIN);
  if (!isAllowed || !isId(userId)) throw new NotFoundError();
  const rows = await parts.database.read((em) => findEvents(em, userId, position));
  const shown = caller.roles.includes(ADMIN) ? rows : rows.map(withoutAdministrator);
  return toPage(shown, position);
}

/** Types and causes of what administrators do. */
const BY_ADMINISTRATOR: ReadonlySet<string | null> = new Set([
  'ROLES_CHANGED',
  'USER_ACTIVATED',
  'USER_DEACTIVATED',
  'USER_DELETED',
  'ENDED_BY_ADMIN',
]);

/** Whose account it is learns what an administrator did to it, and not from where. */
function withoutAdministrator(event: AuthEvent): AuthEvent {
  if (!BY_ADMINISTRATOR.has(event.type) && !BY_ADMINISTRATOR.has(event.cause)) return event;
  return { ...event, userAgent: null, ipAddress: null };
}
