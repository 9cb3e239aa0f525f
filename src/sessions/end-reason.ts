/** Why a session ended before its time. */
export const EndReason = Object.freeze({
  /** The user logged out, with whichever token. */
  LOGGED_OUT: 'LOGGED_OUT',
  /** The same browser logged in again, so that its cookies belong to another session. */
  REPLACED: 'REPLACED',
  /** The user ended it from another session. */
  ENDED_BY_USER: 'ENDED_BY_USER',
  /** A superseded refresh token was presented after the reuse leeway. */
  TOKEN_REUSED: 'TOKEN_REUSED',
  /** The user had the allowed number of live sessions, and this was the oldest. */
  SESSION_LIMIT: 'SESSION_LIMIT',
  /** The user changed the password. */
  PASSWORD_CHANGED: 'PASSWORD_CHANGED',
  /** The user set a new password with a code that was mailed. */
  PASSWORD_RESET: 'PASSWORD_RESET',
  /** Somebody else than the holder of the password or of a session proved to own the address. */
  EMAIL_VERIFIED: 'EMAIL_VERIFIED',
  /** The e-mail was changed back from the old address. */
  EMAIL_REVERTED: 'EMAIL_REVERTED',
  /** The user ended it with the link of a notice. */
  ENDED_BY_MAIL: 'ENDED_BY_MAIL',
  /** An administrator ended all sessions of the user. */
  ENDED_BY_ADMIN: 'ENDED_BY_ADMIN',
  /** An administrator deactivated the user. */
  USER_DEACTIVATED: 'USER_DEACTIVATED',
  /** An administrator deleted the user. */
  USER_DELETED: 'USER_DELETED',
  /** The host's code called `auth.blacklistToken`. */
  BLACKLISTED: 'BLACKLISTED',
});
export type EndReason = (typeof EndReason)[keyof typeof EndReason];
