import type { Device } from '../device.ts';
import { isId } from '../id.ts';
import type { CurrentUser } from './authenticate.ts';
import { endSessions } from './end-sessions.ts';
import type { SessionServices } from './services.ts';

/**
 * Ends one of the caller's sessions.
 *
 * @returns the id of the session; empty if the caller has no such live session.
 */
export async function endSession(
  services: SessionServices,
  caller: CurrentUser,
  sessionId: string,
  device: Device,
): Promise<string[]> {
  if (!isId(sessionId)) return [];
  return endSessions(services, { ids: [sessionId], userId: caller.id }, 'ENDED_BY_USER', device);
}
