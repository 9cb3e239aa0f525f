/** The meaning of each type of security event. The schema's descriptions come from here. */
export const securityEventMeanings = {
  REGISTERED: 'The account was opened.',
  LOGGED_IN: 'A session was opened.',
  LOGIN_FAILED: 'The password was wrong, or the account was deactivated.',
  REFRESH_RETRIED: 'A refresh was repeated with its idempotency key and got the same answer.',
  REFRESH_REFUSED_AS_ROTATED: 'A rotated refresh token was presented again within the reuse leeway.',
  REUSE_DETECTED: 'A superseded refresh token was presented. The cause is PREVIOUS or OLDER.',
  SESSION_ENDED: 'A session ended. The cause says why.',
  PASSWORD_CHANGED: 'The password was changed.',
  PASSWORD_CHANGE_FAILED: 'The current password was wrong.',
  PASSWORD_RESET: 'The password was set with a code that was mailed, and a session was opened.',
  REGISTRATION_REFUSED: 'Somebody registered an e-mail that has an account.',
  USER_INVITED: 'An administrator opened the account and had an invitation mailed.',
  EMAIL_VERIFIED: 'Somebody proved to receive the mails of the address.',
  EMAIL_CHANGE_FAILED: 'The current password was wrong when the e-mail was to be changed.',
  EMAIL_CHANGED: 'The e-mail was changed.',
  EMAIL_REVERTED: 'The e-mail was changed back from the old address. The password is void.',
  ROLES_CHANGED: 'An administrator changed the roles.',
  USER_DEACTIVATED: 'An administrator deactivated the account.',
  USER_ACTIVATED: 'An administrator activated the account.',
  USER_DELETED: 'An administrator deleted the account.',
} as const;

/** What a security event records. */
export type SecurityEventType = keyof typeof securityEventMeanings;
