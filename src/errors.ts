/** What `extensions.code` can be. One word for each thing a client can do about it. */
export const ErrorCode = Object.freeze({
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  INVALID_CREDENTIALS: 'INVALID_CREDENTIALS',
  INVALID_REFRESH_TOKEN: 'INVALID_REFRESH_TOKEN',
  BAD_USER_INPUT: 'BAD_USER_INPUT',
  NOT_FOUND: 'NOT_FOUND',
  CSRF_REJECTED: 'CSRF_REJECTED',
  SERVICE_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
});
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Why a token is refused: `extensions.reason` of UNAUTHENTICATED and INVALID_REFRESH_TOKEN. */
export const TokenRefusalReason = Object.freeze({
  /** No token came. */
  TOKEN_MISSING: 'TOKEN_MISSING',
  /** Not a token of ours, or not of the kind that is wanted here. */
  TOKEN_INVALID: 'TOKEN_INVALID',
  /** Past its `exp` (RFC 7519 section 4.1.4) and the leeway. */
  TOKEN_EXPIRED: 'TOKEN_EXPIRED',
  /** Its session has ended. */
  TOKEN_REVOKED: 'TOKEN_REVOKED',
  /** A refresh token that was exchanged a moment ago. The session lives: use the newer token. */
  TOKEN_ROTATED: 'TOKEN_ROTATED',
  /** A refresh token that was exchanged before, which is a sign of theft: its session has been ended. */
  TOKEN_REUSED: 'TOKEN_REUSED',
});
export type TokenRefusalReason = (typeof TokenRefusalReason)[keyof typeof TokenRefusalReason];

/** Why a guard refuses a token: a refresh token's two further reasons cannot befall an access token. */
export type AccessRefusalReason = Exclude<TokenRefusalReason, 'TOKEN_ROTATED' | 'TOKEN_REUSED'>;

/** Why a guard refuses a user who is known: `extensions.reason` of FORBIDDEN. */
export const ForbiddenReason = Object.freeze({
  /** The user has none of the roles that the field names. */
  ROLE_MISSING: 'ROLE_MISSING',
});
export type ForbiddenReason = (typeof ForbiddenReason)[keyof typeof ForbiddenReason];

/** What is wrong with one field of an input: `extensions.fields[].reason` of BAD_USER_INPUT. */
export const InputRefusalReason = Object.freeze({
  /** Missing, null or blank. */
  REQUIRED: 'REQUIRED',
  /** Of another type than the schema says. */
  INVALID_TYPE: 'INVALID_TYPE',
  /** The input type has no such field. */
  UNKNOWN_FIELD: 'UNKNOWN_FIELD',
  EMAIL_INVALID: 'EMAIL_INVALID',
  EMAIL_TAKEN: 'EMAIL_TAKEN',
  /** Holds a NUL or half of a surrogate pair. */
  PASSWORD_INVALID: 'PASSWORD_INVALID',
  PASSWORD_TOO_SHORT: 'PASSWORD_TOO_SHORT',
  PASSWORD_TOO_LONG: 'PASSWORD_TOO_LONG',
  /** Not 22 to 128 characters of base64url. */
  IDEMPOTENCY_KEY_INVALID: 'IDEMPOTENCY_KEY_INVALID',
  /** Not a word of at most 64 letters, digits, `_`, `-`, `.` or `:`. */
  ROLE_INVALID: 'ROLE_INVALID',
  /** This deployment does not hand out tokens in this way. */
  DELIVERY_NOT_ALLOWED: 'DELIVERY_NOT_ALLOWED',
  /** It would leave nobody who is active and an administrator. */
  LAST_ADMINISTRATOR: 'LAST_ADMINISTRATOR',
  /** A number outside of what the field takes. */
  OUT_OF_RANGE: 'OUT_OF_RANGE',
  /** Not a cursor that a connection of this field gave. */
  CURSOR_INVALID: 'CURSOR_INVALID',
});
export type InputRefusalReason = (typeof InputRefusalReason)[keyof typeof InputRefusalReason];

/** One field of an input that has to be mended. */
export interface FieldRefusal {
  /** From the argument down, such as `input.email`. */
  readonly path: string;
  readonly reason: InputRefusalReason;
}

/**
 * Any error that a client is meant to see. `message` is one constant sentence per code: no token, claim, password or
 * input value ever stands in it. A GraphQL server copies `extensions` into its answer by itself.
 *
 * A mistake of the programmer who calls this library is a TypeError and never one of these.
 */
abstract class CodedError extends Error {
  abstract readonly code: ErrorCode;

  /** What the answer carries beside the message. */
  get extensions(): Record<string, unknown> {
    return { code: this.code };
  }
}

/** A guarded field was asked for without a good access token. */
export class UnauthenticatedError extends CodedError {
  override readonly name = 'UnauthenticatedError';
  readonly code = ErrorCode.UNAUTHENTICATED;
  readonly reason: AccessRefusalReason;
  /** Whether a refresh may help; if not, only logging in does. */
  readonly refreshable: boolean;

  constructor(reason: AccessRefusalReason, refreshable: boolean) {
    super('A valid access token is required.');
    this.reason = reason;
    this.refreshable = refreshable;
  }

  override get extensions(): Record<string, unknown> {
    return { code: this.code, reason: this.reason, refreshable: this.refreshable };
  }
}

/** The user is known, and may not do this. */
export class ForbiddenError extends CodedError {
  override readonly name = 'ForbiddenError';
  readonly code = ErrorCode.FORBIDDEN;
  readonly reason = ForbiddenReason.ROLE_MISSING;

  constructor() {
    super('You are not allowed to do this.');
  }

  override get extensions(): Record<string, unknown> {
    return { code: this.code, reason: this.reason };
  }
}

/** E-mail and password do not go together. One answer whatever the cause, so that it tells nothing about who exists. */
export class InvalidCredentialsError extends CodedError {
  override readonly name = 'InvalidCredentialsError';
  readonly code = ErrorCode.INVALID_CREDENTIALS;

  constructor() {
    super('E-mail or password is wrong.');
  }
}

/** A refresh token was not exchanged. The counterpart of `invalid_grant` in RFC 6749 section 5.2. */
export class InvalidRefreshTokenError extends CodedError {
  override readonly name = 'InvalidRefreshTokenError';
  readonly code = ErrorCode.INVALID_REFRESH_TOKEN;
  readonly reason: TokenRefusalReason;

  constructor(reason: TokenRefusalReason) {
    super('The refresh token was not accepted.');
    this.reason = reason;
  }

  override get extensions(): Record<string, unknown> {
    return { code: this.code, reason: this.reason };
  }
}

/** An input holds something that has to be mended; every fault at once. */
export class BadUserInputError extends CodedError {
  override readonly name = 'BadUserInputError';
  readonly code = ErrorCode.BAD_USER_INPUT;
  readonly fields: readonly FieldRefusal[];

  constructor(fields: readonly FieldRefusal[]) {
    super('The input is not valid.');
    this.fields = fields;
  }

  override get extensions(): Record<string, unknown> {
    return { code: this.code, fields: this.fields };
  }
}

/**
 * A request that cookies authenticate, or that would set them, does not prove that it was made by a page of ours: it comes
 * from another origin, or the header `X-CSRF-Token` is missing or wrong.
 */
export class CsrfRejectedError extends CodedError {
  override readonly name = 'CsrfRejectedError';
  readonly code = ErrorCode.CSRF_REJECTED;
  /** Where the origin is at fault the whole answer is a 403. */
  readonly status: number;

  constructor(fault: 'origin' | 'token') {
    super('The request may have been forged by another site.');
    this.status = fault === 'origin' ? 403 : 200;
  }

  override get extensions(): Record<string, unknown> {
    // GraphQL servers take the status from here, and take it off.
    return this.status === 200 ? { code: this.code } : { code: this.code, http: { status: this.status } };
  }
}

/** There is no such thing, or it is not for the caller to know of. */
export class NotFoundError extends CodedError {
  override readonly name = 'NotFoundError';
  readonly code = ErrorCode.NOT_FOUND;

  constructor() {
    super('There is no such thing.');
  }
}

/** The database cannot be asked. Nothing has been half-written; the same request may be sent again. */
export class ServiceUnavailableError extends CodedError {
  override readonly name = 'ServiceUnavailableError';
  readonly code = ErrorCode.SERVICE_UNAVAILABLE;

  constructor(cause?: unknown) {
    super('The service is unavailable for the moment. Try again.', { cause });
  }
}

/** Every error a client is meant to see, told apart by `code`. */
export type AuthError =
  | UnauthenticatedError
  | ForbiddenError
  | InvalidCredentialsError
  | InvalidRefreshTokenError
  | BadUserInputError
  | NotFoundError
  | CsrfRejectedError
  | ServiceUnavailableError;

/** Whether an error is one that a client is meant to see. */
export function isAuthError(error: unknown): error is AuthError {
  return error instanceof CodedError;
}
