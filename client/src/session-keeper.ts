import { type Clock, type Mark, markAt, passedSince } from './clock.ts';
import { type AuthEvent, type AuthState, STARTING } from './state.ts';
import { type HeldSession, type OwedLogout, pairIdOf, parseStored, type Shelf } from './storage.ts';
import type { LogoutReason, TabMessage, Tabs } from './tabs.ts';

/** Is told of what happens, and what is so since. */
export type AuthListener = (event: AuthEvent, state: AuthState) => void;

export interface KeeperOptions {
  readonly shelf: Shelf;
  /** Opens the way to the other tabs. */
  readonly openTabs: (listen: (message: TabMessage) => void) => Tabs;
  /** What another tab writes is then not in it. */
  readonly isStorageOfOneTab: boolean;
  /** With REFRESH_COOKIE the access token is in no storage. */
  readonly keepsAccessTokenInMemory: boolean;
  readonly clock: Clock;
}

/** Milliseconds for which a tab that has ended the session is waited for. */
const REASON_PATIENCE = 200;

/** Knows the session, and keeps what this tab, the storage and the other tabs know of it in step. */
export class SessionKeeper {
  readonly #options: KeeperOptions;
  readonly #tabs: Tabs;
  readonly #listeners = new Set<AuthListener>();
  #held: HeldSession | null = null;
  #receivedAt: Mark;
  #state: AuthState = STARTING;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#receivedAt = markAt(options.clock, options.clock.now());
    this.#tabs = options.openTabs((message) => this.#hear(message));
  }

  get held(): HeldSession | null {
    return this.#held;
  }

  get state(): AuthState {
    return this.#state;
  }

  /** Milliseconds since the pair was received. */
  get age(): number {
    return passedSince(this.#options.clock, this.#receivedAt);
  }

  subscribe(listener: AuthListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(event: AuthEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event, this.#state);
      } catch (error) {
        report(error);
      }
    }
  }

  /**
   * Reads the storage for the first time.
   *
   * @returns a logout that the server has not been told of; undefined where the storage says nothing.
   */
  async start(): Promise<OwedLogout | null | undefined> {
    const text = await this.#options.shelf.read();
    if (text === undefined || this.#held !== null) return undefined;
    const stored = parseStored(text);
    if (stored !== null && 'owes' in stored) return stored;
    if (stored !== null) {
      this.#take(stored);
      if (stored.accessToken === null) this.#tabs.tell({ type: 'ASK', sessionId: stored.sessionId });
    }
    return null;
  }

  /** Says who is logged in, when all has been asked that could say so. */
  started(): void {
    if (this.#state !== STARTING) return;
    this.#state = stateOf(this.#held, null);
    this.emit({ type: 'STARTED' });
  }

  /** Reads the storage again: another tab may have refreshed, logged in or logged out. */
  async reread(): Promise<HeldSession | null> {
    const before = this.#held;
    const text = await this.#options.shelf.read();
    // There is nothing to read, or something has happened while it was read.
    if (text === undefined || this.#held !== before) return this.#held;
    const stored = parseStored(text);
    if (stored !== null && 'sessionId' in stored) this.#take(stored);
    else if (before !== null) await this.#dropWithReason(before);
    return this.#held;
  }

  /** That it has ended may be read before the other tab, which knows why, is heard. */
  async #dropWithReason(before: HeldSession): Promise<void> {
    await waitWhile(() => this.#held === before, REASON_PATIENCE);
    if (this.#held === before) this.#drop('LOGGED_OUT', true);
  }

  /** A pair that this tab has received. Without Web Locks another tab may have received the same one, or a newer, before. */
  async adopt(session: HeldSession): Promise<void> {
    if (session.sessionId === this.#held?.sessionId && session.count <= this.#held.count) return this.#take(session);
    const event = this.#eventFor(session, false);
    this.#hold(session);
    const written = this.#options.shelf.write(JSON.stringify(this.#storable(session)));
    this.#tabs.tell({ type: 'PAIR', session });
    this.emit(event);
    await written;
  }

  /** The CSRF token was asked for again. */
  learn(csrfToken: string | null): void {
    if (this.#held !== null) this.#held = { ...this.#held, csrfToken };
  }

  /**
   * Ends it here and in the other tabs.
   *
   * @returns whether what is owed is written down.
   */
  async end(reason: LogoutReason, owed: OwedLogout | null): Promise<boolean> {
    const held = this.#held;
    if (held === null) return false;
    this.#held = null;
    // Told before it is written: the storage does not say why.
    this.#tabs.tell({ type: 'LOGOUT', sessionId: held.sessionId, reason });
    const written = this.#options.shelf.write(owed === null ? null : JSON.stringify(owed));
    this.#drop(reason, false);
    if (await written) return owed !== null;
    // A storage that is full can be emptied.
    if (this.#held === null) await this.#options.shelf.write(null);
    return false;
  }

  /** Reads which logout is owed; undefined where the storage says nothing. */
  async readOwed(): Promise<OwedLogout | null | undefined> {
    const text = await this.#options.shelf.read();
    if (text === undefined) return undefined;
    const stored = parseStored(text);
    return stored !== null && 'owes' in stored ? stored : null;
  }

  /** The server has been told of a logout. */
  async settle(): Promise<void> {
    if ((await this.readOwed()) != null) await this.#options.shelf.write(null);
  }

  /** Waits a moment for a tab that has the access token of the newest pair. */
  async askTabs(patience: number): Promise<void> {
    const held = this.#held;
    if (held === null) return;
    this.#tabs.tell({ type: 'ASK', sessionId: held.sessionId });
    await waitWhile(() => this.#held !== null && this.#held.accessToken === null, patience);
  }

  close(): void {
    this.#listeners.clear();
    this.#tabs.close();
  }

  #hear(message: TabMessage): void {
    if (message.type === 'PAIR') void this.#believe(message.session);
    else if (message.sessionId !== this.#held?.sessionId) return;
    else if (message.type === 'LOGOUT') this.#drop(message.reason, true);
    else if (message.type === 'ANSWER') void this.#keep(message.session);
    else if (this.#held.accessToken !== null) {
      this.#tabs.tell({ type: 'ANSWER', sessionId: message.sessionId, session: this.#held });
    }
  }

  /** Of a login elsewhere the storage knows too. A refresh that has crossed a logout is none. */
  async #believe(session: HeldSession): Promise<void> {
    if (session.sessionId !== this.#held?.sessionId) {
      const text = await this.#options.shelf.read();
      const stored = text === undefined ? session : parseStored(text);
      if (stored === null || !('sessionId' in stored) || stored.sessionId !== session.sessionId) return;
    }
    await this.#keep(session);
  }

  /** Takes a pair from another tab, which has written it down: but not where this one will read. */
  async #keep(session: HeldSession): Promise<void> {
    this.#take(session);
    if (!this.#options.isStorageOfOneTab) return;
    const held = this.#held;
    const stored = parseStored((await this.#options.shelf.read()) ?? null);
    if (held === null || this.#held !== held || stored === null || !('sessionId' in stored)) return;
    if (stored.sessionId === held.sessionId && stored.count < held.count) {
      await this.#options.shelf.write(JSON.stringify(this.#storable(held)));
    }
  }

  #take(session: HeldSession): void {
    const held = this.#held;
    if (held !== null && session.sessionId === held.sessionId) {
      if (session.count < held.count) return;
      if (session.count === held.count) {
        // The storage does not hold what is to stay in memory. Of two keys for one pair, the one that it has is sent.
        const accessToken = held.accessToken ?? session.accessToken;
        this.#held = { ...held, accessToken, idempotencyKey: session.idempotencyKey };
        return;
      }
    }
    const event = this.#eventFor(session, true);
    this.#hold(session);
    if (this.#state !== STARTING) this.emit(event);
  }

  #hold(session: HeldSession): void {
    this.#receivedAt = markAt(this.#options.clock, session.receivedAt);
    this.#held = session;
    if (this.#state === STARTING) return;
    const { sessionId, user } = this.#state;
    if (sessionId !== session.sessionId || JSON.stringify(user) !== JSON.stringify(session.user)) {
      this.#state = stateOf(session, null);
    }
  }

  #drop(reason: LogoutReason, isElsewhere: boolean): void {
    this.#held = null;
    if (this.#state === STARTING) return;
    this.#state = stateOf(null, reason);
    this.emit({ type: 'LOGGED_OUT', reason, isElsewhere });
  }

  #eventFor(session: HeldSession, isElsewhere: boolean): AuthEvent {
    return { type: session.sessionId === this.#held?.sessionId ? 'REFRESHED' : 'LOGGED_IN', isElsewhere };
  }

  #storable(session: HeldSession): HeldSession {
    return this.#options.keepsAccessTokenInMemory ? { ...session, accessToken: null } : session;
  }
}

/** As uncaught: the fault is the listener's, and what happens to the session goes on. */
function report(error: unknown): void {
  if (typeof reportError === 'function') return reportError(error);
  setTimeout(() => {
    throw error;
  });
}

async function waitWhile(isSo: () => boolean, patience: number): Promise<void> {
  const step = 10;
  for (let waited = 0; waited < patience && isSo(); waited += step) {
    await new Promise((resolve) => setTimeout(resolve, step));
  }
}

/** The id of the pair that is held, for whoever wants to see whether it is still the same. */
export function heldPairId(keeper: SessionKeeper): string | null {
  return keeper.held === null ? null : pairIdOf(keeper.held);
}

function stateOf(held: HeldSession | null, reason: LogoutReason | null): AuthState {
  return held === null
    ? { status: 'LOGGED_OUT', user: null, sessionId: null, reason }
    : { status: 'LOGGED_IN', user: held.user, sessionId: held.sessionId, reason: null };
}
