import type { CurrentUser } from './authenticate.ts';
import type { SessionServices } from './services.ts';
import { type SessionInfo, toSessionInfo } from './session-info.ts';
import { findLiveSessions } from './session-store.ts';

/** The caller's live sessions, last used first. */
export async function listSessions(services: SessionServices, caller: CurrentUser): Promise<SessionInfo[]> {
  const aliveAt = services.clock.now() - services.settings.leeway;
  const sessions = await services.database.read((em) => findLiveSessions(em, caller.id, aliveAt));
  return sessions.map(toSessionInfo);
}
