import {
  AuthRequestError,
  authErrorOf,
  type AuthErrorDetails,
  type ErrorCode,
  type InputRefusalReason,
  type LogoutReason,
} from 'graphql-simplejwt-client';

const AWAY = 'The server cannot be reached. You stay logged in; check your connection and try again.';
const OURS =
  'Something went wrong on the server. It may have done what you asked: reload the page to see, then try again.';
const OUTDATED = 'This page and the server do not understand each other. Reload the page to get its newest version.';

/** What a user can do about one field of a form. */
const FIELD_SENTENCES: Readonly<Record<InputRefusalReason, string>> = {
  REQUIRED: 'Please fill this in.',
  INVALID_TYPE: OUTDATED,
  UNKNOWN_FIELD: OUTDATED,
  EMAIL_INVALID: 'This is no e-mail address. Look for a missing @ or a space.',
  EMAIL_TAKEN: 'There is an account with this e-mail. Log in instead, or use another address.',
  PASSWORD_INVALID: 'This password holds a character that cannot be used. Type it again without it.',
  PASSWORD_TOO_SHORT: 'Use more characters. A few words make a good password.',
  PASSWORD_TOO_LONG: 'Use 256 characters or fewer.',
  PASSWORD_COMMON: 'Many people use this password, so it is soon guessed. Choose another.',
  PASSWORD_IS_EMAIL: 'Choose a password that is not your e-mail address.',
  IDEMPOTENCY_KEY_INVALID: OUTDATED,
  ROLE_INVALID: 'A role is a word of letters, digits and _ - . : only. Correct it.',
  USER_REFERENCED: 'Other data belongs to this account, so it cannot be deleted. Deactivate it instead.',
  LAST_ADMINISTRATOR: 'This is the last administrator. Give somebody else the role first.',
  OUT_OF_RANGE: 'Choose a number from 1 to 100.',
  CURSOR_INVALID: 'The list has changed. Load it again from the beginning.',
  DELIVERY_NOT_ALLOWED: 'This server does not send tokens that way. Choose another way and try again.',
};

/** Codes of requests that were refused before an operation ran, or that failed in the server. */
const OTHER_SENTENCES: Readonly<Record<string, string>> = {
  INTERNAL_SERVER_ERROR: OURS,
  BAD_REQUEST: OUTDATED,
  GRAPHQL_PARSE_FAILED: OUTDATED,
  GRAPHQL_VALIDATION_FAILED: OUTDATED,
  OPERATION_RESOLUTION_FAILURE: OUTDATED,
  PERSISTED_QUERY_NOT_FOUND: OUTDATED,
  METHOD_NOT_ALLOWED: OUTDATED,
  UNSUPPORTED_MEDIA_TYPE: OUTDATED,
  PAYLOAD_TOO_LARGE: 'That is too much text at once. Shorten it and try again.',
};

/** Why the login page is shown again. */
export const LOGOUT_SENTENCES: Readonly<Record<LogoutReason, string>> = {
  LOGGED_OUT: 'You are logged out.',
  SESSION_ENDED: 'Your session has ended. Log in to go on.',
  SESSION_TAKEN:
    'Somebody else used your session, so it was ended for both of you. Log in, and change your password if that was not you.',
};

/**
 * The message for an error, and what a user can do about it.
 *
 * @param own - messages that fit the place better.
 */
export function sentenceFor(error: unknown, own: Partial<Record<ErrorCode, string>> = {}): string {
  const details = authErrorOf(error);
  if (details !== null) return own[details.code] ?? sentenceForDetails(details);
  return OTHER_SENTENCES[otherCodeOf(error) ?? ''] ?? (isAnswer(error) ? OURS : AWAY);
}

/** The message for each field of a form, by the field's name. Empty if the error names no field. */
export function fieldSentencesFor(error: unknown): Readonly<Record<string, string>> {
  const details = authErrorOf(error);
  if (details?.code !== 'BAD_USER_INPUT') return {};
  return Object.fromEntries(
    details.fields.map(({ path, reason }) => [path.split('.').at(-1) ?? path, FIELD_SENTENCES[reason]]),
  );
}

function sentenceForDetails(details: AuthErrorDetails): string {
  switch (details.code) {
    case 'UNAUTHENTICATED':
    case 'INVALID_REFRESH_TOKEN':
      return 'You are not logged in any more. Log in and try again.';
    case 'FORBIDDEN':
      return 'Your account may not do this. Ask an administrator for the role it takes.';
    case 'INVALID_CREDENTIALS':
      return 'The e-mail or the password is wrong. Check both and try again.';
    case 'EMAIL_UNVERIFIED':
      return 'Confirm your e-mail first: open the link of the mail that you got.';
    case 'BAD_USER_INPUT':
      return details.fields.map(({ reason }) => FIELD_SENTENCES[reason]).join(' ');
    case 'NOT_FOUND':
      return 'It is not there any more. Reload the page to see what is.';
    case 'CSRF_REJECTED':
      return 'The server could not tell that this page asked. Reload the page and try again.';
    case 'TOO_MANY_CREDENTIAL_OPERATIONS':
      return 'The page asked for too much at once. Reload the page and try again.';
    case 'RATE_LIMITED':
      return `There were too many attempts. Try again in ${details.retryAfterSeconds} seconds.`;
    case 'SERVICE_UNAVAILABLE':
      return 'The server is busy for the moment. Nothing was changed; try again in a few seconds.';
  }
}

interface WithErrors {
  readonly errors?: unknown;
}

/** Whether the server answered at all. */
function isAnswer(error: unknown): boolean {
  return error instanceof AuthRequestError || Array.isArray((error as WithErrors | null)?.errors);
}

function otherCodeOf(error: unknown): string | undefined {
  const errors = (error as WithErrors | null)?.errors;
  if (!Array.isArray(errors)) return undefined;
  const [first] = errors as { readonly extensions?: { readonly code?: string } }[];
  return first?.extensions?.code;
}
