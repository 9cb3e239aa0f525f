/** What `extensions.code` can be. One word for each thing a client can do about it. */
export const ErrorCode = /* @__PURE__ */ Object.freeze({
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  FORBIDDEN: 'FORBIDDEN',
  INVALID_CREDENTIALS: 'INVALID_CREDENTIALS',
  INVALID_REFRESH_TOKEN: 'INVALID_REFRESH_TOKEN',
  BAD_USER_INPUT: 'BAD_USER_INPUT',
  NOT_FOUND: 'NOT_FOUND',
  RATE_LIMITED: 'RATE_LIMITED',
  CSRF_REJECTED: 'CSRF_REJECTED',
  SERVICE_UNAVAILABLE: 'SERVICE_UNAVAILABLE',
});
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/** Why a token is refused: `reason` of UNAUTHENTICATED and INVALID_REFRESH_TOKEN. */
export const TokenRefusalReason = /* @__PURE__ */ Object.freeze({
  /** No token came. */
  TOKEN_MISSING: 'TOKEN_MISSING',
  /** Not a token of the server's, or not of the kind that is wanted here. */
  TOKEN_INVALID: 'TOKEN_INVALID',
  /** Its time is over. */
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

/** Why a guard refuses a user who is known: `reason` of FORBIDDEN. */
export const ForbiddenReason = /* @__PURE__ */ Object.freeze({
  /** The user has none of the roles that the field names. */
  ROLE_MISSING: 'ROLE_MISSING',
});
export type ForbiddenReason = (typeof ForbiddenReason)[keyof typeof ForbiddenReason];

/** What is wrong with one field of an input: `fields[].reason` of BAD_USER_INPUT. */
export const InputRefusalReason = /* @__PURE__ */ Object.freeze({
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
  /** It would leave nobody who is active and an administrator. */
  LAST_ADMINISTRATOR: 'LAST_ADMINISTRATOR',
  /** A number outside of what the field takes. */
  OUT_OF_RANGE: 'OUT_OF_RANGE',
  /** Not a cursor that a connection of this field gave. */
  CURSOR_INVALID: 'CURSOR_INVALID',
  /** The deployment does not deliver tokens that way. */
  DELIVERY_NOT_ALLOWED: 'DELIVERY_NOT_ALLOWED',
});
export type InputRefusalReason = (typeof InputRefusalReason)[keyof typeof InputRefusalReason];

/** One field of an input that has to be mended. */
export interface FieldRefusal {
  /** From the argument down, such as `input.email`. */
  readonly path: string;
  readonly reason: InputRefusalReason;
}

/** What the server says about an error, told apart by `code`: the `extensions` of a GraphQL error. */
export type AuthErrorDetails =
  | {
      readonly code: 'UNAUTHENTICATED';
      readonly reason: AccessRefusalReason;
      /** Whether a refresh may help; if not, only logging in does. */
      readonly refreshable: boolean;
    }
  | { readonly code: 'FORBIDDEN'; readonly reason: ForbiddenReason }
  | { readonly code: 'INVALID_CREDENTIALS' }
  | { readonly code: 'INVALID_REFRESH_TOKEN'; readonly reason: TokenRefusalReason }
  | { readonly code: 'BAD_USER_INPUT'; readonly fields: readonly FieldRefusal[] }
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'RATE_LIMITED'; readonly retryAfterSeconds: number }
  | { readonly code: 'CSRF_REJECTED' }
  | { readonly code: 'SERVICE_UNAVAILABLE' };

/** An error as it stands in the answer of a GraphQL server. */
export interface GraphQLErrorLike {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: { readonly [name: string]: unknown } | undefined;
}

/** The server refused what was asked. `details` says why; `switch (details?.code)` narrows it. */
export class AuthRequestError extends Error {
  override readonly name = 'AuthRequestError';
  /** As they were answered. */
  readonly errors: readonly GraphQLErrorLike[];
  /** Of the first of them; null where the server's own words do not apply, as with a document that does not parse. */
  readonly details: AuthErrorDetails | null;

  constructor(errors: readonly GraphQLErrorLike[]) {
    super(errors[0]?.message ?? 'The answer is empty.');
    this.errors = errors;
    this.details = authErrorOf({ errors });
  }
}

/**
 * No answer could be had: the network or the server is away for the moment. Nobody has been logged out, and the same may
 * be tried again.
 *
 * It is thrown, too, where another session has taken the place of the one in which something was begun, before it was
 * sent: what one user has asked for is not sent as another. The `cause` says which it is.
 */
export class AuthUnavailableError extends Error {
  override readonly name = 'AuthUnavailableError';
  /** How long the server asks to be left alone, if it does. */
  readonly retryAfterSeconds: number | null;

  constructor(cause: unknown, retryAfterSeconds: number | null = null) {
    super('The server cannot be reached for the moment. Try again.', { cause });
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const CODES: ReadonlySet<unknown> = /* @__PURE__ */ new Set(Object.keys(ErrorCode));

/**
 * Finds what the server said in whatever a client throws or answers: a GraphQL error, a list of them in `errors` or
 * `graphQLErrors` (Apollo Client's `CombinedGraphQLErrors`, urql's `CombinedError`), an `AuthRequestError`, or any of
 * these as the cause of another error.
 *
 * @returns the first it finds; null if there is none.
 *
 * @example
 * ```ts
 * import { authErrorOf } from 'graphql-simplejwt-client';
 *
 * export function describe(error: unknown): string {
 *   const details = authErrorOf(error);
 *   switch (details?.code) {
 *     case 'INVALID_CREDENTIALS':
 *       return 'E-mail or password is wrong.';
 *     case 'BAD_USER_INPUT':
 *       return details.fields.map(({ path, reason }) => `${path}: ${reason}`).join('\n');
 *     case 'RATE_LIMITED':
 *       return `Try again in ${details.retryAfterSeconds} seconds.`;
 *     default:
 *       return 'That did not work. Try again.';
 *   }
 * }
 * ```
 */
export function authErrorOf(error: unknown): AuthErrorDetails | null {
  if (typeof error !== 'object' || error === null) return null;
  const { extensions, errors, graphQLErrors, networkError, cause } = error as Record<string, unknown>;
  if (hasCode(extensions)) return extensions;
  const nested = [errors, graphQLErrors].find(Array.isArray) ?? [];
  for (const inner of [...(nested as unknown[]), networkError, cause]) {
    const found = authErrorOf(inner);
    if (found !== null) return found;
  }
  return null;
}

function hasCode(extensions: unknown): extensions is AuthErrorDetails {
  return typeof extensions === 'object' && extensions !== null && 'code' in extensions && CODES.has(extensions.code);
}
