import { type Clock, systemClock } from './clock.ts';
import {
  CHANGE_PASSWORD,
  CSRF_TOKEN,
  LOGIN,
  LOGOUT,
  type LogoutResult,
  type PairLike,
  REFRESH,
  REGISTER,
} from './documents.ts';
import { AuthRequestError, AuthUnavailableError, authErrorOf, type GraphQLErrorLike } from './errors.ts';
import { createKeyNote } from './key-note.ts';
import type { Locks } from './lock.ts';
import { isSameOrigin, onWake, readableCookie } from './page.ts';
import { refresh, sessionFrom } from './refresh.ts';
import { type AuthListener, heldPairId, SessionKeeper } from './session-keeper.ts';
import type { AuthState } from './state.ts';
import {
  type AuthUser,
  browserStorage,
  createShelf,
  memoryStorage,
  type OwedLogout,
  type TokenDelivery,
  type TokenStorage,
} from './storage.ts';
import { type LogoutReason, NO_TABS, openTabs } from './tabs.ts';
import { ask, type Credentials, type GraphQLAnswer, isNothingDone } from './transport.ts';

/** What `createAuthClient` needs, and every setting. */
export interface AuthClientOptions {
  /** Of the GraphQL endpoint, such as `https://api.example.com/graphql`. In a browser it may be a path. */
  readonly url: string;
  /** How pairs are to reach this client; by default in the body of the answer. */
  readonly delivery?: TokenDelivery;
  /**
   * Where the session is kept. By default: with cookies in `localStorage`, which then holds no token; else in memory, so
   * that it ends with the page.
   */
  readonly storage?: TokenStorage;
  /** Of the entries in the storage, the lock and the channel; by default `graphql-simplejwt`. One for each server. */
  readonly name?: string;
  /** Whether there may be other tabs on the same storage; by default so in a browser. */
  readonly isShared?: boolean;
  /** Seconds before its end at which an access token is exchanged; by default 30, and a third of its life at the most. */
  readonly refreshAheadSeconds?: number;
  /** The server's `AUTH_REUSE_LEEWAY`; by default 10. */
  readonly reuseLeewaySeconds?: number;
  /** Seconds that an answer to this kit may take; by default 10. */
  readonly timeoutSeconds?: number;
  /** Sent along with every request of this kit's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By default the global one. */
  readonly fetch?: typeof fetch;
  /** By default Web Locks, where there are any; null for none. */
  readonly locks?: Locks | null;
  /** By default the machine's. */
  readonly clock?: Clock;
}

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
   * @returns what the server has ended; null where it cannot be reached: it is told later.
   */
  logout(input?: { readonly scope?: 'SESSION' | 'OTHER_SESSIONS' | 'ALL_SESSIONS' }): Promise<LogoutResult | null>;
  /** Takes over a pair that was got in another way, by an operation of your own. */
  adopt(pair: PairLike): Promise<AuthUser>;

  /** `fetch`, recognised: it refreshes first where needed, and once more where the server asks for it. */
  readonly fetch: typeof fetch;
  /**
   * Runs an operation by `fetch`.
   *
   * @throws AuthUnavailableError if no answer could be had. GraphQL's errors are in the answer.
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

  /** For adapters: waits for the storage and refreshes if that is due. */
  prepare(): Promise<Credentials>;
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

function webLocks(isShared: boolean): Locks | null {
  return isShared && typeof navigator !== 'undefined' ? (navigator.locks ?? null) : null;
}

const LONGEST_WAIT = 30_000;
const SHORTEST_WAIT = 1_000;

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
  const {
    url,
    delivery = 'BODY',
    name = 'graphql-simplejwt',
    isShared = typeof document !== 'undefined',
    refreshAheadSeconds = 30,
    reuseLeewaySeconds = 10,
    timeoutSeconds = 10,
    clock = systemClock,
  } = options;
  const usesCookies = delivery !== 'BODY';
  const storage = options.storage ?? (usesCookies ? browserStorage() : null) ?? memoryStorage();
  const closing = new AbortController();
  const transport = {
    url,
    // A browser's fetch must not be called as a method of anything else.
    fetch: options.fetch ?? ((...given: Parameters<typeof fetch>) => globalThis.fetch(...given)),
    headers: options.headers ?? {},
    patience: timeoutSeconds * 1000,
    closing: closing.signal,
  };
  const keys = createKeyNote(createShelf(storage, `${name}.refresh`));
  const keeper = new SessionKeeper({
    shelf: createShelf(storage, name),
    openTabs: (listen) => (isShared ? openTabs(name, listen) : NO_TABS),
    keepsAccessTokenInMemory: delivery === 'REFRESH_COOKIE',
    clock,
  });

  let refusedPairId: string | null = null;
  let refreshing: Promise<void> | null = null;
  let failures = 0;
  let quietUntil = 0;
  let owed: (OwedLogout & { readonly refreshToken: string | null; readonly accessToken: string | null }) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const parts = {
    keeper,
    transport,
    delivery,
    clock,
    keys,
    locks: options.locks === undefined ? webLocks(isShared) : options.locks,
    lockName: name,
    reuseLeeway: reuseLeewaySeconds * 1000,
    isGood: () => !isRefused() && msLeft() > 0,
    credentials,
    renewCsrfToken,
    leave: async (reason: LogoutReason) => void (await leave(reason, 'SESSION')),
  };

  function isRefused(): boolean {
    const { held } = keeper;
    if (held === null) return false;
    return heldPairId(keeper) === refusedPairId || (delivery !== 'COOKIES' && held.accessToken === null);
  }

  /** Milliseconds until the access token is of no use. */
  function msLeft(): number {
    return (keeper.held?.accessLifetime ?? 0) - keeper.age;
  }

  /** Milliseconds until it is to be exchanged. */
  function msUntilDue(): number {
    const ahead = Math.min(refreshAheadSeconds * 1000, (keeper.held?.accessLifetime ?? 0) / 3);
    return isRefused() ? 0 : msLeft() - ahead;
  }

  function isRefreshDue(): boolean {
    return keeper.held !== null && msUntilDue() <= 0;
  }

  function isCsrfTokenDue(): boolean {
    return usesCookies && keeper.held !== null && csrfToken() === null;
  }

  function csrfToken(): string | null {
    return keeper.held === null ? null : (readableCookie(url, '__Host-csrf') ?? keeper.held.csrfToken);
  }

  function credentials(): Credentials {
    const { held } = keeper;
    const headers: Record<string, string> = {};
    if (held?.accessToken != null) headers['authorization'] = `Bearer ${held.accessToken}`;
    const csrf = usesCookies ? csrfToken() : null;
    if (csrf !== null) headers['x-csrf-token'] = csrf;
    return {
      pairId: heldPairId(keeper),
      sessionId: held?.sessionId ?? null,
      headers,
      mode: usesCookies ? 'include' : undefined,
    };
  }

  async function renewCsrfToken(): Promise<void> {
    const { data } = await ask<{ csrfToken: string | null }>(
      transport,
      CSRF_TOKEN,
      {},
      { headers: {}, mode: 'include' },
    );
    keeper.learn(data?.csrfToken ?? null);
  }

  /** One refresh at a time; who comes meanwhile waits for the same. */
  async function refreshOnce(): Promise<void> {
    const pairId = heldPairId(keeper);
    if (pairId === null) return;
    refreshing ??= refresh(parts, pairId)
      .then(
        () => void (failures = 0),
        (error: unknown) => {
          failures += 1;
          quietUntil =
            clock.monotonic() + (error instanceof AuthUnavailableError ? (error.retryAfterSeconds ?? 0) * 1000 : 0);
          keeper.emit({ type: 'REFRESH_FAILED', error });
          throw error;
        },
      )
      .finally(() => {
        refreshing = null;
        schedule();
      });
    return refreshing;
  }

  async function prepare(): Promise<Credentials> {
    await ready;
    if (isRefreshDue()) {
      try {
        if (clock.monotonic() < quietUntil)
          throw new AuthUnavailableError(null, Math.ceil((quietUntil - clock.monotonic()) / 1000));
        await refreshOnce();
      } catch (error) {
        // It was ahead of time: what is held will do.
        if (isRefused() || msLeft() <= 0) throw error;
      }
    }
    if (isCsrfTokenDue()) await renewCsrfToken();
    return credentials();
  }

  function isWorthRetrying(errors: readonly GraphQLErrorLike[] | undefined, used: Credentials): boolean {
    const details = errors
      ?.map((error) => authErrorOf(error))
      .find((found) => found?.code === 'UNAUTHENTICATED' || found?.code === 'CSRF_REJECTED');
    // What was asked for in one session is not repeated in another.
    if (details == null || used.sessionId === null || used.sessionId !== keeper.held?.sessionId) return false;
    if (details.code === 'CSRF_REJECTED') {
      keeper.learn(null);
      return usesCookies && csrfToken() === null;
    }
    if (details.code !== 'UNAUTHENTICATED') return false;
    if (used.pairId !== heldPairId(keeper)) return true;
    if (details.refreshable) {
      refusedPairId = used.pairId;
      return true;
    }
    // Without the cookies, or with a token of a session that has ended, only a login helps.
    if (details.reason !== 'TOKEN_MISSING' || delivery === 'COOKIES') void keeper.end('SESSION_ENDED', null);
    return false;
  }

  async function authenticatedFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const target = input instanceof Request ? input.url : String(input);
    if (!isSameOrigin(target, url)) return transport.fetch(input, init);
    const given = init.headers ?? (input instanceof Request ? input.headers : {});
    const send = async (used: Credentials): Promise<Response> => {
      const headers = new Headers(given);
      for (const [header, value] of Object.entries(used.headers)) headers.set(header, value);
      const mode = used.mode === undefined ? {} : { credentials: used.mode };
      return transport.fetch(input instanceof Request ? input.clone() : input, { ...init, ...mode, headers });
    };
    const used = await prepare();
    const response = await send(used);
    return (await isRefusedAnswer(response, used, init.body)) ? send(await prepare()) : response;
  }

  async function isRefusedAnswer(response: Response, used: Credentials, body: unknown): Promise<boolean> {
    if (!response.headers.get('content-type')?.includes('json')) return false;
    const answer = (await response
      .clone()
      .json()
      .catch(() => null)) as GraphQLAnswer<object> | null;
    const isQuery = typeof body === 'string' && !/\bmutation\b/.test(body);
    return isWorthRetrying(answer?.errors, used) && (isQuery || isNothingDone(answer?.data));
  }

  async function openSession(document: string, input: object): Promise<AuthUser | null> {
    await ready;
    await settleDebt();
    const withDelivery = usesCookies && 'email' in input ? { ...input, delivery } : input;
    const used = 'email' in input ? { headers: {}, mode: credentials().mode } : await prepare();
    const askedAt = clock.now();
    const answer = await ask<{ pair: PairLike | null }>(transport, document, { input: withDelivery }, used);
    if (answer.errors !== undefined && answer.errors.length > 0) throw new AuthRequestError(answer.errors);
    const pair = answer.data?.pair ?? null;
    return pair === null ? null : hold(pair, askedAt);
  }

  async function hold(pair: PairLike, askedAt: number): Promise<AuthUser> {
    const session = sessionFrom(pair, 0, askedAt);
    await keeper.adopt(session);
    schedule();
    return session.user;
  }

  async function logout({
    scope = 'SESSION',
  }: { scope?: 'SESSION' | 'OTHER_SESSIONS' | 'ALL_SESSIONS' } = {}): Promise<LogoutResult | null> {
    await ready;
    if (scope === 'SESSION') return leave('LOGGED_OUT', scope);
    // Only a token that is still good reaches other sessions.
    const used = await prepare().catch((error: unknown) => {
      if (scope === 'OTHER_SESSIONS') throw error;
    });
    if (scope === 'ALL_SESSIONS' || used === undefined) return leave('LOGGED_OUT', 'ALL_SESSIONS');
    const answer = await ask<{ result: LogoutResult | null }>(transport, LOGOUT, { input: { scope } }, used);
    if (answer.data?.result == null) throw new AuthRequestError(answer.errors ?? []);
    return answer.data.result;
  }

  async function leave(reason: LogoutReason, scope: 'SESSION' | 'ALL_SESSIONS'): Promise<LogoutResult | null> {
    const held = await keeper.reread();
    if (held === null) return { endedSessions: 0, endedSessionIds: [] };
    const debt = { version: 1 as const, owes: scope, csrfToken: csrfToken() };
    owed = { ...debt, refreshToken: held.refreshToken, accessToken: held.accessToken };
    await keeper.end(reason, usesCookies ? debt : null);
    return settleDebt();
  }

  /** Tells the server of a logout. What it cannot be told now it is told later. */
  async function settleDebt(): Promise<LogoutResult | null> {
    if (owed === null) return null;
    const { owes, refreshToken, accessToken, csrfToken: csrf } = owed;
    const input = { scope: owes, ...(refreshToken === null ? {} : { refreshToken }) };
    const headers: Record<string, string> = {};
    if (accessToken !== null) headers['authorization'] = `Bearer ${accessToken}`;
    const mode = credentials().mode;
    const send = async (token: string | null) =>
      ask<{ result: LogoutResult | null }>(
        transport,
        LOGOUT,
        { input },
        { headers: token === null ? headers : { ...headers, 'x-csrf-token': token }, mode },
      );
    try {
      let answer = await send(readableCookie(url, '__Host-csrf') ?? csrf);
      if (authErrorOf(answer)?.code === 'CSRF_REJECTED' && usesCookies) {
        const { data } = await ask<{ csrfToken: string | null }>(transport, CSRF_TOKEN, {}, { headers: {}, mode });
        answer = await send(data?.csrfToken ?? null);
      }
      owed = null;
      await keeper.settle();
      return answer.data?.result ?? null;
    } catch {
      return null;
    }
  }

  /** The tokens may be in cookies of which nothing is written down here. */
  async function findCookies(): Promise<void> {
    if (readableCookie(url, '__Host-csrf') === null) return;
    const askedAt = clock.now();
    const headers = { 'x-csrf-token': readableCookie(url, '__Host-csrf') ?? '' };
    const answer = await ask<{ pair: PairLike | null }>(
      transport,
      REFRESH,
      { input: {} },
      { headers, mode: 'include' },
    );
    if (answer.data?.pair != null) await keeper.adopt(sessionFrom(answer.data.pair, 0, askedAt));
  }

  async function start(): Promise<AuthState> {
    const debt = await keeper.start();
    if (debt !== null) owed = { ...debt, refreshToken: null, accessToken: null };
    else if (keeper.held === null && usesCookies) await findCookies().catch(() => undefined);
    keeper.started();
    void resume();
    return keeper.state;
  }

  /** A refresh whose answer nobody has seen is asked for again, with its key. */
  async function resume(): Promise<void> {
    await settleDebt();
    const { held } = keeper;
    if (held !== null && (await keys.isOpen(held))) refusedPairId = heldPairId(keeper);
    tick();
  }

  function schedule(): void {
    clearTimeout(timer);
    if (closing.signal.aborted || (keeper.held === null && owed === null)) return;
    const wait = failures === 0 ? msUntilDue() : SHORTEST_WAIT * 2 ** failures;
    timer = setTimeout(tick, Math.min(Math.max(wait, SHORTEST_WAIT), LONGEST_WAIT));
    // Node would not exit while it runs.
    (timer as { unref?: () => void }).unref?.();
  }

  function tick(): void {
    if (closing.signal.aborted) return;
    if (owed !== null) void settleDebt();
    const isHidden = typeof document !== 'undefined' && document.visibilityState === 'hidden';
    if (isRefreshDue() && !isHidden && clock.monotonic() >= quietUntil) void refreshOnce().catch(() => undefined);
    else schedule();
  }

  function wake(): void {
    void keeper.reread().then(tick);
  }

  const stopWaking = onWake(wake, name);
  const stopScheduling = keeper.subscribe(() => schedule());
  const ready = start();

  const client: AuthClient = {
    getState: () => keeper.state,
    subscribe: (listener) => keeper.subscribe(listener),
    ready,
    login: async (input) => (await openSession(LOGIN, input)) as AuthUser,
    register: (input) => openSession(REGISTER, input),
    changePassword: async (input) => (await openSession(CHANGE_PASSWORD, input)) as AuthUser,
    logout,
    adopt: (pair) => hold(pair, clock.now()),
    fetch: authenticatedFetch,
    async request<Result, Variables>(document: string | TypedDocument<Result, Variables>, variables?: Variables) {
      const body = JSON.stringify({ query: document.toString(), variables });
      const headers = { 'content-type': 'application/json', ...transport.headers };
      try {
        const response = await authenticatedFetch(url, { method: 'POST', headers, body });
        return (await response.json()) as GraphQLAnswer<Result>;
      } catch (error) {
        throw error instanceof AuthUnavailableError ? error : new AuthUnavailableError(error);
      }
    },
    async refresh() {
      await ready;
      refusedPairId = heldPairId(keeper);
      await refreshOnce();
    },
    lifetimes() {
      const { held } = keeper;
      if (held === null) return null;
      return {
        accessToken: Math.max(0, msLeft() / 1000),
        refreshToken: Math.max(0, (held.refreshLifetime - keeper.age) / 1000),
      };
    },
    wake,
    close() {
      closing.abort();
      clearTimeout(timer);
      stopWaking();
      stopScheduling();
      keeper.close();
    },
    prepare,
    credentials,
    isDue: () => isRefreshDue() || isCsrfTokenDue(),
    isWorthRetrying,
  };
  return client;
}
