import { type Page, type PagePosition, toPage } from '../page.ts';
import { type Caller, requireRole } from '../sessions/caller.ts';
import { type AuthUser, toAuthUser } from '../users/auth-user.ts';
import { ADMIN } from '../users/roles.ts';
import { findUsers } from '../users/user-store.ts';
import type { AccountServices } from './services.ts';

/**
 * Lists all users, latest first.
 *
 * @throws ForbiddenError unless the caller is an administrator or the operator.
 */
export async function listUsers(
  services: AccountServices,
  caller: Caller,
  position: PagePosition,
): Promise<Page<AuthUser>> {
  requireRole(caller, ADMIN);
  const rows = await services.database.read((em) => findUsers(em, position));
  return toPage(rows, position, toAuthUser);
}
