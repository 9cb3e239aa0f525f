import type { MailPurpose } from './mail.entity.ts';

/** The text of a mail. */
export interface Message {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A device as a mail may show it. A thief chooses the `User-Agent`, so nothing of its text is in here. */
export interface MailedDevice {
  /** Such as `Firefox, Windows`; null if it is none of the common ones. */
  readonly name: string | null;
  readonly ipAddress: string | null;
}

/** What a message says. */
export interface MessageParameters {
  /** Six digits, for the client that has the `requestId`; null if only the link works. */
  readonly digits: string | null;
  /** Leads to `linkUrl`. Its fragment has the `purpose` and the `code`, unless the mail brings no code. */
  readonly link: string;
  /** How long both are good; 0 if there is no code. */
  readonly minutes: number;
  /** The device of the session that the mail is about; null if it is about none. */
  readonly device: MailedDevice | null;
}

/** Writes the messages of one language. */
export type Messages = Readonly<Record<MailPurpose, (parameters: MessageParameters) => Message>>;

/** The languages that are shipped. The first is for clients that ask for none of them. */
export const SHIPPED_MESSAGES: Readonly<Record<'en' | 'de', Messages>> = Object.freeze({
  en: {
    PASSWORD_RESET: (parameters) =>
      compose('Choose a new password', [
        'Somebody, probably you, wants to choose a new password for your account.',
        ...codeInEnglish(parameters),
        'If it was not you, do nothing. Your password stays.',
      ]),
    EMAIL_VERIFICATION: (parameters) =>
      compose('Confirm your e-mail', [
        'Somebody, probably you, has an account with this e-mail.',
        ...codeInEnglish(parameters),
        'If you have no such account, do nothing.',
      ]),
    EMAIL_CHANGE: (parameters) =>
      compose('Confirm your new e-mail', [
        'Somebody, probably you, wants to use this e-mail for an account.',
        ...codeInEnglish(parameters),
        'If it was not you, do nothing. The account keeps its address.',
      ]),
    EMAIL_REVERT: (parameters) =>
      compose('Your account has a new e-mail', [
        'Your account has another e-mail from now on.',
        'If it was not you, open this link. It brings this address back, ends every session and voids the password:',
        parameters.link,
        `The link is good for ${spanInEnglish(parameters)}, and for one use.`,
      ]),
    EMAIL_TAKEN: ({ link }) =>
      compose('You have an account already', [
        'Somebody, probably you, wants to use this e-mail for an account. It has one already.',
        'Log in, or choose a new password if you have forgotten yours:',
        link,
        'If it was not you, do nothing.',
      ]),
    LOGIN: (parameters) =>
      compose('Your code to log in', [
        'Somebody, probably you, wants to log in to your account.',
        ...codeInEnglish(parameters),
        'If it was not you, do nothing, and give the code to nobody.',
      ]),
    INVITATION: (parameters) =>
      compose('You are invited', [
        'An account was opened for you. Choose a password to log in:',
        parameters.link,
        `The link is good for ${spanInEnglish(parameters)}, and for one use.`,
      ]),
    NEW_DEVICE: (parameters) =>
      compose('A login from a new device', [
        'Somebody, probably you, has logged in to your account from a device that was not used before.',
        ...deviceInEnglish(parameters),
        'If it was not you, open this link, which logs that device out. Then choose a new password:',
        parameters.link,
        `The link is good for ${spanInEnglish(parameters)}, and for one use.`,
      ]),
    PASSWORD_CHANGED: (parameters) =>
      compose('Your password was changed', [
        'Somebody, probably you, has changed the password of your account.',
        ...deviceInEnglish(parameters),
        'If it was not you, open this link, which logs out every device. Then choose a new password:',
        parameters.link,
        `The link is good for ${spanInEnglish(parameters)}, and for one use.`,
      ]),
    REUSE_DETECTED: (parameters) =>
      compose('A session was ended', [
        'A session of your account was used in two places. It may have been stolen, so it was ended.',
        ...deviceInEnglish(parameters),
        'To be sure, open this link, which logs out every device. Then choose a new password:',
        parameters.link,
        `The link is good for ${spanInEnglish(parameters)}, and for one use.`,
      ]),
  },
  de: {
    PASSWORD_RESET: (parameters) =>
      compose('Neues Passwort wählen', [
        'Jemand, vermutlich Sie selbst, möchte ein neues Passwort für Ihr Konto wählen.',
        ...codeInGerman(parameters),
        'Wenn Sie es nicht waren, tun Sie nichts. Ihr Passwort bleibt.',
      ]),
    EMAIL_VERIFICATION: (parameters) =>
      compose('E-Mail bestätigen', [
        'Jemand, vermutlich Sie selbst, hat ein Konto mit dieser E-Mail.',
        ...codeInGerman(parameters),
        'Wenn Sie kein solches Konto haben, tun Sie nichts.',
      ]),
    EMAIL_CHANGE: (parameters) =>
      compose('Neue E-Mail bestätigen', [
        'Jemand, vermutlich Sie selbst, möchte diese E-Mail für ein Konto verwenden.',
        ...codeInGerman(parameters),
        'Wenn Sie es nicht waren, tun Sie nichts. Das Konto behält seine Adresse.',
      ]),
    EMAIL_REVERT: (parameters) =>
      compose('Ihr Konto hat eine neue E-Mail', [
        'Ihr Konto hat von jetzt an eine andere E-Mail.',
        'Wenn Sie es nicht waren, öffnen Sie diesen Link. Er bringt diese Adresse zurück, beendet alle Sitzungen und macht das Passwort ungültig:',
        parameters.link,
        `Der Link gilt ${spanInGerman(parameters)} lang und nur einmal.`,
      ]),
    EMAIL_TAKEN: ({ link }) =>
      compose('Sie haben schon ein Konto', [
        'Jemand, vermutlich Sie selbst, möchte diese E-Mail für ein Konto verwenden. Sie hat schon eines.',
        'Melden Sie sich an, oder wählen Sie ein neues Passwort, wenn Sie Ihres vergessen haben:',
        link,
        'Wenn Sie es nicht waren, tun Sie nichts.',
      ]),
    LOGIN: (parameters) =>
      compose('Ihr Code zur Anmeldung', [
        'Jemand, vermutlich Sie selbst, möchte sich bei Ihrem Konto anmelden.',
        ...codeInGerman(parameters),
        'Wenn Sie es nicht waren, tun Sie nichts, und geben Sie den Code niemandem.',
      ]),
    INVITATION: (parameters) =>
      compose('Sie sind eingeladen', [
        'Für Sie wurde ein Konto angelegt. Wählen Sie ein Passwort, um sich anzumelden:',
        parameters.link,
        `Der Link gilt ${spanInGerman(parameters)} lang und nur einmal.`,
      ]),
    NEW_DEVICE: (parameters) =>
      compose('Anmeldung von einem neuen Gerät', [
        'Jemand, vermutlich Sie selbst, hat sich mit einem Gerät angemeldet, das bisher nicht verwendet wurde.',
        ...deviceInGerman(parameters),
        'Wenn Sie es nicht waren, öffnen Sie diesen Link. Er meldet das Gerät ab. Wählen Sie danach ein neues Passwort:',
        parameters.link,
        `Der Link gilt ${spanInGerman(parameters)} lang und nur einmal.`,
      ]),
    PASSWORD_CHANGED: (parameters) =>
      compose('Ihr Passwort wurde geändert', [
        'Jemand, vermutlich Sie selbst, hat das Passwort Ihres Kontos geändert.',
        ...deviceInGerman(parameters),
        'Wenn Sie es nicht waren, öffnen Sie diesen Link. Er meldet alle Geräte ab. Wählen Sie danach ein neues Passwort:',
        parameters.link,
        `Der Link gilt ${spanInGerman(parameters)} lang und nur einmal.`,
      ]),
    REUSE_DETECTED: (parameters) =>
      compose('Eine Sitzung wurde beendet', [
        'Eine Sitzung Ihres Kontos wurde an zwei Orten verwendet. Sie könnte gestohlen sein und wurde daher beendet.',
        ...deviceInGerman(parameters),
        'Öffnen Sie zur Sicherheit diesen Link. Er meldet alle Geräte ab. Wählen Sie danach ein neues Passwort:',
        parameters.link,
        `Der Link gilt ${spanInGerman(parameters)} lang und nur einmal.`,
      ]),
  },
});

const DAY = 1_440;

function codeInEnglish(parameters: MessageParameters): string[] {
  const { digits, link } = parameters;
  if (digits === null)
    return ['Open this link:', link, `The link is good for ${spanInEnglish(parameters)}, and for one use.`];
  const span = spanInEnglish(parameters);
  return [`The code is ${digits}.`, 'Or open this link:', link, `Both are good for ${span}, and for one use.`];
}

function spanInEnglish({ minutes }: MessageParameters): string {
  return minutes < DAY ? `${minutes} minutes` : `${Math.round(minutes / DAY)} days`;
}

function deviceInEnglish({ device }: MessageParameters): string[] {
  if (device === null) return [];
  return [`Device: ${device.name ?? 'unknown'}. Address: ${device.ipAddress ?? 'unknown'}.`];
}

function codeInGerman(parameters: MessageParameters): string[] {
  const { digits, link } = parameters;
  const span = spanInGerman(parameters);
  if (digits === null) return ['Öffnen Sie diesen Link:', link, `Der Link gilt ${span} lang und nur einmal.`];
  return [
    `Der Code lautet ${digits}.`,
    'Oder öffnen Sie diesen Link:',
    link,
    `Beide gelten ${span} lang und nur einmal.`,
  ];
}

function spanInGerman({ minutes }: MessageParameters): string {
  return minutes < DAY ? `${minutes} Minuten` : `${Math.round(minutes / DAY)} Tage`;
}

function deviceInGerman({ device }: MessageParameters): string[] {
  if (device === null) return [];
  return [`Gerät: ${device.name ?? 'unbekannt'}. Adresse: ${device.ipAddress ?? 'unbekannt'}.`];
}

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
