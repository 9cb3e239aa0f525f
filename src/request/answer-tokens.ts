import { changePassword } from '../accounts/change-password.ts';
import { register, registerUnverified } from '../accounts/register.ts';
import { TokenDelivery } from '../delivery.ts';
import { CsrfRejectedError, InvalidRefreshTokenError, ServiceUnavailableError } from '../errors.ts';
import type { CurrentUser } from '../sessions/authenticate.ts';
import { DeliveryRefusedError } from '../sessions/delivery-refused.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import { logout, LogoutScope } from '../sessions/logout.ts';
import { openSessionForUser } from '../sessions/open-session-for-user.ts';
import { refresh } from '../sessions/refresh.ts';
import type { Credentials } from '../users/credentials.ts';
import type { DeliveredTokenPair } from './answer-cookies.ts';
import { NO_COOKIES } from './credentials.ts';
import type { RequestScope } from './request-scope.ts';

/** @returns null if the e-mail must be verified first. */
export async function answerRegister(
  scope: RequestScope,
  input: Credentials,
  delivery: TokenDelivery,
): Promise<DeliveredTokenPair | null> {
  scope.requireDelivery(delivery);
  const { services, device } = scope;
  const screen = scope.screen('register');
  if (services.settings.emailVerification === 'required') {
    await registerUnverified(scope.mailServices, input, device, screen);
    return null;
  }
  return deliverLogin(scope, await register(services, input, { device, delivery }, screen));
}

export async function answerLogin(
  scope: RequestScope,
  input: Credentials,
  delivery: TokenDelivery,
): Promise<DeliveredTokenPair> {
  scope.requireDelivery(delivery);
  const opening = { device: scope.device, delivery };
  return deliverLogin(scope, await scope.services.users.login(input, opening, scope.screen('login')));
}

/** Delivers the pair of a new session. Cookies replace those of an earlier session, which ends if the request proves it. */
export async function deliverLogin(scope: RequestScope, pair: TokenPair): Promise<DeliveredTokenPair> {
  const { services, cookies, proof, device } = scope;
  const proven = proof.provenCookies();
  const replaced = proof.sessionOf(proven.refresh) ?? proof.sessionOf(proven.access);
  if (pair.session.delivery !== TokenDelivery.BODY && replaced !== null && replaced !== pair.session.id) {
    const ending = endSessions(services, { ids: [replaced] }, 'REPLACED', device);
    // The login has happened. The old session then lasts until it expires.
    await ending.catch((error: unknown) => {
      if (!(error instanceof ServiceUnavailableError)) throw error;
    });
  }
  return cookies.deliver(pair);
}

/** How a host's own login opens a session. */
export interface OpenSessionRequest {
  readonly userId: string | number | bigint;
  /** How the tokens reach the client. @defaultValue `'BODY'` */
  readonly delivery?: TokenDelivery;
  /**
   * Set it if your code has checked that this browser asked for this login. A single sign-on callback is a navigation from
   * another site, so cookies are refused unless the callback has checked its `state` and says so.
   * @defaultValue `false`
   */
  readonly originChecked?: boolean;
}

export async function answerOpenSession(
  scope: RequestScope,
  { userId, delivery = TokenDelivery.BODY, originChecked = false }: OpenSessionRequest,
): Promise<DeliveredTokenPair | null> {
  scope.requireDelivery(delivery, originChecked);
  const pair = await openSessionForUser(scope.services, String(userId), { device: scope.device, delivery });
  return pair && deliverLogin(scope, pair);
}

export async function answerRefresh(
  scope: RequestScope,
  given: string | null,
  idempotencyKey: string | null,
): Promise<DeliveredTokenPair> {
  const { services, credentials, cookies, proof, deliveries, device } = scope;
  const refreshToken = given ?? credentials.cookies.refresh;
  if (given === null) proof.requireForCookie(refreshToken);
  try {
    const request = { refreshToken, idempotencyKey, deliveries };
    return cookies.deliver(await rejectForeignOrigin(refresh(services, request, device)));
  } catch (error) {
    // A rotated cookie stays: the answer to the request that won has replaced it, or is about to.
    const isUseless = error instanceof InvalidRefreshTokenError && error.reason !== 'TOKEN_ROTATED';
    const sessionId = proof.sessionOf(refreshToken);
    if (given === null && isUseless) cookies.clear((kind, _cookie, each) => kind === 'refresh' || each === sessionId);
    throw error;
  }
}

export async function answerPasswordChange(
  scope: RequestScope,
  caller: CurrentUser,
  change: { readonly currentPassword: string; readonly newPassword: string },
): Promise<DeliveredTokenPair> {
  const { services, cookies, deliveries, device } = scope;
  const { currentPassword, newPassword } = change;
  const full = { currentPassword, newPassword, deliveries };
  const pair = changePassword(services, caller, full, device, scope.screen('changePassword'));
  return cookies.deliver(await rejectForeignOrigin(pair));
}

/** @returns the ids of the sessions that ended. */
export async function answerLogout(
  scope: RequestScope,
  given: string | null,
  logoutScope: LogoutScope,
): Promise<string[]> {
  const { services, credentials, cookies, proof, device } = scope;
  const { bearer } = credentials;
  // A token in the input stands alone. Cookies need the CSRF token, unless a Bearer token of ours came.
  if (given === null && proof.sessionOf(bearer) === null) proof.requireForAnyCookie();
  const proven = given === null ? proof.provenCookies() : NO_COOKIES;
  const tokens = { refreshToken: given ?? proven.refresh, accessToken: bearer ?? proven.access };
  const result = await logout(services, { ...tokens, scope: logoutScope }, device);
  if (result.scope !== LogoutScope.OTHER_SESSIONS)
    cookies.clear((_kind, cookie, sessionId) => proof.proves(cookie) || services.mirror.isEnded(sessionId));
  return result.endedSessionIds;
}

/** An answer in cookies goes only to trusted pages. */
async function rejectForeignOrigin(pair: Promise<TokenPair>): Promise<TokenPair> {
  try {
    return await pair;
  } catch (error) {
    throw error instanceof DeliveryRefusedError ? new CsrfRejectedError('origin') : error;
  }
}
