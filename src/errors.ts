import { GraphQLError } from 'graphql';
import { type AccessRefusalReason, ErrorCode, ForbiddenReason, type InputRefusalReason } from './reasons.ts';
import type { TokenRefusalReason } from './reasons.ts';

/** One field of an input that has to be corrected. */
export interface FieldRefusal {
  /** The path from the argument down, such as `input.email`. */
  readonly path: string;
  readonly reason: InputRefusalReason;
}

/** Marks the errors of every copy of this library that a process has loaded. */
const MARK = Symbol.for('graphql-simplejwt/auth-error');

/**
 * An error that clients are meant to see. `message` is one constant sentence per code: it never contains a token, a claim,
 * a password or an input value.
 *
 * It is a GraphQLError, so every GraphQL server shows `message` and `extensions` as they are, even a server that masks
 * unexpected errors. A mistake in the host's code is a TypeError and never one of these.
 */
abstract class CodedError extends GraphQLError {
  readonly [MARK] = true;
  abstract readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, details: object = {}) {
    super(message, { extensions: { code, ...details } });
  }
}

/** A guarded field was requested without a valid access token. */
export class UnauthenticatedError extends CodedError {
  readonly code = ErrorCode.UNAUTHENTICATED;
  readonly reason: AccessRefusalReason;
  /** Whether `refreshToken` may help. If it is false, only a new login helps. */
  readonly refreshable: boolean;

  constructor(reason: AccessRefusalReason, refreshable: boolean) {
    super(ErrorCode.UNAUTHENTICATED, 'A valid access token is required.', { reason, refreshable });
    this.reason = reason;
    this.refreshable = refreshable;
  }
}

/** The user is known but may not do this. */
export class ForbiddenError extends CodedError {
  readonly code = ErrorCode.FORBIDDEN;
  readonly reason = ForbiddenReason.ROLE_MISSING;

  constructor() {
    super(ErrorCode.FORBIDDEN, 'You are not allowed to do this.', { reason: ForbiddenReason.ROLE_MISSING });
  }
}

/**
 * The e-mail or the password is wrong, or a code is wrong, used or expired. The error does not say which, so it does not
 * reveal who has an account.
 */
export class InvalidCredentialsError extends CodedError {
  readonly code = ErrorCode.INVALID_CREDENTIALS;

  constructor() {
    super(ErrorCode.INVALID_CREDENTIALS, 'The credentials are wrong.');
  }
}

/** The password is right, and the e-mail must be verified before the first login. */
export class EmailUnverifiedError extends CodedError {
  readonly code = ErrorCode.EMAIL_UNVERIFIED;

  constructor() {
    super(ErrorCode.EMAIL_UNVERIFIED, 'The e-mail must be verified first.');
  }
}

/** A document contains several operations that check a password or a token. None of them has run. */
export class TooManyCredentialOperationsError extends CodedError {
  readonly code = ErrorCode.TOO_MANY_CREDENTIAL_OPERATIONS;

  constructor() {
    super(ErrorCode.TOO_MANY_CREDENTIAL_OPERATIONS, 'A document may contain one login or other check of a credential.');
  }
}

/** There are too many requests of the client, to the account or at the moment. */
export class RateLimitedError extends CodedError {
  readonly code = ErrorCode.RATE_LIMITED;
  /** After how many seconds the client may ask again. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super(ErrorCode.RATE_LIMITED, 'Too many requests. Try again later.', { retryAfterSeconds });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The refresh token was not exchanged. The counterpart of `invalid_grant` in RFC 6749 section 5.2. */
export class InvalidRefreshTokenError extends CodedError {
  readonly code = ErrorCode.INVALID_REFRESH_TOKEN;
  readonly reason: TokenRefusalReason;

  constructor(reason: TokenRefusalReason) {
    super(ErrorCode.INVALID_REFRESH_TOKEN, 'The refresh token was not accepted.', { reason });
    this.reason = reason;
  }
}

/** Fields of the input have to be corrected. The error lists all of them. */
export class BadUserInputError extends CodedError {
  readonly code = ErrorCode.BAD_USER_INPUT;
  readonly fields: readonly FieldRefusal[];

  constructor(fields: readonly FieldRefusal[]) {
    super(ErrorCode.BAD_USER_INPUT, 'The input is not valid.', { fields });
    this.fields = fields;
  }
}

/**
 * A request that uses or would set cookies does not prove that one of your pages made it: it comes from another origin,
 * or its `X-CSRF-Token` header is missing or wrong.
 */
export class CsrfRejectedError extends CodedError {
  readonly code = ErrorCode.CSRF_REJECTED;
  /** The HTTP status of the whole answer: 403 where the origin is wrong, 200 where only the token is. */
  readonly status: 200 | 403;

  constructor(fault: 'origin' | 'token') {
    const status = fault === 'origin' ? 403 : 200;
    // Apollo Server and Yoga set the status of the answer from `http` and do not send it. Other servers ignore it.
    super(
      ErrorCode.CSRF_REJECTED,
      'The request may have been forged by another site.',
      status === 403 ? { http: { status } } : {},
    );
    this.status = status;
  }
}

/** The object does not exist, or the caller may not know of it. */
export class NotFoundError extends CodedError {
  readonly code = ErrorCode.NOT_FOUND;

  constructor() {
    super(ErrorCode.NOT_FOUND, 'There is no such thing.');
  }
}

/** The database cannot be reached. Nothing was half-written, so the client may send the same request again. */
export class ServiceUnavailableError extends CodedError {
  readonly code = ErrorCode.SERVICE_UNAVAILABLE;

  constructor(cause?: unknown) {
    super(ErrorCode.SERVICE_UNAVAILABLE, 'The service is temporarily unavailable. Try again.');
    // Not an enumerable property: it goes to the log and never into an answer.
    Object.defineProperty(this, 'cause', { value: cause, configurable: true, writable: true });
  }
}

/** Every error that clients are meant to see. `code` tells them apart. */
export type AuthError =
  | TooManyCredentialOperationsError
  | RateLimitedError
  | UnauthenticatedError
  | ForbiddenError
  | InvalidCredentialsError
  | EmailUnverifiedError
  | InvalidRefreshTokenError
  | BadUserInputError
  | NotFoundError
  | CsrfRejectedError
  | ServiceUnavailableError;

/**
 * Whether an error is one that clients are meant to see.
 *
 * @example
 * ```ts
 * import { isAuthError } from 'graphql-simplejwt';
 *
 * export function reasonOf(error: unknown): string | null {
 *   return isAuthError(error) && error.code === 'UNAUTHENTICATED' ? error.reason : null;
 * }
 * ```
 */
export function isAuthError(error: unknown): error is AuthError {
  return typeof error === 'object' && error !== null && MARK in error;
}
