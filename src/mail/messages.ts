import type { MailPurpose } from './mail.entity.ts';

/** The text of a mail. */
export interface Message {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What a message says. */
export interface MessageParameters {
  /** Six digits, for a client that has the `requestId`. */
  readonly digits: string;
  /** Leads to `linkUrl`. Its fragment has the `purpose` and the `code`. */
  readonly link: string;
  /** How long both are good. */
  readonly minutes: number;
}

/** Writes the messages of one language. */
export type Messages = Readonly<Record<MailPurpose, (parameters: MessageParameters) => Message>>;

/** The languages that are shipped. The first is for clients that ask for none of them. */
export const SHIPPED_MESSAGES: Readonly<Record<'en' | 'de', Messages>> = Object.freeze({
  en: {
    PASSWORD_RESET: ({ digits, link, minutes }) =>
      compose('Choose a new password', [
        'Somebody, probably you, wants to choose a new password for your account.',
        `The code is ${digits}.`,
        'Or open this link:',
        link,
        `The code and the link are good for ${minutes} minutes, and for one use.`,
        'If it was not you, do nothing. Your password stays.',
      ]),
    EMAIL_VERIFICATION: ({ digits, link, minutes }) =>
      compose('Confirm your e-mail', [
        'Somebody, probably you, has an account with this e-mail.',
        `The code to confirm it is ${digits}.`,
        'Or open this link:',
        link,
        `The code and the link are good for ${minutes} minutes, and for one use.`,
        'If you have no such account, do nothing.',
      ]),
  },
  de: {
    PASSWORD_RESET: ({ digits, link, minutes }) =>
      compose('Neues Passwort wählen', [
        'Jemand, vermutlich Sie selbst, möchte ein neues Passwort für Ihr Konto wählen.',
        `Der Code lautet ${digits}.`,
        'Oder öffnen Sie diesen Link:',
        link,
        `Code und Link gelten ${minutes} Minuten lang und nur einmal.`,
        'Wenn Sie es nicht waren, tun Sie nichts. Ihr Passwort bleibt.',
      ]),
    EMAIL_VERIFICATION: ({ digits, link, minutes }) =>
      compose('E-Mail bestätigen', [
        'Jemand, vermutlich Sie selbst, hat ein Konto mit dieser E-Mail.',
        `Der Code zur Bestätigung lautet ${digits}.`,
        'Oder öffnen Sie diesen Link:',
        link,
        `Code und Link gelten ${minutes} Minuten lang und nur einmal.`,
        'Wenn Sie kein solches Konto haben, tun Sie nichts.',
      ]),
  },
});

/** Makes the text and the HTML of paragraphs. A paragraph that is a link becomes one. */
function compose(subject: string, paragraphs: readonly string[]): Message {
  const html = paragraphs.map((paragraph) => {
    const text = escapeHtml(paragraph);
    return `<p>${/^https?:\/\/\S+$/.test(paragraph) ? `<a href="${text}">${text}</a>` : text}</p>`;
  });
  return { subject, text: `${paragraphs.join('\n\n')}\n`, html: `<!doctype html>\n${html.join('\n')}\n` };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}
