import { readEnvironment } from '../environment.ts';
import { openAuth } from './open-auth.ts';

/** Deletes expired sessions, expired blacklist rows and old security events. */
export async function runPurge(): Promise<void> {
  const { auth, close } = await openAuth(readEnvironment());
  try {
    const { sessions, blacklistedTokens, securityEvents } = await auth.purge();
    console.log(
      `Deleted ${sessions} sessions, ${blacklistedTokens} blacklisted tokens and ${securityEvents} security events.`,
    );
  } finally {
    await close();
  }
}
