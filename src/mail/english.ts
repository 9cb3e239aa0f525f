import { composeMessage } from './compose-message.ts';
import type { MessageParameters, Messages } from './messages.ts';

/** The messages in English. */
export const ENGLISH: Messages = {
  PASSWORD_RESET: (parameters) =>
    composeMessage('Choose a new password', [
      'Somebody, probably you, wants to choose a new password for your account.',
      ...paragraphsOfCode(parameters),
      'If it was not you, do nothing. Your password stays.',
    ]),
  EMAIL_VERIFICATION: (parameters) =>
    composeMessage('Confirm your e-mail', [
      'Somebody, probably you, has an account with this e-mail.',
      ...paragraphsOfCode(parameters),
      'If you have no such account, do nothing.',
    ]),
  EMAIL_CHANGE: (parameters) =>
    composeMessage('Confirm your new e-mail', [
      'Somebody, probably you, wants to use this e-mail for an account.',
      ...paragraphsOfCode(parameters),
      'If it was not you, do nothing. The account keeps its address.',
    ]),
  EMAIL_REVERT: (parameters) =>
    composeMessage('Your account has a new e-mail', [
      'Your account has another e-mail from now on.',
      'If it was not you, open this link. It brings this address back, ends every session and voids the password:',
      parameters.link,
      `The link is good for ${spanOf(parameters)}, and for one use.`,
    ]),
  EMAIL_TAKEN: ({ link }) =>
    composeMessage('You have an account already', [
      'Somebody, probably you, wants to use this e-mail for an account. It has one already.',
      'Log in, or choose a new password if you have forgotten yours:',
      link,
      'If it was not you, do nothing.',
    ]),
  LOGIN: (parameters) =>
    composeMessage('Your code to log in', [
      'Somebody, probably you, wants to log in to your account.',
      ...paragraphsOfCode(parameters),
      'If it was not you, do nothing, and give the code to nobody.',
    ]),
  INVITATION: (parameters) =>
    composeMessage('You are invited', [
      'An account was opened for you. Choose a password to log in:',
      parameters.link,
      `The link is good for ${spanOf(parameters)}, and for one use.`,
    ]),
  NEW_DEVICE: (parameters) =>
    composeMessage('A login from a new device', [
      'Somebody, probably you, has logged in to your account from a device that was not used before.',
      ...paragraphsOfDevice(parameters),
      'If it was not you, open this link, which logs that device out. Then choose a new password:',
      parameters.link,
      `The link is good for ${spanOf(parameters)}, and for one use.`,
    ]),
  PASSWORD_CHANGED: (parameters) =>
    composeMessage('Your password was changed', [
      'Somebody, probably you, has changed the password of your account.',
      ...paragraphsOfDevice(parameters),
      'If it was not you, open this link, which logs out every device. Then choose a new password:',
      parameters.link,
      `The link is good for ${spanOf(parameters)}, and for one use.`,
    ]),
  REUSE_DETECTED: (parameters) =>
    composeMessage('A session was ended', [
      'A session of your account was used in two places. It may have been stolen, so it was ended.',
      ...paragraphsOfDevice(parameters),
      'To be sure, open this link, which logs out every device. Then choose a new password:',
      parameters.link,
      `The link is good for ${spanOf(parameters)}, and for one use.`,
    ]),
};

const DAY = 1_440;

function paragraphsOfCode(parameters: MessageParameters): string[] {
  const { digits, link } = parameters;
  if (digits === null) return ['Open this link:', link, `The link is good for ${spanOf(parameters)}, and for one use.`];
  const span = spanOf(parameters);
  return [`The code is ${digits}.`, 'Or open this link:', link, `Both are good for ${span}, and for one use.`];
}

function spanOf({ minutes }: MessageParameters): string {
  return minutes < DAY ? `${minutes} minutes` : `${Math.round(minutes / DAY)} days`;
}

function paragraphsOfDevice({ device }: MessageParameters): string[] {
  if (device === null) return [];
  return [`Device: ${device.name ?? 'unknown'}. Address: ${device.ipAddress ?? 'unknown'}.`];
}
