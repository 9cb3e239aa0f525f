import type { Authentication, CurrentUser } from '../sessions/authenticate.ts';
import type { DeliveredTokenPair } from './answer-cookies.ts';
import { answerOpenSession, type OpenSessionRequest } from './answer-tokens.ts';
import type { AuthRequest } from './credentials.ts';
import { RequestScope, type RequestServices } from './request-scope.ts';

/** What the context function adds to the context of a request. */
export interface AuthContext {
  /** The user of the request; null if it names none or its token is refused. Never null behind a guard. */
  currentUser: CurrentUser | null;
  /** What the host's server needs of the request. */
  readonly auth: RequestAuth;
}

/** The context behind a guard, where there always is a user. */
export interface GuardedContext extends AuthContext {
  currentUser: CurrentUser;
}

/** One request, as the host sees it. */
export interface RequestAuth {
  /** The result of examining the request's access token. */
  readonly authentication: Authentication;
  /**
   * Whether the request carries our cookies although no trusted page made it. Answer such a request with 403 and run
   * nothing. If a server does not, the cookies still authenticate nothing.
   */
  readonly isForged: boolean;
  /** The CSRF token that belongs to the request's cookies; null if there are none. */
  csrfToken(): string | null;
  /** The `Set-Cookie` headers of the answer. Read them after the document has run. */
  setCookieHeaders(): string[];
  /**
   * Opens a session for a user whom the host has identified, by single sign-on or a one-time code, and delivers the tokens
   * as requested. Tokens that go into cookies are null in the result: send `setCookieHeaders()` with the answer.
   *
   * @returns null if there is no such user, or the user is deactivated.
   * @throws BadUserInputError if the settings do not allow the delivery.
   * @throws CsrfRejectedError if the delivery needs cookies, no trusted page made the request, and `originChecked` is not set.
   */
  openSession(request: OpenSessionRequest): Promise<DeliveredTokenPair | null>;
}

/** The context function. It examines a request and never throws. */
export function createContext(services: RequestServices, request: AuthRequest): AuthContext {
  const scope = new RequestScope(services, request);
  return { currentUser: scope.currentUser(), auth: new ScopedRequestAuth(scope) };
}

/**
 * Finds the request behind a context, for the resolvers and guards of this library. A host cannot reach the use cases
 * through its context.
 *
 * @throws TypeError if `auth.context()` did not make the context.
 */
export function scopeOf({ auth }: AuthContext): RequestScope {
  return ScopedRequestAuth.scopeOf(auth);
}

class ScopedRequestAuth implements RequestAuth {
  readonly #scope: RequestScope;

  static scopeOf(auth: RequestAuth): RequestScope {
    if (typeof auth === 'object' && auth !== null && #scope in auth) return auth.#scope;
    throw new TypeError('The context has no `auth`. Spread the result of `auth.context(request)` into your context.');
  }

  constructor(scope: RequestScope) {
    this.#scope = scope;
  }

  get authentication(): Authentication {
    return this.#scope.authentication;
  }

  get isForged(): boolean {
    return this.#scope.credentials.isForged;
  }

  csrfToken(): string | null {
    return this.#scope.proof.expectedToken();
  }

  setCookieHeaders(): string[] {
    const { cookies, services } = this.#scope;
    return cookies.headers(services.settings, services.clock.now());
  }

  async openSession(request: OpenSessionRequest): Promise<DeliveredTokenPair | null> {
    return answerOpenSession(this.#scope, request);
  }
}
