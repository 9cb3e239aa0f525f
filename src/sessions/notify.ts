import type { EntityManager } from '../database/tables.ts';
import type { Device } from '../device.ts';
import { newId } from '../id.ts';
import { queueMail } from '../mail/mail-store.ts';
import type { Notice } from '../settings.ts';
import { findUser } from '../users/user-store.ts';
import type { SessionServices } from './services.ts';
import type { Session } from './session.entity.ts';

/** Milliseconds. The link of a notice ends sessions for so long. */
const LIFETIME = 7 * 86_400_000;

/** Queues a notice about a session in the transaction of what it reports, if the settings ask for it. */
export async function notify(
  em: EntityManager,
  { settings, clock }: SessionServices,
  purpose: Notice,
  session: Pick<Session, 'id' | 'user'>,
  { language }: Device,
): Promise<void> {
  if (!settings.notices.includes(purpose)) return;
  const user = await findUser(em, session.user);
  if (user === null) return;
  const now = clock.now();
  // The address of this moment: a thief may change it before the mail is sent.
  const about = { userId: user.id, sessionId: session.id, email: user.email };
  await queueMail(em, { id: newId(now), purpose, ...about, language, expiresAt: new Date(now + LIFETIME) }, now);
}
