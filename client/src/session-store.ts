import { type Clock, elapsedSince, type Moment, momentAt } from './clock.ts';
import type { AuthClientEvent, AuthClientListener, AuthState } from './state.ts';
import { type ClientSession, pairIdOf, parseEntry, type PendingLogout, type StorageEntry } from './storage.ts';
import type { LogoutReason, TabMessage, Tabs } from './tabs.ts';
import { type ClientChange, type ClientState, INITIAL_STATE, transition } from './transition.ts';

export interface SessionStoreOptions {
  readonly entry: StorageEntry;
  /** Opens the channel to the other tabs. */
  readonly openTabs: (listen: (message: TabMessage) => void) => Tabs;
  /** Whether the storage is this tab's own, so that it never holds what another tab writes. */
  readonly isStorageOfOneTab: boolean;
  /** REFRESH_COOKIE keeps access tokens out of the storage. */
  readonly keepsAccessTokenInMemory: boolean;
  readonly clock: Clock;
}

/** Milliseconds to wait for the tab that has ended the session to say why. */
const REASON_TIMEOUT = 200;

/** Holds the session, and synchronises it with the storage and the other tabs. */
export class SessionStore {
  readonly #options: SessionStoreOptions;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<AuthClientListener>();
  #state: ClientState = INITIAL_STATE;
  #receivedAt: Moment;

  constructor(options: SessionStoreOptions) {
    this.#options = options;
    this.#receivedAt = momentAt(options.clock, options.clock.now());
    this.#tabs = options.openTabs((message) => this.#onTabMessage(message));
  }

  get session(): ClientSession | null {
    return this.#state.session;
  }

  get authState(): AuthState {
    return this.#state.auth;
  }

  /** Milliseconds since the pair was received. */
  get age(): number {
    return elapsedSince(this.#options.clock, this.#receivedAt);
  }

  subscribe(listener: AuthClientListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(event: AuthClientEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event, this.#state.auth);
      } catch (error) {
        reportUncaught(error);
      }
    }
  }

  /**
   * Reads the storage for the first time.
   *
   * @returns a logout that the server has not been told of, or null; undefined if the storage cannot be read.
   */
  async load(): Promise<PendingLogout | null | undefined> {
    const text = await this.#options.entry.read();
    if (text === undefined || this.session !== null) return undefined;
    const stored = parseEntry(text);
    if (stored === null || isPendingLogout(stored)) return stored;
    await this.#apply({ type: 'PAIR_FOUND', session: stored });
    if (stored.accessToken === null) this.#tabs.tell({ type: 'ASK', sessionId: stored.sessionId });
    return null;
  }

  markStarted(): void {
    void this.#apply({ type: 'STARTED' });
  }

  /** Reads the storage again: another tab may have refreshed, logged in or logged out. */
  async reload(): Promise<ClientSession | null> {
    const before = this.session;
    const text = await this.#options.entry.read();
    // The storage cannot be read, or the session has changed while it was read.
    if (text === undefined || this.session !== before) return this.session;
    const stored = parseEntry(text);
    if (stored !== null && !isPendingLogout(stored)) await this.#apply({ type: 'PAIR_FOUND', session: stored });
    else if (before !== null) await this.#endWithReasonOfTab(before);
    return this.session;
  }

  /** Accepts a pair that the server sent to this tab. */
  async accept(session: ClientSession): Promise<void> {
    await this.#apply({ type: 'PAIR_RECEIVED', session });
  }

  setCsrfToken(csrfToken: string | null): void {
    void this.#apply({ type: 'CSRF_TOKEN_CHANGED', csrfToken });
  }

  /**
   * Ends the session here and in the other tabs.
   *
   * @returns whether the pending logout is stored.
   */
  async end(reason: LogoutReason, pendingLogout: PendingLogout | null): Promise<boolean> {
    if (this.session === null) return false;
    if (await this.#apply({ type: 'SESSION_ENDED', reason, pendingLogout })) return pendingLogout !== null;
    // A full storage refuses to be written but can be emptied.
    if (this.session === null) await this.#options.entry.write(null);
    return false;
  }

  /** Reads the logout that the server has not been told of; undefined if the storage cannot be read. */
  async readPendingLogout(): Promise<PendingLogout | null | undefined> {
    const text = await this.#options.entry.read();
    if (text === undefined) return undefined;
    const stored = parseEntry(text);
    return stored !== null && isPendingLogout(stored) ? stored : null;
  }

  /** Forgets the stored logout, because the server has been told. */
  async clearPendingLogout(): Promise<void> {
    if ((await this.readPendingLogout()) != null) await this.#options.entry.write(null);
  }

  /** Asks the other tabs for the access token of the newest pair, and waits a moment for it. */
  async askTabs(timeout: number): Promise<void> {
    if (this.session === null) return;
    this.#tabs.tell({ type: 'ASK', sessionId: this.session.sessionId });
    await waitWhile(() => this.session !== null && this.session.accessToken === null, timeout);
  }

  close(): void {
    this.#listeners.clear();
    this.#tabs.close();
  }

  /**
   * Changes the state and runs the effects.
   *
   * @returns whether everything that had to be stored is stored.
   */
  async #apply(change: ClientChange): Promise<boolean> {
    const previous = this.session;
    const { state, tellTabs, store, notify } = transition(this.#state, change);
    this.#state = state;
    if (state.session !== null && (previous === null || pairIdOf(previous) !== pairIdOf(state.session)))
      this.#receivedAt = momentAt(this.#options.clock, state.session.receivedAt);
    if (tellTabs !== undefined) this.#tabs.tell(tellTabs);
    const stored = store === undefined || this.#store(store);
    if (notify !== undefined) this.emit(notify);
    return stored;
  }

  async #store(entry: ClientSession | PendingLogout | null): Promise<boolean> {
    if (entry === null) return this.#options.entry.write(null);
    const isWithoutToken = !isPendingLogout(entry) && this.#options.keepsAccessTokenInMemory;
    return this.#options.entry.write(JSON.stringify(isWithoutToken ? { ...entry, accessToken: null } : entry));
  }

  /** The storage may say that the session has ended before the tab that ended it says why. */
  async #endWithReasonOfTab(before: ClientSession): Promise<void> {
    await waitWhile(() => this.session === before, REASON_TIMEOUT);
    if (this.session === before) await this.#apply({ type: 'SESSION_ENDED_ELSEWHERE', reason: 'LOGGED_OUT' });
  }

  #onTabMessage(message: TabMessage): void {
    if (message.type === 'PAIR') void this.#onPairOfTab(message.session);
    else if (message.sessionId !== this.session?.sessionId) return;
    else if (message.type === 'LOGOUT') void this.#apply({ ...message, type: 'SESSION_ENDED_ELSEWHERE' });
    else if (message.type === 'ANSWER') void this.#acceptFromTab(message.session);
    else if (this.session.accessToken !== null) {
      this.#tabs.tell({ type: 'ANSWER', sessionId: message.sessionId, session: this.session });
    }
  }

  /** Accepts a login of another tab only if the storage confirms it: the message may have crossed a logout. */
  async #onPairOfTab(session: ClientSession): Promise<void> {
    if (session.sessionId !== this.session?.sessionId) {
      const text = await this.#options.entry.read();
      const stored = text === undefined ? session : parseEntry(text);
      if (stored === null || isPendingLogout(stored) || stored.sessionId !== session.sessionId) return;
    }
    await this.#acceptFromTab(session);
  }

  /** Accepts a pair of another tab, and stores it if that tab writes to a storage of its own. */
  async #acceptFromTab(session: ClientSession): Promise<void> {
    await this.#apply({ type: 'PAIR_FOUND', session });
    if (!this.#options.isStorageOfOneTab) return;
    const held = this.session;
    const stored = parseEntry((await this.#options.entry.read()) ?? null);
    if (held === null || this.session !== held || stored === null || isPendingLogout(stored)) return;
    if (stored.sessionId === held.sessionId && stored.count < held.count) await this.#store(held);
  }
}

function isPendingLogout(entry: ClientSession | PendingLogout): entry is PendingLogout {
  return 'logoutScope' in entry;
}

/** Reports a listener's fault as uncaught, so that the client itself goes on. */
function reportUncaught(error: unknown): void {
  if (typeof reportError === 'function') return reportError(error);
  setTimeout(() => {
    throw error;
  });
}

async function waitWhile(condition: () => boolean, timeout: number): Promise<void> {
  const step = 10;
  for (let waited = 0; waited < timeout && condition(); waited += step) {
    await new Promise((resolve) => setTimeout(resolve, step));
  }
}

/** The id of the held pair. Compare two of them to see whether the pair has changed. */
export function heldPairId({ session }: SessionStore): string | null {
  return session === null ? null : pairIdOf(session);
}
