import { findFailedMails } from '../mail/mail-store.ts';
import type { QueuedPurpose } from '../mail/mail.entity.ts';
import type { Database } from '../database/database.ts';

/** A mail whose last attempt failed. It is tried again until it expires. */
export interface FailedMail {
  readonly id: string;
  readonly purpose: QueuedPurpose;
  readonly email: string;
  readonly attempts: number;
  /** Why the last attempt failed. It may contain the address. */
  readonly lastError: string;
  readonly nextAttemptAt: Date;
  readonly expiresAt: Date;
}

const MOST = 1_000;

/** The mails that could not be sent, the oldest first, at most 1,000. */
export async function listFailedMails({ database }: { readonly database: Database }): Promise<FailedMail[]> {
  const rows = await database.read((em) => findFailedMails(em, MOST));
  return rows.map(({ id, purpose, email, attempts, lastError, nextAttemptAt, expiresAt }) => ({
    id,
    purpose,
    email,
    attempts,
    lastError: lastError ?? '',
    nextAttemptAt,
    expiresAt,
  }));
}
