import { BackOff } from './back-off.ts';
import { findCsrfToken, hasCsrfCookie } from './credentials.ts';
import { REFRESH } from './documents.ts';
import { AuthRequestError } from './errors.ts';
import { withCookieLock, withLock } from './lock.ts';
import type { Logout } from './logout.ts';
import { openSession } from './open-session.ts';
import { randomKey } from './random-key.ts';
import type { ClientServices } from './services.ts';

/** Restores the stored session. If the storage or the server cannot answer, it can be tried again. */
export class SessionRestorer {
  readonly backOff = new BackOff();
  readonly #services: ClientServices;
  readonly #logout: Logout;
  #isStorageUnread = true;
  #areCookiesUnknown: boolean;
  #idempotencyKey: string | null = null;
  #running: Promise<void> | null = null;

  constructor(services: ClientServices, logout: Logout) {
    this.#services = services;
    this.#logout = logout;
    this.#areCookiesUnknown = services.usesCookies;
    services.store.subscribe(({ type }) => {
      if (type === 'LOGGED_IN') this.#finish();
    });
  }

  /** Whether it is still unknown if there is a session. */
  get isPending(): boolean {
    return this.#isStorageUnread || this.#areCookiesUnknown;
  }

  /** Tries to restore the session. A call meanwhile waits for the first. Never rejects. */
  async run(): Promise<void> {
    this.#running ??= this.#restore()
      .catch(() => this.backOff.fail())
      .finally(() => (this.#running = null));
    return this.#running;
  }

  /** Waits for a running attempt: a session that it finds late would replace one that is opened meanwhile. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  async #restore(): Promise<void> {
    if (this.#isStorageUnread) await this.#restoreFromStorage();
    if (this.#areCookiesUnknown) await this.#restoreFromCookies();
    if (this.#isStorageUnread) throw new Error('The storage cannot be read.');
  }

  async #restoreFromStorage(): Promise<void> {
    const pendingLogout = await this.#services.store.load();
    this.#isStorageUnread = pendingLogout === undefined;
    if (pendingLogout != null) this.#logout.adoptStored(pendingLogout);
    if (pendingLogout != null || this.#services.store.session !== null) this.#finish();
  }

  /** The cookies may hold a session that the storage does not know, because somebody has cleared the storage. */
  async #restoreFromCookies(): Promise<void> {
    const services = this.#services;
    if (hasCsrfCookie(services)) {
      await withLock(services, () => withCookieLock(services, () => this.#refreshByCookie()));
    }
    this.#areCookiesUnknown = false;
  }

  async #refreshByCookie(): Promise<void> {
    const { store, restoreKey } = this.#services;
    // Another tab may have restored the session, or ended it, while this one waited for the lock.
    if ((await store.reload()) !== null || (await store.readPendingLogout()) != null) return;
    const csrfToken = await findCsrfToken(this.#services);
    if (csrfToken === null) return;
    // The key is kept in memory too, because the storage may fail.
    this.#idempotencyKey ??= (await restoreKey.read()) ?? randomKey();
    const idempotencyKey = this.#idempotencyKey;
    await restoreKey.write(idempotencyKey);
    const credentials = { headers: { 'x-csrf-token': csrfToken }, mode: 'include' } as const;
    await openSession(this.#services, REFRESH, { idempotencyKey }, credentials).catch((error: unknown) => {
      if (!(error instanceof AuthRequestError)) throw error;
    });
    await restoreKey.write(null);
  }

  #finish(): void {
    if (this.#areCookiesUnknown) void this.#services.restoreKey.write(null);
    this.#isStorageUnread = false;
    this.#areCookiesUnknown = false;
  }
}
