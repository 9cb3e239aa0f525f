import { BackOff } from './back-off.ts';
import { csrfCookie } from './credentials.ts';
import { REFRESH } from './documents.ts';
import { AuthRequestError } from './errors.ts';
import { inCookieTurn, inTurn } from './lock.ts';
import type { Leaving } from './logout.ts';
import { openSession } from './open-session.ts';
import type { Parts } from './options.ts';
import { randomKey } from './random-key.ts';

/** Finds the session that was kept. Where the storage or the server cannot say, it can look again. */
export class Resuming {
  readonly backOff: BackOff;
  readonly #parts: Parts;
  readonly #leaving: Leaving;
  #isUnread = true;
  #areCookiesUnknown: boolean;
  #idempotencyKey: string | null = null;
  #looking: Promise<void> | null = null;

  constructor(parts: Parts, leaving: Leaving) {
    this.#parts = parts;
    this.#leaving = leaving;
    this.backOff = new BackOff(parts.clock);
    this.#areCookiesUnknown = parts.usesCookies;
    parts.keeper.subscribe(({ type }) => {
      if (type === 'LOGGED_IN') this.#finish();
    });
  }

  /** Whether it is still to be found out. */
  get isPending(): boolean {
    return this.#isUnread || this.#areCookiesUnknown;
  }

  /** Looks, once at a time. Never rejects. */
  async run(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => this.backOff.fail(error))
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  /** Waits until nobody looks, or what is found late would take the place of a session that is opened meanwhile. */
  async whenIdle(): Promise<void> {
    await this.#looking;
  }

  async #look(): Promise<void> {
    if (this.#isUnread) await this.#read();
    if (this.#areCookiesUnknown) await this.#search();
    if (this.#isUnread) throw new Error('The storage cannot be read.');
  }

  async #read(): Promise<void> {
    const owed = await this.#parts.keeper.start();
    this.#isUnread = owed === undefined;
    if (owed != null) this.#leaving.owe(owed);
    if (owed != null || this.#parts.keeper.held !== null) this.#finish();
  }

  /** The tokens may be in cookies of which nothing is written down: somebody has emptied the storage. */
  async #search(): Promise<void> {
    const parts = this.#parts;
    if (csrfCookie(parts) !== null) await inTurn(parts, () => inCookieTurn(parts, () => this.#exchange()));
    this.#areCookiesUnknown = false;
  }

  async #exchange(): Promise<void> {
    const { keeper, searchKey } = this.#parts;
    const csrfToken = csrfCookie(this.#parts);
    // Another tab may have found them, or lost them, while this one waited its turn.
    if (csrfToken === null || (await keeper.reread()) !== null || (await keeper.readOwed()) != null) return;
    // Held here too, for the storage may not take it.
    this.#idempotencyKey ??= (await searchKey.read()) ?? randomKey();
    const idempotencyKey = this.#idempotencyKey;
    await searchKey.write(idempotencyKey);
    const credentials = { headers: { 'x-csrf-token': csrfToken }, mode: 'include' } as const;
    await openSession(this.#parts, REFRESH, { idempotencyKey }, credentials).catch((error: unknown) => {
      if (!(error instanceof AuthRequestError)) throw error;
    });
    await searchKey.write(null);
  }

  #finish(): void {
    if (this.#areCookiesUnknown) void this.#parts.searchKey.write(null);
    this.#isUnread = false;
    this.#areCookiesUnknown = false;
  }
}
