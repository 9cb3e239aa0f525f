/** The meaning of each name, by name. */
type Meanings = Readonly<Record<string, string>>;

/** An enum as an object: each name is its own value. */
type Names<Given extends Meanings> = { readonly [Name in keyof Given]: Name };

function namesOf<const Given extends Meanings>(meanings: Given): Names<Given> {
  return Object.freeze(Object.fromEntries(Object.keys(meanings).map((name) => [name, name]))) as Names<Given>;
}

/**
 * The meanings of all codes and reasons. They are written only here: the descriptions in the schema, the tables of
 * docs/errors.md and the constants of the client kit are printed from this object.
 */
export const meanings = {
  ErrorCode: {
    UNAUTHENTICATED: 'A guarded field was requested without a valid access token.',
    FORBIDDEN: 'The user is known but may not do this.',
    INVALID_CREDENTIALS:
      'The e-mail or the password is wrong, or a code is wrong, used, expired or was tried too often.',
    EMAIL_UNVERIFIED:
      'The password is right, and the e-mail must be verified before the first login. Send `requestEmailVerification`.',
    INVALID_REFRESH_TOKEN: 'The refresh token was not exchanged.',
    BAD_USER_INPUT: 'Fields of the input have to be corrected.',
    NOT_FOUND: 'The object does not exist, or the caller may not know of it.',
    CSRF_REJECTED: 'A request with cookies does not prove that one of your pages made it.',
    TOO_MANY_CREDENTIAL_OPERATIONS:
      'The document has several operations that check a password or a token. None of them ran. Send each in a document of its own.',
    RATE_LIMITED:
      'There are too many requests of the client, to the account or at the moment. Send it again after `retryAfterSeconds`.',
    SERVICE_UNAVAILABLE: 'The database cannot be reached. Nothing was half-written.',
  },
  TokenRefusalReason: {
    TOKEN_MISSING: 'No token was sent.',
    TOKEN_INVALID: 'The token was not issued by this server, or it is of the wrong kind.',
    TOKEN_EXPIRED: 'The token is past its `exp` (RFC 7519 section 4.1.4) and the leeway.',
    TOKEN_REVOKED: "The token's session has ended, or the user's roles have changed since.",
    TOKEN_ROTATED: 'The refresh token was exchanged a moment ago. The session lives: use the newer token.',
    TOKEN_REUSED: 'The refresh token was exchanged before, which is a sign of theft. Its session has ended.',
  },
  ForbiddenReason: {
    ROLE_MISSING: 'The user has none of the roles that the field requires.',
  },
  InputRefusalReason: {
    REQUIRED: 'The value is missing, null or blank.',
    INVALID_TYPE: 'The value does not have the type that the schema requires.',
    UNKNOWN_FIELD: 'The input type has no such field.',
    EMAIL_INVALID: 'Mail cannot be sent to the address, or the part before the `@` is not ASCII.',
    EMAIL_TAKEN: 'An account with this e-mail exists.',
    PASSWORD_INVALID: 'The password contains a NUL character or half of a surrogate pair.',
    PASSWORD_TOO_SHORT: 'The password has fewer characters than this server requires: 8, or more by its settings.',
    PASSWORD_TOO_LONG: 'The password has more than 256 characters.',
    PASSWORD_COMMON: 'The password is on a list of common passwords, so it would be guessed soon.',
    PASSWORD_IS_EMAIL: "The password is the account's own e-mail address.",
    IDEMPOTENCY_KEY_INVALID: 'The key does not have 22 to 128 base64url characters.',
    ROLE_INVALID:
      'A role does not have 1 to 64 letters, digits, `_`, `-`, `.` or `:`, or there are more than 32 roles.',
    DELIVERY_NOT_ALLOWED: 'The settings do not allow this token delivery.',
    LAST_ADMINISTRATOR: 'The change would leave no active administrator.',
    USER_REFERENCED: 'Other data refers to the user, so the user cannot be deleted. Deactivate the user instead.',
    OUT_OF_RANGE: 'The number is outside the allowed range.',
    CURSOR_INVALID: 'The cursor was not returned by this connection.',
  },
} as const;

/** The values of `extensions.code`. Each stands for one thing that a client can do about the error. */
export const ErrorCode: Names<typeof meanings.ErrorCode> = namesOf(meanings.ErrorCode);
export type ErrorCode = keyof typeof ErrorCode;

/** Why a token was refused: `extensions.reason` of UNAUTHENTICATED and INVALID_REFRESH_TOKEN. */
export const TokenRefusalReason: Names<typeof meanings.TokenRefusalReason> = namesOf(meanings.TokenRefusalReason);
export type TokenRefusalReason = keyof typeof TokenRefusalReason;

/** Why a guard refused an access token. The two reasons that are left out apply to refresh tokens only. */
export type AccessRefusalReason = Exclude<TokenRefusalReason, 'TOKEN_ROTATED' | 'TOKEN_REUSED'>;

/** Why a guard refused a known user: `extensions.reason` of FORBIDDEN. */
export const ForbiddenReason: Names<typeof meanings.ForbiddenReason> = namesOf(meanings.ForbiddenReason);
export type ForbiddenReason = keyof typeof ForbiddenReason;

/** What is wrong with one field of an input: `extensions.fields[].reason` of BAD_USER_INPUT. */
export const InputRefusalReason: Names<typeof meanings.InputRefusalReason> = namesOf(meanings.InputRefusalReason);
export type InputRefusalReason = keyof typeof InputRefusalReason;
