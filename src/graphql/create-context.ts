import { changePassword } from '../accounts/change-password.ts';
import { activateUser, deactivateUser } from '../accounts/deactivate-user.ts';
import { deleteUser } from '../accounts/delete-user.ts';
import { endUserSessions } from '../accounts/end-user-sessions.ts';
import { listSecurityEvents } from '../accounts/list-security-events.ts';
import { listUsers } from '../accounts/list-users.ts';
import { login } from '../accounts/login.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { register } from '../accounts/register.ts';
import { setUserRoles } from '../accounts/set-user-roles.ts';
import { type Device, describeDevice } from '../device.ts';
import { InvalidRefreshTokenError } from '../errors.ts';
import type { Csrf } from '../request/csrf.ts';
import { isId } from '../id.ts';
import { authenticate, authorize, currentUserOf } from '../sessions/authenticate.ts';
import { TokenDelivery } from '../sessions/delivery.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { logout, LogoutScope } from '../sessions/logout.ts';
import { refresh } from '../sessions/refresh.ts';
import { findLiveSessions, findSession } from '../sessions/session-store.ts';
import { verifyToken } from '../sessions/verify-token.ts';
import { findUser } from '../users/user-directory.ts';
import type { AuthContext, RequestAuth } from './auth-context.ts';
import { CookieDelivery } from './cookie-delivery.ts';
import { type AuthRequest, NO_COOKIES, readCredentials, type RequestCredentials } from './request-credentials.ts';

/** What contexts are made of. */
export interface ContextParts extends AccountParts {
  readonly csrf: Csrf;
}

/** The context function: looks at a request, and never throws. */
export function createContext(parts: ContextParts, request: AuthRequest): AuthContext {
  const credentials = readCredentials(request, parts.settings.allowedOrigins);
  const cookies = new CookieDelivery(parts, parts.csrf, credentials);
  const device = describeDevice(credentials.userAgent, request.ipAddress ?? null);
  const accessToken = credentials.bearer ?? credentials.cookies.access;
  const authentication = authenticate(parts, accessToken, credentials.cookies.refresh !== null);
  const isByCookie = credentials.bearer === null;
  return {
    currentUser: currentUserOf(parts, authentication),
    auth: {
      authentication,
      isForged: credentials.isForged,
      setCookieHeaders: () => cookies.headers(),
      csrfToken: () => cookies.csrfToken(),
      authorize(roles, isMutation) {
        const user = authorize(parts, authentication, roles);
        if (isMutation && isByCookie) cookies.requireToken(user.sessionId);
        return user;
      },
      userOfPublicMutation: () =>
        isByCookie && !cookies.proves(accessToken) ? null : currentUserOf(parts, authentication),
      verifyToken: (token) => verifyToken(parts, token, device),
      endSession: async (userId, id) =>
        isId(id) ? endSessions(parts, { ids: [id], userId }, 'ENDED_BY_USER', device) : [],
      findSessions: (userId) =>
        parts.database.read((em) => findLiveSessions(em, userId, parts.clock.now() - parts.settings.leeway)),
      findUser: (id) => parts.database.read((em) => findUser(em, id)),
      listSecurityEvents: (caller, userId, position) => listSecurityEvents(parts, caller, userId, position),
      secondsUntil: (moment) => Math.max(0, Math.floor((moment.getTime() - parts.clock.now()) / 1000)),
      ...pairOperations(parts, credentials, cookies, device),
      ...administration(parts, device),
    },
  };
}

type PairOperations = Pick<RequestAuth, 'register' | 'login' | 'refresh' | 'logout' | 'changePassword'>;

/** What hands out tokens, or takes them back, in the body or in cookies. */
function pairOperations(
  parts: ContextParts,
  credentials: RequestCredentials,
  cookies: CookieDelivery,
  device: Device,
): PairOperations {
  return {
    async register(input, delivery) {
      cookies.check(delivery);
      return cookies.deliver(await register(parts, input, { device, delivery }));
    },
    async login(input, delivery) {
      cookies.check(delivery);
      return cookies.deliver(await login(parts, input, { device, delivery }));
    },
    async refresh(given, idempotencyKey) {
      const { mayReceiveCookies } = credentials;
      if (given !== null) {
        return cookies.deliver(
          await refresh(parts, { refreshToken: given, idempotencyKey, mayReceiveCookies }, device),
        );
      }
      const refreshToken = credentials.cookies.refresh;
      cookies.requireTokenFor(refreshToken);
      try {
        return cookies.deliver(await refresh(parts, { refreshToken, idempotencyKey, mayReceiveCookies }, device));
      } catch (error) {
        // The winner's answer set the cookies of a rotated one, and perhaps it came first.
        if (error instanceof InvalidRefreshTokenError && error.reason !== 'TOKEN_ROTATED') cookies.clearUnlessSet();
        throw error;
      }
    },
    async logout(given, scope) {
      const { bearer } = credentials;
      // A token in the input is judged by itself. A cookie has to prove itself, unless the header speaks for the request.
      const ofCookies = given === null ? cookies.proven(bearer === null) : NO_COOKIES;
      const refreshToken = given ?? ofCookies.refresh;
      const accessToken = bearer ?? ofCookies.access;
      const result = await logout(parts, { refreshToken, accessToken, scope }, device);
      if (result.scope !== LogoutScope.OTHER_SESSIONS) cookies.clear();
      return result.endedSessionIds;
    },
    async changePassword(caller, change) {
      const session = await parts.database.read((em) => findSession(em, caller.sessionId));
      const delivery = session?.delivery ?? TokenDelivery.BODY;
      cookies.checkOrigin(delivery);
      return cookies.deliver(await changePassword(parts, caller.id, change, { device, delivery }));
    },
  };
}

type Administration = Pick<
  RequestAuth,
  'listUsers' | 'deactivateUser' | 'activateUser' | 'deleteUser' | 'setUserRoles' | 'endUserSessions'
>;

function administration(parts: ContextParts, device: Device): Administration {
  return {
    listUsers: (position) => listUsers(parts, position),
    deactivateUser: (id) => deactivateUser(parts, id, device),
    activateUser: (id) => activateUser(parts, id, device),
    deleteUser: (id) => deleteUser(parts, id, device),
    setUserRoles: (id, roles) => setUserRoles(parts, id, roles, device),
    endUserSessions: (id) => endUserSessions(parts, id, device),
  };
}
