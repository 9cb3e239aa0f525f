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
  return toPage(rows, position);
}
