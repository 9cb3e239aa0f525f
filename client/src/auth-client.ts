import { adapters } from './adapter-registry.ts';
import { createFetch } from './authenticated-fetch.ts';
import { credentialsOf, csrfTokenOf, headersOf, lacksCsrfToken } from './credentials.ts';
import {
  CHANGE_PASSWORD,
  CONFIRM_EMAIL_CHANGE,
  END_SESSION_WITH_CODE,
  LOGIN,
  LOGIN_WITH_CODE,
  LOGOUT,
  type LogoutResult,
  type PairLike,
  REGISTER,
  REQUEST_EMAIL_CHANGE,
  REQUEST_EMAIL_VERIFICATION,
  REQUEST_LOGIN_CODE,
  REQUEST_PASSWORD_RESET,
  RESET_PASSWORD,
  REVERT_EMAIL_CHANGE,
  VERIFY_EMAIL,
} from './documents.ts';
import { AuthRequestError, AuthUnavailableError } from './errors.ts';
import { withCookieLock } from './lock.ts';
import { Logout } from './logout.ts';
import { acceptAnswer, acceptPair, openSession } from './open-session.ts';
import type { AuthClientOptions } from './options.ts';
import { Refresher } from './refresher.ts';
import { SessionRestorer } from './restore-session.ts';
import { isMutationRepeatable, onlyRootField } from './repeatable.ts';
import { createScheduler } from './scheduler.ts';
import { createServices } from './services.ts';
import type { AuthClientListener, AuthState } from './state.ts';
import type { AuthUser, KnownUser } from './storage.ts';
import { ask, expectResult, type GraphQLAnswer, type ResultAnswer } from './transport.ts';

/** An operation with the types of its result and variables, as codegen's client preset makes it in its string mode. */
export interface TypedDocument<Result, Variables> {
  toString(): string;
  /** Carries the types. It has no value. */
  __apiType?: (variables: Variables) => Result;
}

/** Remaining lifetimes in seconds. */
export interface Lifetimes {
  readonly accessToken: number;
  readonly refreshToken: number;
}

/** Login, silent refresh and logout. */
export interface AuthClient<User extends KnownUser = AuthUser> {
  /** Who is logged in. The object stays the same until its content changes. */
  getState(): AuthState<User>;
  /**
   * Reports every event of the session, in this tab or in another one.
   *
   * @returns a function that ends the subscription.
   */
  subscribe(listener: AuthClientListener<User>): () => void;
  /** Resolves when the stored session has been read. The state is then `LOGGED_IN` or `LOGGED_OUT`. Never rejects. */
  readonly ready: Promise<AuthState<User>>;

  /**
   * Logs in.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS, EMAIL_UNVERIFIED, BAD_USER_INPUT or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  login(input: { readonly email: string; readonly password: string }): Promise<User>;
  /**
   * Opens an account and logs in.
   *
   * @returns null if the e-mail has to be verified first. A link was mailed, whether or not the address is free.
   * @throws AuthRequestError whose `details.code` is BAD_USER_INPUT, with the `fields` to correct, or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  register(input: { readonly email: string; readonly password: string }): Promise<User | null>;
  /**
   * Changes the password. Every session of the user ends, and this client goes on with a new one.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  changePassword(input: { readonly currentPassword: string; readonly newPassword: string }): Promise<User>;
  /**
   * Has a code mailed to choose a new password with. The answer does not say whether there is an account.
   *
   * @returns the id of the request, which the six digits of the mail need. Keep it until they are typed.
   * @throws AuthRequestError whose `details.code` is BAD_USER_INPUT, RATE_LIMITED or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  requestPasswordReset(input: { readonly email: string }): Promise<string>;
  /**
   * Has a code mailed to prove an address with. The answer does not say whether there is an account.
   *
   * @returns the id of the request, which the six digits of the mail need.
   * @throws AuthRequestError whose `details.code` is BAD_USER_INPUT, RATE_LIMITED or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  requestEmailVerification(input: { readonly email: string }): Promise<string>;
  /**
   * Proves an address with the six digits and their `requestId`, or with the code of the mail's link. Send the password if
   * nobody is logged in here. If neither is there, the password of the account is void and its sessions end.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  verifyEmail(input: { readonly code: string; readonly requestId?: string; readonly password?: string }): Promise<User>;
  /**
   * Sets a new password with the six digits and their `requestId`, or with the code of the mail's link. Every session of the
   * user ends, and this client goes on with a new one.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS, BAD_USER_INPUT or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  resetPassword(input: {
    readonly code: string;
    readonly requestId?: string;
    readonly newPassword: string;
  }): Promise<User>;
  /**
   * Has a code mailed to log in with. The answer does not say whether there is an account.
   *
   * @returns the id of the request, which the six digits of the mail need. Keep it until they are typed.
   * @throws AuthRequestError whose `details.code` is BAD_USER_INPUT, RATE_LIMITED or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  requestLoginCode(input: { readonly email: string }): Promise<string>;
  /**
   * Logs in with the six digits and their `requestId`, or with the code of the mail's link.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  loginWithCode(input: { readonly code: string; readonly requestId?: string }): Promise<User>;
  /**
   * Has a code mailed to a new address. A user without a password leaves it out, and must have logged in within 15 minutes.
   *
   * @returns the id of the request, which the six digits of the mail need.
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS, BAD_USER_INPUT or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  requestEmailChange(input: { readonly newEmail: string; readonly password?: string }): Promise<string>;
  /**
   * Changes the e-mail with the code that was mailed to the new address. The session goes on, and the state has the new e-mail.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS, BAD_USER_INPUT or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  confirmEmailChange(input: { readonly code: string; readonly requestId?: string }): Promise<User>;
  /**
   * Brings the old e-mail of an account back, with the code of the link that it got. Every session of the account ends, and a
   * code to choose a new password is mailed.
   *
   * @returns the id of the request of that code.
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  revertEmailChange(input: { readonly code: string }): Promise<string>;
  /**
   * Ends the session that a mailed notice is about, with the code of its link.
   *
   * @throws AuthRequestError whose `details.code` is INVALID_CREDENTIALS or another code.
   * @throws AuthUnavailableError if no answer arrives.
   */
  endSessionWithCode(input: { readonly code: string }): Promise<LogoutResult>;
  /**
   * Logs out here and in all tabs at once, and then tells the server. With `OTHER_SESSIONS`, this session goes on.
   *
   * If the server cannot be reached, it is told later. With cookies, any page of the app does so, or the next login. With
   * BODY, only this page can, because no token is left in the storage. If somebody logs in with cookies first, the old
   * session lasts until it expires.
   *
   * @returns what the server ended; null if it has not been told yet.
   * @throws AuthRequestError or AuthUnavailableError if `OTHER_SESSIONS` was not done. Other scopes never throw.
   */
  logout(input?: { readonly scope?: 'SESSION' | 'OTHER_SESSIONS' | 'ALL_SESSIONS' }): Promise<LogoutResult | null>;
  /** Accepts a token pair that an operation of your own returned. */
  adopt(pair: PairLike<User>): Promise<User>;

  /**
   * A `fetch` that sends the credentials. It refreshes first if needed, and repeats the request once if the server asks for
   * a refresh. Requests to other origins than that of `url` are passed on unchanged.
   *
   * @throws AuthUnavailableError if no token can be had, or another user has logged in since the request was started.
   */
  readonly fetch: typeof fetch;
  /**
   * Runs an operation with `fetch`. GraphQL errors are in the answer.
   *
   * @throws AuthUnavailableError if no answer arrives, or `fetch` throws it.
   */
  request<Result = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: string | TypedDocument<Result, Variables>,
    variables?: Variables,
  ): Promise<GraphQLAnswer<Result>>;
  /**
   * Exchanges the pair now. The client does so by itself in time, so an app rarely needs it.
   *
   * @throws AuthUnavailableError if no answer arrives. The session goes on.
   */
  refresh(): Promise<void>;
  /** How long the tokens remain valid; null if nobody is logged in. */
  lifetimes(): Lifetimes | null;
  /** Checks the time and the storage. Call it when the app comes to the foreground and there is no `window`. */
  wake(): void;
  /** Stops timers, requests and listening. The session stays in the storage. */
  close(): void;
}

/**
 * Makes a client for one server. An app needs one. If the server has a `User` of its own, name its fields in `userFields` and its
 * type as the type argument.
 *
 * @example
 * ```ts
 * import { createAuthClient } from 'graphql-simplejwt-client';
 *
 * const auth = createAuthClient({ url: 'https://api.example.com/graphql', delivery: 'REFRESH_COOKIE' });
 *
 * const state = await auth.ready;
 * if (state.status === 'LOGGED_OUT') await auth.login({ email: 'ada@example.com', password: 'correct horse battery' });
 * const { data } = await auth.request<{ me: { email: string } | null }>('{ me { email } }');
 * ```
 */
export function createAuthClient<User extends KnownUser = AuthUser>(options: AuthClientOptions): AuthClient<User> {
  const closing = new AbortController();
  const services = createServices(options, closing.signal);
  const { store, transport, usesCookies, delivery } = services;
  const logout = new Logout(services);
  const refresher = new Refresher(services, (reason) => logout.run(reason, 'SESSION'));
  const restorer = new SessionRestorer(services, logout);
  const scheduler = createScheduler(services, refresher, logout, restorer);
  const ready = restorer.run().then(() => {
    store.markStarted();
    scheduler.tick();
    return store.authState;
  });
  const authenticatedFetch = createFetch(services, refresher, ready);

  /** Runs an operation of the kit's own within the session. */
  async function askInSession<Data extends object>(
    document: string,
    makeInput: () => object,
  ): Promise<GraphQLAnswer<Data>> {
    await ready;
    const rootField = onlyRootField(document);
    const rootFields = rootField === null ? null : [rootField];
    return refresher.sendWithRetry(
      async (used) => ask<Data>(transport, document, { input: makeInput() }, used),
      ({ errors }) => ({ errors, isRepeatable: isMutationRepeatable(errors, rootFields) }),
    );
  }

  async function logIn(document: string, input: object): Promise<AuthUser | null> {
    await ready;
    await restorer.whenIdle();
    await logout.sendStored();
    const { mode } = credentialsOf(services);
    const withDelivery = usesCookies ? { ...input, delivery } : input;
    // The token proves the session that the new cookies replace, so the server ends it.
    const headers = headersOf(null, csrfTokenOf(services));
    return withCookieLock(services, () => openSession(services, document, withDelivery, { headers, mode }));
  }

  async function resultOf<Result>(document: string, input: object): Promise<Result> {
    return expectResult(await askInSession<ResultAnswer<Result>>(document, () => input));
  }

  async function requestMail(document: string, input: object): Promise<string> {
    return (await resultOf<{ requestId: string }>(document, input)).requestId;
  }

  const client: AuthClient = {
    getState: () => store.authState,
    subscribe: (listener) => store.subscribe(listener),
    ready,
    login: async (input) => expectUser(await logIn(LOGIN, input)),
    register: async (input) => logIn(REGISTER, input),
    async changePassword(input) {
      const askedAt = services.clock.now();
      return expectUser(await acceptAnswer(services, await askInSession(CHANGE_PASSWORD, () => input), askedAt));
    },
    requestPasswordReset: async (input) => requestMail(REQUEST_PASSWORD_RESET, input),
    requestEmailVerification: async (input) => requestMail(REQUEST_EMAIL_VERIFICATION, input),
    verifyEmail: async (input) => (await resultOf<{ user: AuthUser }>(VERIFY_EMAIL, input)).user,
    requestLoginCode: async (input) => requestMail(REQUEST_LOGIN_CODE, input),
    loginWithCode: async (input) => expectUser(await logIn(LOGIN_WITH_CODE, input)),
    requestEmailChange: async (input) => requestMail(REQUEST_EMAIL_CHANGE, input),
    async confirmEmailChange(input) {
      const user = await resultOf<AuthUser>(CONFIRM_EMAIL_CHANGE, input);
      refresher.markRefused();
      // If this fails, the next request refreshes.
      await refresher.run().catch(() => undefined);
      return user;
    },
    revertEmailChange: async (input) => requestMail(REVERT_EMAIL_CHANGE, input),
    endSessionWithCode: async (input) => resultOf(END_SESSION_WITH_CODE, input),
    resetPassword: async (input) => expectUser(await logIn(RESET_PASSWORD, input)),
    async logout({ scope = 'SESSION' } = {}) {
      await ready;
      // Only a valid token reaches other sessions. An expired one ends its own session only.
      if (scope === 'OTHER_SESSIONS') {
        const tokens = () => (store.session?.refreshToken ? { refreshToken: store.session.refreshToken } : {});
        return expectResult(await askInSession(LOGOUT, () => ({ scope, ...tokens() })));
      }
      if (scope === 'ALL_SESSIONS') await refresher.prepare().catch(() => undefined);
      return logout.run('LOGGED_OUT', scope);
    },
    async adopt(pair) {
      await ready;
      await restorer.whenIdle();
      return acceptPair(services, pair, services.clock.now());
    },
    fetch: authenticatedFetch,
    async request(document, variables) {
      const headers = { 'content-type': 'application/json', ...transport.headers };
      const body = JSON.stringify({ query: document.toString(), variables });
      try {
        const response = await authenticatedFetch(options.url, { method: 'POST', headers, body });
        return await response.json();
      } catch (error) {
        throw error instanceof AuthUnavailableError ? error : new AuthUnavailableError(error);
      }
    },
    async refresh() {
      await ready;
      refresher.markRefused();
      await refresher.run();
    },
    lifetimes() {
      const { session, age } = store;
      if (session === null) return null;
      const [accessToken = 0, refreshToken = 0] = [refresher.timeLeft, session.refreshLifetime - age].map((left) =>
        Math.max(0, left / 1000),
      );
      return { accessToken, refreshToken };
    },
    wake: () => scheduler.wake(),
    close() {
      closing.abort();
      scheduler.stop();
      store.close();
    },
  };
  adapters.set(client, {
    credentials: () => credentialsOf(services),
    isDue: () => refresher.isDue || lacksCsrfToken(services),
    async prepare(startedBy) {
      await ready;
      return refresher.prepare(startedBy);
    },
    isWorthRetrying: (errors, used) => refresher.isWorthRetrying(errors, used),
  });
  // The server decides what a user has: `userFields` and the type of the caller describe the same.
  return client as unknown as AuthClient<User>;
}

function expectUser(user: AuthUser | null): AuthUser {
  if (user === null) throw new AuthRequestError([]);
  return user;
}
