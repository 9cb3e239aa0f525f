import { BackOff } from './back-off.ts';
import { credentialsOf, csrfTokenOf, fetchCsrfToken, lacksCsrfToken } from './credentials.ts';
import { authErrorOf, AuthUnavailableError, type GraphQLErrorLike } from './errors.ts';
import { refresh } from './refresh.ts';
import type { ClientServices } from './services.ts';
import { heldPairId } from './session-store.ts';
import type { LogoutReason } from './tabs.ts';
import type { Credentials } from './transport.ts';

interface ExaminedAnswer {
  readonly errors: readonly GraphQLErrorLike[] | undefined;
  /** Whether the request may be sent again, because nothing was done. */
  readonly isRepeatable: boolean;
}

/** Decides when the pair has to be exchanged, and runs one refresh at a time. */
export class Refresher {
  readonly backOff = new BackOff();
  readonly #services: ClientServices;
  readonly #logOut: (reason: LogoutReason) => Promise<unknown>;
  #refusedPairId: string | null = null;
  #running: Promise<void> | null = null;

  constructor(services: ClientServices, logOut: (reason: LogoutReason) => Promise<unknown>) {
    this.#services = services;
    this.#logOut = logOut;
  }

  /** Milliseconds until the access token expires. */
  get timeLeft(): number {
    const { store } = this.#services;
    return (store.session?.accessLifetime ?? 0) - store.age;
  }

  /** Milliseconds until the pair has to be exchanged. */
  get timeUntilDue(): number {
    const { store, refreshAhead } = this.#services;
    if (this.#isUnusable()) return 0;
    return this.timeLeft - Math.min(refreshAhead, (store.session?.accessLifetime ?? 0) / 3);
  }

  get isDue(): boolean {
    return this.#services.store.session !== null && this.timeUntilDue <= 0;
  }

  /** Makes a refresh due: the held pair was refused, whatever its lifetime says. */
  markRefused(): void {
    this.#refusedPairId = heldPairId(this.#services.store);
  }

  /** Exchanges the pair. A call during a refresh waits for that refresh. */
  async run(): Promise<void> {
    const pairId = heldPairId(this.#services.store);
    if (pairId === null) return;
    this.#running ??= this.#start(pairId).finally(() => (this.#running = null));
    return this.#running;
  }

  /**
   * Returns credentials for a request, after a refresh if one is due.
   *
   * @param startedBy the id of the user who was logged in when the request was started, if there was one.
   * @throws AuthUnavailableError if the pair cannot be used and no answer arrives, or if another user has logged in since.
   */
  async prepare(startedBy: string | null = null): Promise<Credentials> {
    if (this.isDue) {
      try {
        await this.run();
      } catch (error) {
        // The refresh was early, so the held token still works.
        if (this.#isUnusable() || this.timeLeft <= 0) throw error;
      }
    }
    if (lacksCsrfToken(this.#services)) await this.#renewCsrfToken();
    const credentials = credentialsOf(this.#services);
    if (startedBy !== null && credentials.userId !== null && credentials.userId !== startedBy) {
      throw new AuthUnavailableError(new Error('Another user has logged in since the request was started.'));
    }
    return credentials;
  }

  /**
   * Sends a request. It is sent once more, in the same session, if the answer says that this may help and nothing was done.
   *
   * @param examine finds the errors in whatever `send` returns.
   * @throws AuthUnavailableError as `prepare` does.
   */
  async sendWithRetry<Answer>(
    send: (used: Credentials) => Promise<Answer>,
    examine: (answer: Answer) => ExaminedAnswer | Promise<ExaminedAnswer>,
  ): Promise<Answer> {
    const used = await this.prepare(this.#services.store.session?.user.id);
    const answer = await send(used);
    const { errors, isRepeatable } = await examine(answer);
    if (!this.isWorthRetrying(errors, used) || !isRepeatable) return answer;
    const renewed = await this.prepare();
    return renewed.userId === used.userId ? send(renewed) : answer;
  }

  /** Whether a request that got these errors may succeed once it is prepared again. */
  isWorthRetrying(errors: readonly GraphQLErrorLike[] | undefined, used: Credentials): boolean {
    const { store, delivery, usesCookies } = this.#services;
    // A request of one session is not repeated in another.
    if (used.sessionId === null || used.sessionId !== store.session?.sessionId) return false;
    // The `errors` of an API that is not GraphQL may be anything.
    for (const details of Array.isArray(errors) ? errors.map(authErrorOf) : []) {
      if (details?.code === 'CSRF_REJECTED') {
        store.setCsrfToken(null);
        return usesCookies && csrfTokenOf(this.#services) === null;
      }
      if (details?.code !== 'UNAUTHENTICATED') continue;
      if (used.pairId !== heldPairId(store)) return true;
      if (details.refreshable) this.markRefused();
      // The session has ended, or its cookies are gone: only a login helps.
      else if (details.reason !== 'TOKEN_MISSING' || delivery === 'COOKIES') void store.end('SESSION_ENDED', null);
      return details.refreshable;
    }
    return false;
  }

  async #start(pairId: string): Promise<void> {
    try {
      await refresh(
        {
          ...this.#services,
          isPairUsable: () => !this.#isUnusable() && this.timeLeft > 0,
          credentials: () => credentialsOf(this.#services),
          renewCsrfToken: () => this.#renewCsrfToken(),
          logOut: async (reason) => void (await this.#logOut(reason)),
        },
        pairId,
      );
      this.backOff.succeed();
    } catch (error) {
      this.backOff.fail();
      this.#services.store.emit({ type: 'REFRESH_FAILED', error });
      throw error;
    }
  }

  /** Whether the access token was refused, or only another tab has it. */
  #isUnusable(): boolean {
    const { store, delivery } = this.#services;
    if (store.session === null) return false;
    const isMissing = delivery !== 'COOKIES' && store.session.accessToken === null;
    return isMissing || heldPairId(store) === this.#refusedPairId;
  }

  async #renewCsrfToken(): Promise<void> {
    const { store } = this.#services;
    const sessionId = store.session?.sessionId;
    const csrfToken = await fetchCsrfToken(this.#services);
    // If another tab has logged in meanwhile, the cookies belong to that session.
    if ((await store.reload())?.sessionId === sessionId) store.setCsrfToken(csrfToken);
  }
}
