import type { KeyObject } from 'node:crypto';
import { CodeDeriver } from '../codes/code-deriver.ts';
import { deriveKey } from '../derive-key.ts';
import type { Mailer } from '../mail/mailer.ts';
import type { Messages } from '../mail/messages.ts';
import { SHIPPED_MESSAGES } from '../mail/shipped-messages.ts';
import { Outbox } from '../mail/outbox.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import { composeMail } from './compose-mail.ts';
import type { MailServices } from './mail-services.ts';
import type { AccountServices } from './services.ts';

/** How mails are sent and written. */
interface MailOptions {
  readonly mailer: Mailer;
  readonly messages: Readonly<Record<string, Messages>>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Puts together what sends mails. The outbox is not started.
 *
 * @throws TypeError if the setting `linkUrl` or a message is missing.
 */
export function openMail(
  accounts: AccountServices,
  keyRing: KeyRing,
  { mailer, messages, onFailure }: MailOptions,
): MailServices {
  const { database, clock, limiter, settings } = accounts;
  const languages = Object.keys(messages);
  if (settings.linkUrl === '') throw new TypeError('A mailer needs the setting linkUrl.');
  if (languages.length === 0) throw new TypeError('A mailer needs messages in one language at least.');
  const missing = languages.flatMap((language) =>
    Object.keys(SHIPPED_MESSAGES.en)
      .filter((purpose) => !(purpose in (messages[language] ?? {})))
      .map((purpose) => `${language}.${purpose}`),
  );
  if (missing.length > 0) throw new TypeError(`There is no message for ${missing.join(', ')}.`);
  const [first, ...others] = keyRing.secrets().map((secret) => deriveKey(secret, 'one-time codes'));
  const codes = new CodeDeriver([first as KeyObject, ...others]);
  const composer = { database, limiter, codes, linkUrl: settings.linkUrl, messages: new Map(Object.entries(messages)) };
  const outbox = new Outbox(database, clock, (queued) => composeMail(composer, queued), mailer, onFailure);
  return { ...accounts, codes, outbox, languages, onFailure };
}
