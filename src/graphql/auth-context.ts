import type { PasswordChange } from '../accounts/change-password.ts';
import type { AuthEvent } from '../events/auth-event.entity.ts';
import type { Page, PagePosition } from '../page.ts';
import type { Credentials } from '../users/credentials.ts';
import type { User } from '../users/user.entity.ts';
import type { Authentication, CurrentUser } from '../sessions/authenticate.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import type { LogoutScope } from '../sessions/logout.ts';
import type { RefreshRequest } from '../sessions/refresh.ts';
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
  authorize(roles: readonly string[]): CurrentUser;
  register(credentials: Credentials): Promise<TokenPair>;
  login(credentials: Credentials): Promise<TokenPair>;
  refresh(request: RefreshRequest): Promise<TokenPair>;
  verifyToken(token: string): Promise<TokenVerification>;
  logout(refreshToken: string | null, scope: LogoutScope): Promise<string[]>;
  endSession(userId: string, sessionId: string): Promise<string[]>;
  findSessions(userId: string): Promise<Session[]>;
  findUser(id: string): Promise<User | null>;
  changePassword(userId: string, change: PasswordChange): Promise<TokenPair>;
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

/** What the context function has to know of a request. */
export interface AuthRequest {
  /** By name in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client's address, if it is to be shown in the list of sessions. */
  readonly ipAddress?: string | null;
}
