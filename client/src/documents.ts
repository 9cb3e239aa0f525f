import type { AuthUser, KnownUser } from './storage.ts';

/** The fields of `TokenPair` that the kit needs. Timestamps are ISO 8601, lifetimes are seconds. */
export interface PairLike<User extends KnownUser = AuthUser> {
  readonly accessToken?: string | null;
  readonly accessTokenExpiresAt: string;
  readonly accessTokenExpiresIn: number;
  readonly refreshToken?: string | null;
  readonly refreshTokenExpiresAt: string;
  readonly csrfToken?: string | null;
  readonly session: { readonly id: string };
  readonly user: User;
}

/** The fields of `LogoutPayload`. */
export interface LogoutResult {
  readonly endedSessions: number;
  readonly endedSessionIds: readonly string[];
}

/** What the kit asks for of a user. `userFields` replaces it when a document is sent. */
export const USER_FIELDS = 'id email roles';
const USER = `user { ${USER_FIELDS} }`;
const PAIR = `{ accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt csrfToken
  session { id } ${USER} }`;

const REQUESTED = '{ requestId }';
const ENDED = '{ endedSessions endedSessionIds }';

export const LOGIN = pairFrom('login');
export const REGISTER = pairFrom('register');
export const REFRESH = pairFrom('refreshToken');
export const CHANGE_PASSWORD = pairFrom('changePassword');
export const RESET_PASSWORD = pairFrom('resetPassword');
export const LOGIN_WITH_CODE = pairFrom('loginWithCode');
export const REQUEST_PASSWORD_RESET = resultOf('requestPasswordReset', REQUESTED);
export const REQUEST_EMAIL_VERIFICATION = resultOf('requestEmailVerification', REQUESTED);
export const REQUEST_EMAIL_CHANGE = resultOf('requestEmailChange', REQUESTED);
export const REQUEST_LOGIN_CODE = resultOf('requestLoginCode', REQUESTED);
export const REVERT_EMAIL_CHANGE = resultOf('revertEmailChange', REQUESTED);
export const CONFIRM_EMAIL_CHANGE = resultOf('confirmEmailChange', `{ ${USER_FIELDS} }`);
export const VERIFY_EMAIL = resultOf('verifyEmail', `{ ${USER} }`);
export const LOGOUT = resultOf('logout', ENDED);
export const END_SESSION_WITH_CODE = resultOf('endSessionWithCode', ENDED);
export const CSRF_TOKEN = '{ csrfToken }';

function pairFrom(field: string): string {
  return mutation('pair', field, PAIR);
}

function resultOf(field: string, selection: string): string {
  return mutation('result', field, selection);
}

/** Each mutation has one input, which is named after it. */
function mutation(alias: string, field: string, selection: string): string {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  return `mutation ($input: ${type}!) { ${alias}: ${field}(input: $input) ${selection} }`;
}
