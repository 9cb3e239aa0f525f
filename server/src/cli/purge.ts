import { readEnvironment } from '../environment.ts';
import { openAuth } from './open-auth.ts';

/** Deletes what bars nothing and proves nothing any more. */
export async function runPurge(): Promise<void> {
  const { auth, close } = await openAuth(readEnvironment());
  try {
    const { sessions, blacklistedTokens, events } = await auth.purge();
    console.log(`Deleted ${sessions} sessions, ${blacklistedTokens} blacklisted tokens and ${events} events.`);
  } finally {
    await close();
  }
}
