import { BackOff } from './back-off.ts';
import { csrfTokenOf, fetchCsrfToken, findCsrfToken, headersOf, modeOf } from './credentials.ts';
import { LOGOUT, type LogoutResult } from './documents.ts';
import { authErrorOf } from './errors.ts';
import { withCookieLock } from './lock.ts';
import type { ClientServices } from './services.ts';
import type { PendingLogout } from './storage.ts';
import type { LogoutReason } from './tabs.ts';
import { ask, expectResult, type GraphQLAnswer, type ResultAnswer } from './transport.ts';

/** A logout that the server has to be told of, with the tokens of the session that it ends. */
interface UnsentLogout extends PendingLogout {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** Whether it is stored too. If so, the storage shows whether another tab has sent it or has logged in. */
  isStored: boolean;
  sending: Promise<LogoutResult | null> | null;
}

type LogoutAnswer = GraphQLAnswer<ResultAnswer<LogoutResult>>;

const NOTHING_ENDED: LogoutResult = { endedSessions: 0, endedSessionIds: [] };

/** Logs out here and in all tabs at once, and tells the server as soon as it can be reached. */
export class Logout {
  readonly backOff = new BackOff();
  readonly #services: ClientServices;
  #unsent: UnsentLogout | null = null;

  constructor(services: ClientServices) {
    this.#services = services;
    // After a login the cookies belong to the new session, which must not be ended in place of the old one.
    services.store.subscribe(({ type }) => {
      if (type === 'LOGGED_IN' && services.usesCookies) this.#unsent = null;
    });
  }

  /** Whether the server has not been told of the last logout. */
  get isPending(): boolean {
    return this.#unsent !== null;
  }

  /** Takes over a logout that was found in the storage. */
  adoptStored(pending: PendingLogout): void {
    this.#queue({ ...pending, accessToken: null, refreshToken: null, isStored: true, sending: null });
  }

  /** @returns null if the server cannot be reached now. It is told later. */
  async run(reason: LogoutReason, logoutScope: PendingLogout['logoutScope']): Promise<LogoutResult | null> {
    const { store, usesCookies } = this.#services;
    const session = await store.reload();
    if (session === null) return NOTHING_ENDED;
    const { accessToken, refreshToken } = session;
    const pending: PendingLogout = { version: 1, logoutScope, csrfToken: csrfTokenOf(this.#services) };
    const unsent = this.#queue({ ...pending, accessToken, refreshToken, isStored: false, sending: null });
    // A token is never left in the storage: whoever finds it could use it.
    unsent.isStored = await store.end(reason, usesCookies ? pending : null);
    return this.sendPending();
  }

  /**
   * Tells the server of the last logout.
   *
   * @returns null if the server cannot be reached, or there is nothing to tell.
   */
  async sendPending(): Promise<LogoutResult | null> {
    const unsent = this.#unsent;
    if (unsent === null) return null;
    unsent.sending ??= this.#send(unsent).finally(() => (unsent.sending = null));
    return unsent.sending;
  }

  /** Before a login, also sends a logout that a closed tab left in the storage. */
  async sendStored(): Promise<void> {
    const { store, usesCookies } = this.#services;
    const found = usesCookies && !this.isPending ? await store.readPendingLogout() : null;
    if (found != null) this.adoptStored(found);
    await this.sendPending();
  }

  #queue(unsent: UnsentLogout): UnsentLogout {
    this.backOff.succeed();
    this.#unsent = unsent;
    return unsent;
  }

  async #send(unsent: UnsentLogout): Promise<LogoutResult | null> {
    try {
      const result = await withCookieLock(this.#services, () => this.#sendUnderLock(unsent));
      if (this.#unsent === unsent) this.#unsent = null;
      return result;
    } catch {
      this.backOff.fail();
      return null;
    }
  }

  /** @returns null if the server need not be told any more. */
  async #sendUnderLock(unsent: UnsentLogout): Promise<LogoutResult | null> {
    const services = this.#services;
    if (!(await this.#isStillPending(unsent))) return null;
    let answer = await this.#post(
      unsent,
      services.usesCookies ? (unsent.csrfToken ?? (await findCsrfToken(services))) : null,
    );
    if (authErrorOf(answer)?.code === 'CSRF_REJECTED') {
      const csrfToken = await fetchCsrfToken(services);
      if (!(await this.#isStillPending(unsent))) return null;
      answer = await this.#post(unsent, csrfToken);
    }
    const result = expectResult(answer);
    await services.store.clearPendingLogout();
    return result;
  }

  /** False if another tab has told the server, or somebody has logged in. */
  async #isStillPending(unsent: UnsentLogout): Promise<boolean> {
    if (!unsent.isStored) return this.#unsent === unsent;
    const stored = await this.#services.store.readPendingLogout();
    if (stored === undefined) throw new Error('The storage cannot be read.');
    // The logout of another session is sent by the tab that stored it.
    return stored?.csrfToken === unsent.csrfToken && this.#unsent === unsent;
  }

  async #post(
    { logoutScope, accessToken, refreshToken }: UnsentLogout,
    csrfToken: string | null,
  ): Promise<LogoutAnswer> {
    const input = { scope: logoutScope, ...(refreshToken === null ? {} : { refreshToken }) };
    const credentials = { headers: headersOf(accessToken, csrfToken), mode: modeOf(this.#services) };
    return ask(this.#services.transport, LOGOUT, { input }, credentials);
  }
}
