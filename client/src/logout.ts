import { BackOff } from './back-off.ts';
import { csrfCookie, csrfTokenOf, fetchCsrfToken, headersOf, modeOf } from './credentials.ts';
import { LOGOUT, type LogoutResult } from './documents.ts';
import { AuthRequestError, authErrorOf } from './errors.ts';
import { inCookieTurn } from './lock.ts';
import type { Parts } from './options.ts';
import type { OwedLogout } from './storage.ts';
import type { LogoutReason } from './tabs.ts';
import { ask, type GraphQLAnswer } from './transport.ts';

/** A logout that the server has to be told of, with the tokens of the session that it ends. */
interface Debt extends OwedLogout {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** Whether it stands in the storage too, so that whoever has told the server, or has logged in, is seen there. */
  isWritten: boolean;
  telling: Promise<LogoutResult | null> | null;
}

/** What the server says about a logout. */
export type LogoutAnswer = GraphQLAnswer<{ readonly result: LogoutResult | null }>;

const NOTHING_ENDED: LogoutResult = { endedSessions: 0, endedSessionIds: [] };

/** Logs out here and in all tabs at once, and tells the server as soon as it can be reached. */
export class Leaving {
  readonly backOff: BackOff;
  readonly #parts: Parts;
  #debt: Debt | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.backOff = new BackOff(parts.clock);
    // The cookies are those of another session now, which must not be ended in place of the one before.
    parts.keeper.subscribe(({ type }) => {
      if (type === 'LOGGED_IN' && parts.usesCookies) this.#debt = null;
    });
  }

  get isOwed(): boolean {
    return this.#debt !== null;
  }

  /** Takes over what was found in the storage. */
  owe(owed: OwedLogout): void {
    this.#owe({ ...owed, accessToken: null, refreshToken: null, isWritten: true, telling: null });
  }

  async leave(reason: LogoutReason, owes: OwedLogout['owes']): Promise<LogoutResult | null> {
    const { keeper, usesCookies } = this.#parts;
    const held = await keeper.reread();
    if (held === null) return NOTHING_ENDED;
    const { accessToken, refreshToken } = held;
    const owed: OwedLogout = { version: 1, owes, csrfToken: csrfTokenOf(this.#parts) };
    const debt = this.#owe({ ...owed, accessToken, refreshToken, isWritten: false, telling: null });
    // Of tokens nothing is left behind: whoever finds them could use them.
    debt.isWritten = await keeper.end(reason, usesCookies ? owed : null);
    return this.settle();
  }

  /**
   * Tells the server.
   *
   * @returns null if it cannot be reached, or has nothing to be told.
   */
  async settle(): Promise<LogoutResult | null> {
    const debt = this.#debt;
    if (debt === null) return null;
    debt.telling ??= this.#pay(debt).finally(() => (debt.telling = null));
    return debt.telling;
  }

  /** The same, before somebody logs in, of what a tab owes that may be gone. */
  async settleFound(): Promise<void> {
    const { keeper, usesCookies } = this.#parts;
    const found = usesCookies && !this.isOwed ? await keeper.readOwed() : null;
    if (found != null) this.owe(found);
    await this.settle();
  }

  #owe(debt: Debt): Debt {
    this.backOff.succeed();
    this.#debt = debt;
    return debt;
  }

  async #pay(debt: Debt): Promise<LogoutResult | null> {
    try {
      const result = await inCookieTurn(this.#parts, () => this.#tell(debt));
      if (this.#debt === debt) this.#debt = null;
      return result;
    } catch (error) {
      this.backOff.fail(error);
      return null;
    }
  }

  /** @returns null if there is nothing to be told any more. */
  async #tell(debt: Debt): Promise<LogoutResult | null> {
    const parts = this.#parts;
    if (!(await this.#isStillOwed(debt))) return null;
    let answer = await this.#send(debt, parts.usesCookies ? (debt.csrfToken ?? csrfCookie(parts)) : null);
    if (authErrorOf(answer)?.code === 'CSRF_REJECTED') {
      const csrfToken = await fetchCsrfToken(parts);
      if (!(await this.#isStillOwed(debt))) return null;
      answer = await this.#send(debt, csrfToken);
    }
    const result = expectResult(answer);
    await parts.keeper.settle();
    return result;
  }

  /** Not if another tab has told it, or somebody has logged in. */
  async #isStillOwed(debt: Debt): Promise<boolean> {
    if (!debt.isWritten) return this.#debt === debt;
    const written = await this.#parts.keeper.readOwed();
    if (written === undefined) throw new Error('The storage cannot be read.');
    // That of another session is told by whoever owes it.
    return written?.csrfToken === debt.csrfToken && this.#debt === debt;
  }

  async #send({ owes, accessToken, refreshToken }: Debt, csrfToken: string | null): Promise<LogoutAnswer> {
    const { transport } = this.#parts;
    const input = { scope: owes, ...(refreshToken === null ? {} : { refreshToken }) };
    const credentials = { headers: headersOf(accessToken, csrfToken), mode: modeOf(this.#parts) };
    return ask(transport, LOGOUT, { input }, credentials);
  }
}

/** @throws AuthRequestError if the server has not done it. */
export function expectResult({ data, errors = [] }: LogoutAnswer): LogoutResult {
  if (data?.result == null) throw new AuthRequestError(errors);
  return data.result;
}
