import { readEnvironment } from '../environment.ts';
import { openAuth } from './open-auth.ts';

/** Lists the mails whose last attempt failed, one line each. */
export async function listFailedMails(): Promise<void> {
  const { auth, close } = await openAuth(readEnvironment());
  try {
    const mails = await auth.failedMails();
    for (const { id, purpose, email, attempts, nextAttemptAt, expiresAt, lastError } of mails)
      console.log(
        [
          id,
          purpose,
          `to ${email}`,
          `${attempts} attempts`,
          `next ${nextAttemptAt.toISOString()}`,
          `until ${expiresAt.toISOString()}`,
          JSON.stringify(lastError),
        ].join('  '),
      );
    console.log(mails.length === 0 ? 'Every mail could be sent.' : `${mails.length} mails could not be sent yet.`);
  } finally {
    await close();
  }
}
