import { composeMessage } from './compose-message.ts';
import type { MessageParameters, Messages } from './messages.ts';

/** The messages in German. */
export const GERMAN: Messages = {
  PASSWORD_RESET: (parameters) =>
    composeMessage('Neues Passwort wählen', [
      'Jemand, vermutlich Sie selbst, möchte ein neues Passwort für Ihr Konto wählen.',
      ...paragraphsOfCode(parameters),
      'Wenn Sie es nicht waren, tun Sie nichts. Ihr Passwort bleibt.',
    ]),
  EMAIL_VERIFICATION: (parameters) =>
    composeMessage('E-Mail bestätigen', [
      'Jemand, vermutlich Sie selbst, hat ein Konto mit dieser E-Mail.',
      ...paragraphsOfCode(parameters),
      'Wenn Sie kein solches Konto haben, tun Sie nichts.',
    ]),
  EMAIL_CHANGE: (parameters) =>
    composeMessage('Neue E-Mail bestätigen', [
      'Jemand, vermutlich Sie selbst, möchte diese E-Mail für ein Konto verwenden.',
      ...paragraphsOfCode(parameters),
      'Wenn Sie es nicht waren, tun Sie nichts. Das Konto behält seine Adresse.',
    ]),
  EMAIL_REVERT: (parameters) =>
    composeMessage('Ihr Konto hat eine neue E-Mail', [
      'Ihr Konto hat von jetzt an eine andere E-Mail.',
      'Wenn Sie es nicht waren, öffnen Sie diesen Link. Er bringt diese Adresse zurück, beendet alle Sitzungen und macht das Passwort ungültig:',
      parameters.link,
      `Der Link gilt ${spanOf(parameters)} lang und nur einmal.`,
    ]),
  EMAIL_TAKEN: ({ link }) =>
    composeMessage('Sie haben schon ein Konto', [
      'Jemand, vermutlich Sie selbst, möchte diese E-Mail für ein Konto verwenden. Sie hat schon eines.',
      'Melden Sie sich an, oder wählen Sie ein neues Passwort, wenn Sie Ihres vergessen haben:',
      link,
      'Wenn Sie es nicht waren, tun Sie nichts.',
    ]),
  LOGIN: (parameters) =>
    composeMessage('Ihr Code zur Anmeldung', [
      'Jemand, vermutlich Sie selbst, möchte sich bei Ihrem Konto anmelden.',
      ...paragraphsOfCode(parameters),
      'Wenn Sie es nicht waren, tun Sie nichts, und geben Sie den Code niemandem.',
    ]),
  INVITATION: (parameters) =>
    composeMessage('Sie sind eingeladen', [
      'Für Sie wurde ein Konto angelegt. Wählen Sie ein Passwort, um sich anzumelden:',
      parameters.link,
      `Der Link gilt ${spanOf(parameters)} lang und nur einmal.`,
    ]),
  NEW_DEVICE: (parameters) =>
    composeMessage('Anmeldung von einem neuen Gerät', [
      'Jemand, vermutlich Sie selbst, hat sich mit einem Gerät angemeldet, das bisher nicht verwendet wurde.',
      ...paragraphsOfDevice(parameters),
      'Wenn Sie es nicht waren, öffnen Sie diesen Link. Er meldet das Gerät ab. Wählen Sie danach ein neues Passwort:',
      parameters.link,
      `Der Link gilt ${spanOf(parameters)} lang und nur einmal.`,
    ]),
  PASSWORD_CHANGED: (parameters) =>
    composeMessage('Ihr Passwort wurde geändert', [
      'Jemand, vermutlich Sie selbst, hat das Passwort Ihres Kontos geändert.',
      ...paragraphsOfDevice(parameters),
      'Wenn Sie es nicht waren, öffnen Sie diesen Link. Er meldet alle Geräte ab. Wählen Sie danach ein neues Passwort:',
      parameters.link,
      `Der Link gilt ${spanOf(parameters)} lang und nur einmal.`,
    ]),
  REUSE_DETECTED: (parameters) =>
    composeMessage('Eine Sitzung wurde beendet', [
      'Eine Sitzung Ihres Kontos wurde an zwei Orten verwendet. Sie könnte gestohlen sein und wurde daher beendet.',
      ...paragraphsOfDevice(parameters),
      'Öffnen Sie zur Sicherheit diesen Link. Er meldet alle Geräte ab. Wählen Sie danach ein neues Passwort:',
      parameters.link,
      `Der Link gilt ${spanOf(parameters)} lang und nur einmal.`,
    ]),
};

const DAY = 1_440;

function paragraphsOfCode(parameters: MessageParameters): string[] {
  const { digits, link } = parameters;
  const span = spanOf(parameters);
  if (digits === null) return ['Öffnen Sie diesen Link:', link, `Der Link gilt ${span} lang und nur einmal.`];
  return [
    `Der Code lautet ${digits}.`,
    'Oder öffnen Sie diesen Link:',
    link,
    `Beide gelten ${span} lang und nur einmal.`,
  ];
}

function spanOf({ minutes }: MessageParameters): string {
  return minutes < DAY ? `${minutes} Minuten` : `${Math.round(minutes / DAY)} Tage`;
}

function paragraphsOfDevice({ device }: MessageParameters): string[] {
  if (device === null) return [];
  return [`Gerät: ${device.name ?? 'unbekannt'}. Adresse: ${device.ipAddress ?? 'unbekannt'}.`];
}
