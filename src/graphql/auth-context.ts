import type { PasswordChange } from '../accounts/change-password.ts';
import type { AuthEvent } from '../events/auth-event.entity.ts';
import type { Page, PagePosition } from '../page.ts';
import type { TokenDelivery } from '../sessions/delivery.ts';
import type { DeliveredPair } from './cookie-delivery.ts';
import type { Credentials } from '../users/credentials.ts';
import type { User } from '../users/user.entity.ts';
import type { Authentication, CurrentUser } from '../sessions/authenticate.ts';
import type { LogoutScope } from '../sessions/logout.ts';
import type { Session } from '../sessions/session.entity.ts';
import type { TokenVerification } from '../sessions/verify-token.ts';

/** What the context function adds to a request's context. */
export interface AuthContext {
  /** Who the request comes from; null where it does not say, or cannot be believed. Never null behind a guard. */
  currentUser: CurrentUser | null;
  /** What the resolvers and the guard of this library work with. */
  readonly auth: RequestAuth;
}

/** The use cases, as seen from one request. */
export interface RequestAuth {
  readonly authentication: Authentication;
  /**
   * The request comes with our cookies and not from a page of ours: a server answers it with 403 and runs nothing. Where
   * that is left out, the cookies count for nothing all the same.
   */
  readonly isForged: boolean;
  /** The `Set-Cookie` headers of the answer, to be added when everything has run. */
  setCookieHeaders(): string[];
  /** The CSRF token that goes with the request's cookies. */
  csrfToken(): string | null;
  authorize(roles: readonly string[], isMutation: boolean): CurrentUser;
  /**
   * Who a public mutation comes from, at this moment: a cookie alone does not say so, and behind a logout in the same
   * document it is nobody.
   */
  userOfPublicMutation(): CurrentUser | null;
  register(credentials: Credentials, delivery: TokenDelivery): Promise<DeliveredPair>;
  login(credentials: Credentials, delivery: TokenDelivery): Promise<DeliveredPair>;
  refresh(refreshToken: string | null, idempotencyKey: string | null): Promise<DeliveredPair>;
  verifyToken(token: string): Promise<TokenVerification>;
  logout(refreshToken: string | null, scope: LogoutScope): Promise<string[]>;
  endSession(userId: string, sessionId: string): Promise<string[]>;
  findSessions(userId: string): Promise<Session[]>;
  findUser(id: string): Promise<User | null>;
  changePassword(caller: CurrentUser, change: PasswordChange): Promise<DeliveredPair>;
  listSecurityEvents(caller: CurrentUser, userId: string, position: PagePosition): Promise<Page<AuthEvent>>;
  listUsers(position: PagePosition): Promise<Page<User>>;
  deactivateUser(id: string): Promise<User>;
  activateUser(id: string): Promise<User>;
  deleteUser(id: string): Promise<User>;
  setUserRoles(id: string, roles: readonly string[]): Promise<User>;
  endUserSessions(id: string): Promise<string[]>;
  /** Whole seconds from now, none at the least. */
  readonly secondsUntil: (moment: Date) => number;
}
