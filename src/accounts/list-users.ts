import { type Page, type PagePosition, toPage } from '../page.ts';
import { findUsers } from '../users/user-directory.ts';
import type { User } from '../users/user.entity.ts';
import type { AccountParts } from './parts.ts';

/** All users, the latest first. */
export async function listUsers(parts: AccountParts, position: PagePosition): Promise<Page<User>> {
  return toPage(await parts.database.read((em) => findUsers(em, position)), position);
}
