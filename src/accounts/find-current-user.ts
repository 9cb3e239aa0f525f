import type { CurrentUser } from '../sessions/authenticate.ts';
import { type AuthUser, toAuthUser } from '../users/auth-user.ts';
import { findUser } from '../users/user-store.ts';
import type { AccountServices } from './services.ts';

/** The caller as the database knows it; null if the user was deleted a moment ago. */
export async function findCurrentUser(services: AccountServices, caller: CurrentUser): Promise<AuthUser | null> {
  const user = await services.database.read((em) => findUser(em, caller.id));
  return user && toAuthUser(user);
}
