import type { AuthUser } from './storage.ts';

/** The fields of `TokenPair` that the kit needs. Timestamps are ISO 8601, lifetimes are seconds. */
export interface PairLike {
  readonly accessToken?: string | null;
  readonly accessTokenExpiresAt: string;
  readonly accessTokenExpiresIn: number;
  readonly refreshToken?: string | null;
  readonly refreshTokenExpiresAt: string;
  readonly csrfToken?: string | null;
  readonly session: { readonly id: string };
  readonly user: AuthUser;
}

/** The fields of `LogoutPayload`. */
export interface LogoutResult {
  readonly endedSessions: number;
  readonly endedSessionIds: readonly string[];
}

const USER = 'user { id email roles }';
const PAIR = `{ accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt csrfToken
  session { id } ${USER} }`;

export const LOGIN = `mutation ($input: LoginInput!) { pair: login(input: $input) ${PAIR} }`;
export const REGISTER = `mutation ($input: RegisterInput!) { pair: register(input: $input) ${PAIR} }`;
export const REFRESH = `mutation ($input: RefreshTokenInput) { pair: refreshToken(input: $input) ${PAIR} }`;
export const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) { pair: changePassword(input: $input) ${PAIR} }`;
export const RESET_PASSWORD = `mutation ($input: ResetPasswordInput!) { pair: resetPassword(input: $input) ${PAIR} }`;
export const REQUEST_PASSWORD_RESET =
  'mutation ($input: RequestPasswordResetInput!) { result: requestPasswordReset(input: $input) { requestId } }';
export const REQUEST_EMAIL_VERIFICATION =
  'mutation ($input: RequestEmailVerificationInput!) { result: requestEmailVerification(input: $input) { requestId } }';
export const VERIFY_EMAIL = `mutation ($input: VerifyEmailInput!) { result: verifyEmail(input: $input) { ${USER} } }`;
export const LOGOUT =
  'mutation ($input: LogoutInput) { result: logout(input: $input) { endedSessions endedSessionIds } }';
export const CSRF_TOKEN = '{ csrfToken }';
