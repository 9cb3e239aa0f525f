import { ErrorCode, type ForbiddenReason, type InputRefusalReason, type TokenRefusalReason } from './reasons.ts';

/** Why a guard refused an access token. The two reasons that are left out apply to refresh tokens only. */
export type AccessRefusalReason = Exclude<TokenRefusalReason, 'TOKEN_ROTATED' | 'TOKEN_REUSED'>;

/** One field of an input that has to be corrected. */
export interface FieldRefusal {
  /** The path from the argument, such as `input.email`. */
  readonly path: string;
  readonly reason: InputRefusalReason;
}

/** The `extensions` of an error of the server. `code` tells the kinds apart. */
export type AuthErrorDetails =
  | {
      readonly code: 'UNAUTHENTICATED';
      readonly reason: AccessRefusalReason;
      /** Whether a refresh may help. If not, only a login does. */
      readonly refreshable: boolean;
    }
  | { readonly code: 'FORBIDDEN'; readonly reason: ForbiddenReason }
  | { readonly code: 'INVALID_CREDENTIALS' }
  | { readonly code: 'EMAIL_UNVERIFIED' }
  | { readonly code: 'INVALID_REFRESH_TOKEN'; readonly reason: TokenRefusalReason }
  | { readonly code: 'BAD_USER_INPUT'; readonly fields: readonly FieldRefusal[] }
  | { readonly code: 'NOT_FOUND' }
  | { readonly code: 'CSRF_REJECTED' }
  | { readonly code: 'TOO_MANY_CREDENTIAL_OPERATIONS' }
  | {
      readonly code: 'RATE_LIMITED';
      /** After how many seconds the request may be sent again. The kit never sends a password again by itself. */
      readonly retryAfterSeconds: number;
    }
  | { readonly code: 'SERVICE_UNAVAILABLE' };

/** An error in the answer of a GraphQL server. */
export interface GraphQLErrorLike {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: { readonly [name: string]: unknown } | undefined;
}

const COOKIES_NEED_A_BROWSER = 'Cookies need a browser. Use the delivery BODY here.';

/** The server refused a request. `details` says why; `switch (details?.code)` narrows it. */
export class AuthRequestError extends Error {
  override readonly name = 'AuthRequestError';
  /** The errors of the answer. */
  readonly errors: readonly GraphQLErrorLike[];
  /** The details of the first error; null if it has none of our codes, such as a syntax error. */
  readonly details: AuthErrorDetails | null;

  constructor(errors: readonly GraphQLErrorLike[]) {
    const details = authErrorOf({ errors });
    const isWithoutBrowser = details?.code === 'CSRF_REJECTED' && typeof document === 'undefined';
    super(isWithoutBrowser ? COOKIES_NEED_A_BROWSER : (errors[0]?.message ?? 'The answer is empty.'));
    this.errors = errors;
    this.details = details;
  }
}

/**
 * No answer arrived: the network or the server is unavailable. The session goes on, and the request may be repeated.
 *
 * It is also thrown if another user has logged in before a request was sent: what one user starts is never sent as another.
 * The `cause` says which it is.
 */
export class AuthUnavailableError extends Error {
  override readonly name = 'AuthUnavailableError';

  constructor(cause: unknown) {
    super('The server cannot be reached at the moment. Try again.', { cause });
  }
}

const CODES: ReadonlySet<unknown> = /* @__PURE__ */ new Set(Object.keys(ErrorCode));

/**
 * Finds the details of a server's error in whatever a GraphQL client throws or returns: a GraphQL error, a list of them in
 * `errors` or `graphQLErrors` (Apollo Client's `CombinedGraphQLErrors`, urql's `CombinedError`), an `AuthRequestError`, or
 * the cause of another error.
 *
 * @returns the details of the first error that has one of our codes; null if there is none.
 *
 * @example
 * ```ts
 * import { authErrorOf } from 'graphql-simplejwt-client';
 *
 * export function describe(error: unknown): string {
 *   const details = authErrorOf(error);
 *   switch (details?.code) {
 *     case 'INVALID_CREDENTIALS':
 *       return 'The e-mail or the password is wrong.';
 *     case 'BAD_USER_INPUT':
 *       return details.fields.map(({ path, reason }) => `${path}: ${reason}`).join('\n');
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
