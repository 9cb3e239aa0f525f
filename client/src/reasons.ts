// Printed from src/reasons.ts of the library by "npm run generate". Change that file, not this one.

/** The values of `extensions.code`. Each stands for one thing that a client can do about the error. */
export const ErrorCode = /* @__PURE__ */ Object.freeze({
  /** A guarded field was requested without a valid access token. */
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  /** The user is known but may not do this. */
  FORBIDDEN: 'FORBIDDEN',
  /** The e-mail or the password is wrong, or a code is wrong, used, expired or was tried too often. */
  INVALID_CREDENTIALS: 'INVALID_CREDENTIALS',
  /** The password is right, and the e-mail must be verified before the first login. Send `requestEmailVerification`. */
  EMAIL_UNVERIFIED: 'EMAIL_UNVERIFIED',
  /** The refresh token was not exchanged. */
  INVALID_REFRESH_TOKEN: 'INVALID_REFRESH_TOKEN',
  /** Fields of the input have to be corrected. */
  BAD_USER_INPUT: 'BAD_USER_INPUT',
  /** The object does not exist, or the caller may not know of it. */
  NOT_FOUND: 'NOT_FOUND',
  /** A request with cookies does not prove that one of your pages made it. */
  CSRF_REJECTED: 'CSRF_REJECTED',
  /** The document has several operations that check a password or a token. None of them ran. Send each in a document of its own. */
  TOO_MANY_CREDENTIAL_OPERATIONS: 'TOO_MANY_CREDENTIAL_OPERATIONS',
  /** There are too many requests of the client, to the account or at the moment. Send it again after `retryAfterSeconds`. */
  RATE_LIMITED: 'RATE_LIMITED',
  /** The database cannot be reached. Nothing was half-written. */
  SERVICE_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
});
export type ErrorCode = keyof typeof ErrorCode;

/** Why a token was refused: `extensions.reason` of UNAUTHENTICATED and INVALID_REFRESH_TOKEN. */
export const TokenRefusalReason = /* @__PURE__ */ Object.freeze({
  /** No token was sent. */
  TOKEN_MISSING: 'TOKEN_MISSING',
  /** The token was not issued by this server, or it is of the wrong kind. */
  TOKEN_INVALID: 'TOKEN_INVALID',
  /** The token is past its `exp` (RFC 7519 section 4.1.4) and the leeway. */
  TOKEN_EXPIRED: 'TOKEN_EXPIRED',
  /** The token's session has ended, or the user's roles have changed since. */
  TOKEN_REVOKED: 'TOKEN_REVOKED',
  /** The refresh token was exchanged a moment ago. The session lives: use the newer token. */
  TOKEN_ROTATED: 'TOKEN_ROTATED',
  /** The refresh token was exchanged before, which is a sign of theft. Its session has ended. */
  TOKEN_REUSED: 'TOKEN_REUSED',
});
export type TokenRefusalReason = keyof typeof TokenRefusalReason;

/** Why a guard refused a known user: `extensions.reason` of FORBIDDEN. */
export const ForbiddenReason = /* @__PURE__ */ Object.freeze({
  /** The user has none of the roles that the field requires. */
  ROLE_MISSING: 'ROLE_MISSING',
});
export type ForbiddenReason = keyof typeof ForbiddenReason;

/** What is wrong with one field of an input: `extensions.fields[].reason` of BAD_USER_INPUT. */
export const InputRefusalReason = /* @__PURE__ */ Object.freeze({
  /** The value is missing, null or blank. */
  REQUIRED: 'REQUIRED',
  /** The value does not have the type that the schema requires. */
  INVALID_TYPE: 'INVALID_TYPE',
  /** The input type has no such field. */
  UNKNOWN_FIELD: 'UNKNOWN_FIELD',
  /** Mail cannot be sent to the address, or the part before the `@` is not ASCII. */
  EMAIL_INVALID: 'EMAIL_INVALID',
  /** An account with this e-mail exists. */
  EMAIL_TAKEN: 'EMAIL_TAKEN',
  /** The password contains a NUL character or half of a surrogate pair. */
  PASSWORD_INVALID: 'PASSWORD_INVALID',
  /** The password has fewer characters than this server requires: 8, or more by its settings. */
  PASSWORD_TOO_SHORT: 'PASSWORD_TOO_SHORT',
  /** The password has more than 256 characters. */
  PASSWORD_TOO_LONG: 'PASSWORD_TOO_LONG',
  /** The password is on a list of common passwords, so it would be guessed soon. */
  PASSWORD_COMMON: 'PASSWORD_COMMON',
  /** The password is the account's own e-mail address. */
  PASSWORD_IS_EMAIL: 'PASSWORD_IS_EMAIL',
  /** The key does not have 22 to 128 base64url characters. */
  IDEMPOTENCY_KEY_INVALID: 'IDEMPOTENCY_KEY_INVALID',
  /** A role does not have 1 to 64 letters, digits, `_`, `-`, `.` or `:`, or there are more than 32 roles. */
  ROLE_INVALID: 'ROLE_INVALID',
  /** The settings do not allow this token delivery. */
  DELIVERY_NOT_ALLOWED: 'DELIVERY_NOT_ALLOWED',
  /** The change would leave no active administrator. */
  LAST_ADMINISTRATOR: 'LAST_ADMINISTRATOR',
  /** Other data refers to the user, so the user cannot be deleted. Deactivate the user instead. */
  USER_REFERENCED: 'USER_REFERENCED',
  /** The number is outside the allowed range. */
  OUT_OF_RANGE: 'OUT_OF_RANGE',
  /** The cursor was not returned by this connection. */
  CURSOR_INVALID: 'CURSOR_INVALID',
});
export type InputRefusalReason = keyof typeof InputRefusalReason;
