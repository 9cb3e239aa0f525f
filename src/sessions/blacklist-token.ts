import { NO_DEVICE } from '../device.ts';
import { endSessions } from './end-sessions.ts';
import type { SessionServices } from './services.ts';

/**
 * Ends the session of a token of either kind, if the signature is ours.
 *
 * @returns the id of the session; empty if it had ended before or the token is not ours.
 */
export async function blacklistToken(services: SessionServices, token: string): Promise<string[]> {
  const reading = services.codec.read(token);
  if (reading.status === 'invalid') return [];
  return endSessions(services, { ids: [reading.claims.sid] }, 'BLACKLISTED', NO_DEVICE);
}
