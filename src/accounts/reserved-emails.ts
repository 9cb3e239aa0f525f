import { isEmailHeld } from '../codes/one-time-code-store.ts';
import type { EntityManager } from '../database/tables.ts';

/**
 * Whether an e-mail is the old one of somebody else's account, which may still get it back. Ask it in the transaction that
 * takes the address, after it was taken: another transaction then either waits or is seen.
 */
export async function isEmailReserved(em: EntityManager, email: string, userId: string, now: number): Promise<boolean> {
  return isEmailHeld(em, { email, purpose: 'EMAIL_REVERT', exceptUserId: userId }, now);
}
