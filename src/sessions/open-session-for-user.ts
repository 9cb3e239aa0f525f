import { isId } from '../id.ts';
import { CHANGED, retryIfChanged } from '../retry.ts';
import { findUser } from '../users/user-store.ts';
import type { TokenPair } from './issue-tokens.ts';
import { type Opening, openSession } from './open-session.ts';
import type { SessionServices } from './services.ts';

/**
 * Opens a session for a user whom the host's own code has identified: simplejwt's `RefreshToken.for_user`.
 *
 * @returns null if there is no such user, or the user is deactivated.
 */
export async function openSessionForUser(
  services: SessionServices,
  userId: string,
  opening: Opening,
): Promise<TokenPair | null> {
  return retryIfChanged(async (): Promise<TokenPair | null | typeof CHANGED> => {
    const user = isId(userId) ? await services.database.read((em) => findUser(em, userId)) : null;
    if (user === null || user.deactivatedAt !== null) return null;
    return openSession(services, user, opening);
  });
}
