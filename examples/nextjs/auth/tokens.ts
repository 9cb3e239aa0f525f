import { createHmac } from 'node:crypto';
import { type ApiError, askApi } from './api';

const PAIR = '{ accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt }';
const LOG_IN = `mutation ($input: LoginInput!) { login(input: $input) ${PAIR} }`;
const REFRESH = `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) ${PAIR} }`;
const LOG_OUT = 'mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }';

export interface TokenPair {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly accessTokenExpiresIn: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: string;
}

/** Returns the new pair, or the error to show. */
export async function logIn(email: string, password: string): Promise<TokenPair | ApiError> {
  const { data, errors } = await askApi<{ login: TokenPair | null }>(LOG_IN, { input: { email, password } });
  return data?.login ?? errors?.[0] ?? { message: 'The login failed.' };
}

/**
 * Returns the new pair, or null if the session has ended.
 *
 * @throws if neither is known. The session goes on, and the next request tries again.
 */
export async function refresh(refreshToken: string): Promise<TokenPair | null> {
  const input = { refreshToken, idempotencyKey: keyOf(refreshToken) };
  const { data, errors } = await askApi<{ refreshToken: TokenPair | null }>(REFRESH, { input });
  if (data?.refreshToken) return data.refreshToken;
  const { code, reason } = errors?.[0]?.extensions ?? {};
  if (code === 'INVALID_REFRESH_TOKEN' && reason !== 'TOKEN_ROTATED') return null;
  throw new Error(`The session could not be refreshed: ${code}`);
}

export async function logOut(refreshToken: string): Promise<void> {
  await askApi(LOG_OUT, { input: { refreshToken } });
}

/**
 * All requests of a page have the same refresh token, so they have the same key, and the API gives all of them the same pair. A
 * thief of the token cannot make the key without the secret.
 */
function keyOf(refreshToken: string): string {
  const secret = process.env['SESSION_SECRET'];
  if (secret === undefined || secret.length < 32) throw new Error('SESSION_SECRET needs 32 characters or more.');
  return createHmac('sha256', secret).update(refreshToken).digest('base64url');
}
