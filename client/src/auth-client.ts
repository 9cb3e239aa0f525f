import { createFetch } from './authenticated-fetch.ts';
import { credentialsOf, lacksCsrfToken } from './credentials.ts';
import { CHANGE_PASSWORD, LOGIN, LOGOUT, type LogoutResult, type PairLike, REGISTER } from './documents.ts';
import { AuthRequestError, AuthUnavailableError, type GraphQLErrorLike } from './errors.ts';
import { inCookieTurn } from './lock.ts';
import { expectResult, Leaving } from './logout.ts';
import { type AuthClientOptions, createParts } from './options.ts';
import { adopt, openFrom, openSession } from './open-session.ts';
import { Refresher } from './refresher.ts';
import { Resuming } from './resume.ts';
import type { AuthListener } from './session-keeper.ts';
import type { AuthState } from './state.ts';
import type { AuthUser } from './storage.ts';
import { ask, type Credentials, type GraphQLAnswer } from './transport.ts';
import { createUpkeep } from './upkeep.ts';

/** The document of an operation. What codegen's client preset makes in its string mode brings its types along. */
export interface TypedDocument<Result, Variables> {
  toString(): string;
  /** Never there: it carries the types. */
  __apiType?: (variables: Variables) => Result;
}

/** Seconds that are left. */
export interface Lifetimes {
  readonly accessToken: number;
  readonly refreshToken: number;
}

/** Login, silent refresh and logout. */
export interface AuthClient {
  /** Who is logged in at this moment. The same object until something of it changes. */
  getState(): AuthState;
  /**
   * Tells of everything that happens to the session, in this tab or another.
   *
   * @returns stops it.
   */
  subscribe(listener: AuthListener): () => void;
  /** Resolves when what was kept has been read: from then on the state is `LOGGED_IN` or `LOGGED_OUT`. Never rejects. */
  readonly ready: Promise<AuthState>;

  /**
   * Logs in.
   *
   * @throws AuthRequestError, with INVALID_CREDENTIALS and others as `details.code`.
   * @throws AuthUnavailableError if no answer could be had, or after too many attempts: see `retryAfterSeconds`.
   */
  login(input: { readonly email: string; readonly password: string }): Promise<AuthUser>;
  /**
   * Opens an account, and logs in.
   *
   * @returns null where the e-mail must be verified first.
   * @throws AuthRequestError, with BAD_USER_INPUT and the `fields` to mend, and others.
   */
  register(input: { readonly email: string; readonly password: string }): Promise<AuthUser | null>;
  /**
   * Changes the password. Every session of the user ends, and this client goes on with a new one.
   *
   * @throws AuthRequestError, with INVALID_CREDENTIALS and others as `details.code`.
   */
  changePassword(input: { readonly currentPassword: string; readonly newPassword: string }): Promise<AuthUser>;
  /**
   * Logs out, here and in all tabs, at once; then the server is told. With `OTHER_SESSIONS` this one goes on.
   *
   * @returns what the server has ended; null where it cannot be reached, or has not done it. Then it is told later. With
   * cookies the next page that is loaded does so, or the next login, if this page does not live to; with BODY only this page
   * can, for no token is left behind. A session that is opened before, with cookies, takes the place of theirs: then the one
   * that was left lasts until its time is over.
   * @throws AuthRequestError or AuthUnavailableError, with OTHER_SESSIONS alone, if it was not done.
   */
  logout(input?: { readonly scope?: 'SESSION' | 'OTHER_SESSIONS' | 'ALL_SESSIONS' }): Promise<LogoutResult | null>;
  /** Takes over a pair that was got in another way, by an operation of your own. */
  adopt(pair: PairLike): Promise<AuthUser>;

  /**
   * `fetch`, recognised: it refreshes first where needed, and once more where the server asks for it. To another server than
   * that of `url` it goes as it is.
   *
   * @throws AuthUnavailableError if no token could be had for it, or another session has taken the place of the one in which
   * it was begun.
   */
  readonly fetch: typeof fetch;
  /**
   * Runs an operation by `fetch`.
   *
   * @throws AuthUnavailableError if no answer could be had, or it was not sent: see `fetch`. GraphQL's errors are in the answer.
   */
  request<Result = Record<string, unknown>, Variables = Record<string, unknown>>(
    document: string | TypedDocument<Result, Variables>,
    variables?: Variables,
  ): Promise<GraphQLAnswer<Result>>;
  /**
   * Exchanges the pair now. Not needed as a rule.
   *
   * @throws AuthUnavailableError if no answer could be had. The session goes on.
   */
  refresh(): Promise<void>;
  /** How long the tokens are good; null where nobody is logged in. */
  lifetimes(): Lifetimes | null;
  /** Looks at the time and the storage. To be called where the app comes to the front and there is no `window`. */
  wake(): void;
  /** Stops timers, requests and listening. The session stays where it is kept. */
  close(): void;

  /**
   * For adapters: waits for the storage and refreshes if that is due.
   *
   * @param begunBy `userId` of the credentials at the time at which the operation was begun.
   * @throws AuthUnavailableError if no answer could be had, or if somebody else is logged in meanwhile: what one user has
   * begun is not sent as another.
   */
  prepare(begunBy?: string | null): Promise<Credentials>;
  /** For adapters: what the next request needs, from what is held at this moment. */
  credentials(): Credentials;
  /** For adapters: whether `prepare` has something to wait for. */
  isDue(): boolean;
  /**
   * For adapters: looks at the errors of an answer.
   *
   * @returns whether the same request, prepared anew, may be answered better. To be heeded once.
   */
  isWorthRetrying(errors: readonly GraphQLErrorLike[] | undefined, used: Credentials): boolean;
}

/**
 * Makes a client for one server. One is enough for an app.
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
export function createAuthClient(options: AuthClientOptions): AuthClient {
  const closing = new AbortController();
  const parts = createParts(options, closing.signal);
  const { keeper, transport, usesCookies, delivery } = parts;
  const leaving = new Leaving(parts);
  const refresher = new Refresher(parts, (reason) => leaving.leave(reason, 'SESSION'));
  const resuming = new Resuming(parts, leaving);
  const upkeep = createUpkeep(parts, refresher, leaving, resuming);
  const ready = resuming.run().then(() => {
    keeper.started();
    upkeep.tick();
    return keeper.state;
  });
  const authenticatedFetch = createFetch(parts, refresher, ready);

  async function prepare(begunBy?: string | null): Promise<Credentials> {
    await ready;
    return refresher.prepare(begunBy);
  }

  /** Asks for something in the session that is held. */
  async function askHeld<Data extends object>(document: string, makeInput: () => object): Promise<GraphQLAnswer<Data>> {
    await ready;
    return refresher.attempt(
      async (used) => ask<Data>(transport, document, { input: makeInput() }, used),
      (answer) => answer,
    );
  }

  async function logIn(document: string, input: object): Promise<AuthUser | null> {
    await ready;
    await resuming.whenIdle();
    await leaving.settleFound();
    const { mode } = credentialsOf(parts);
    const wanted = usesCookies ? { ...input, delivery } : input;
    return inCookieTurn(parts, () => openSession(parts, document, wanted, { headers: {}, mode }));
  }

  return {
    getState: () => keeper.state,
    subscribe: (listener) => keeper.subscribe(listener),
    ready,
    login: async (input) => expectUser(await logIn(LOGIN, input)),
    register: async (input) => logIn(REGISTER, input),
    async changePassword(input) {
      const askedAt = parts.clock.now();
      return expectUser(await openFrom(parts, await askHeld(CHANGE_PASSWORD, () => input), askedAt));
    },
    async logout({ scope = 'SESSION' } = {}) {
      await ready;
      // Only a token that is still good reaches other sessions, and one that is not ends its own.
      if (scope === 'OTHER_SESSIONS') {
        const tokens = () => (keeper.held?.refreshToken ? { refreshToken: keeper.held.refreshToken } : {});
        return expectResult(await askHeld(LOGOUT, () => ({ scope, ...tokens() })));
      }
      if (scope === 'ALL_SESSIONS') await refresher.prepare().catch(() => undefined);
      return leaving.leave('LOGGED_OUT', scope);
    },
    async adopt(pair) {
      await ready;
      await resuming.whenIdle();
      return adopt(parts, pair, parts.clock.now());
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
      refresher.refuse();
      await refresher.run();
    },
    lifetimes() {
      const { held, age } = keeper;
      if (held === null) return null;
      const [accessToken = 0, refreshToken = 0] = [refresher.left, held.refreshLifetime - age].map((left) =>
        Math.max(0, left / 1000),
      );
      return { accessToken, refreshToken };
    },
    wake: () => upkeep.wake(),
    close() {
      closing.abort();
      upkeep.stop();
      keeper.close();
    },
    prepare,
    credentials: () => credentialsOf(parts),
    isDue: () => refresher.isDue || lacksCsrfToken(parts),
    isWorthRetrying: (errors, used) => refresher.isWorthRetrying(errors, used),
  };
}

function expectUser(user: AuthUser | null): AuthUser {
  if (user === null) throw new AuthRequestError([]);
  return user;
}
