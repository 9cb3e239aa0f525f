import { CHANGED, retryIfChanged } from '../retry.ts';
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
  const { subjects } = services;
  return retryIfChanged(async (): Promise<TokenPair | null | typeof CHANGED> => {
    const subject = subjects.isId(userId) ? await subjects.findForLogin(userId) : null;
    if (subject === null || !subject.isActive) return null;
    return openSession(services, subject, opening);
  });
}
