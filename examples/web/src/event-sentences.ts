import type { SecurityEventType } from './gql/graphql.ts';

const SENTENCES: Readonly<Record<SecurityEventType, string>> = {
  REGISTERED: 'You opened your account',
  LOGGED_IN: 'You logged in',
  LOGIN_FAILED: 'Somebody tried to log in with a wrong password',
  REFRESH_RETRIED: 'A refresh was asked for again after its answer was lost',
  REFRESH_REFUSED_AS_ROTATED: 'Two refreshes raced; the later one was refused',
  REUSE_DETECTED: 'An old refresh token was used again; its session was ended',
  SESSION_ENDED: 'A session was ended',
  PASSWORD_CHANGED: 'You changed your password',
  PASSWORD_CHANGE_FAILED: 'Somebody tried to change your password',
  PASSWORD_RESET: 'You set a new password with a code that was mailed',
  REGISTRATION_REFUSED: 'Somebody tried to open an account with your e-mail',
  USER_INVITED: 'You were invited',
  EMAIL_CHANGE_FAILED: 'Somebody tried to change your e-mail',
  EMAIL_CHANGED: 'You changed your e-mail',
  EMAIL_REVERTED: 'Your old e-mail was brought back',
  EMAIL_VERIFIED: 'Your e-mail was confirmed',
  ROLES_CHANGED: 'Your roles were changed',
  USER_DEACTIVATED: 'Your account was locked',
  USER_ACTIVATED: 'Your account was unlocked',
  USER_DELETED: 'Your account was deleted',
};

const ENDS: Readonly<Record<string, string>> = {
  LOGGED_OUT: 'You logged out',
  ENDED_BY_USER: 'You logged out a device',
  TOKEN_REUSED: 'A session was ended because its token was in two hands',
  SESSION_LIMIT: 'The oldest session was ended to make room for a new one',
  PASSWORD_CHANGED: 'A session was ended by the change of your password',
  EMAIL_REVERTED: 'A session was ended when your old e-mail came back',
  ENDED_BY_MAIL: 'You logged out a device with the link of a mail',
  ENDED_BY_ADMIN: 'An administrator logged you out',
};

export function eventSentence(type: SecurityEventType, cause: string | null): string {
  return (type === 'SESSION_ENDED' ? ENDS[cause ?? ''] : undefined) ?? SENTENCES[type];
}
