import type { CodeDeriver } from '../codes/code-deriver.ts';
import { insertCode } from '../codes/one-time-code-store.ts';
import type { OneTimeCode } from '../codes/one-time-code.entity.ts';
import type { Database } from '../database.ts';
import { newId, timeOf } from '../id.ts';
import type { QueuedMail } from '../mail/mail.entity.ts';
import type { Mail } from '../mail/mailer.ts';
import type { Messages } from '../mail/messages.ts';
import { findUserByEmail } from '../users/user-store.ts';

/** What a mail is made with. */
export interface ComposerServices {
  readonly database: Database;
  readonly codes: CodeDeriver;
  readonly linkUrl: string;
  /** By language. */
  readonly messages: ReadonlyMap<string, Messages>;
}

const MINUTE = 60_000;

/**
 * Makes a queued mail, and the code that it brings. A code is made for an e-mail without an account too, so that a try of its
 * digits takes as long.
 *
 * @returns null if nobody has the e-mail, there is nothing to verify, or a later request has voided this one.
 */
export async function composeMail(services: ComposerServices, queued: QueuedMail): Promise<Mail | null> {
  const { database, codes, messages } = services;
  const user = await database.read((em) => findUserByEmail(em, queued.email));
  const code: OneTimeCode = {
    id: queued.id,
    purpose: queued.purpose,
    userId: user?.id ?? newId(timeOf(queued.id)),
    tokenVersion: user?.tokenVersion ?? 0,
    tries: 0,
    expiresAt: queued.expiresAt,
  };
  const isLatest = await database.transaction((em) => insertCode(em, code));
  if (user === null || user.deactivatedAt !== null || !isLatest) return null;
  if (queued.purpose === 'EMAIL_VERIFICATION' && user.emailVerifiedAt !== null) return null;
  const { digits, token } = codes.textsOf(code);
  const minutes = Math.round((queued.expiresAt.getTime() - timeOf(queued.id)) / MINUTE);
  const link = linkTo(services.linkUrl, queued.purpose, token);
  const write = messages.get(queued.language) ?? [...messages.values()][0];
  if (write === undefined) throw new TypeError('There are no messages in any language.');
  const { id, purpose } = queued;
  return { id, purpose, to: user.email, ...write[purpose]({ digits, link, minutes }) };
}

/** The token is in the fragment, which browsers send to no server. */
function linkTo(linkUrl: string, purpose: string, token: string): string {
  const url = new URL(linkUrl);
  url.hash = new URLSearchParams({ purpose, code: token }).toString();
  return url.href;
}
