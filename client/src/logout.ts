import { csrfCookie, credentialsOf, csrfTokenOf, fetchCsrfToken, headersOf, modeOf } from './credentials.ts';
import { LOGOUT, type LogoutResult } from './documents.ts';
import { AuthRequestError, authErrorOf } from './errors.ts';
import type { Parts } from './options.ts';
import type { OwedLogout } from './storage.ts';
import type { LogoutReason } from './tabs.ts';
import { ask, type GraphQLAnswer } from './transport.ts';

/** A logout that the server has to be told of, with the tokens of the session that it ends. */
interface Debt extends OwedLogout {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
}

type LogoutAnswer = GraphQLAnswer<{ readonly result: LogoutResult | null }>;

const NOTHING_ENDED: LogoutResult = { endedSessions: 0, endedSessionIds: [] };

/** Logs out here and in all tabs at once, and tells the server as soon as it can be reached. */
export class Leaving {
  readonly #parts: Parts;
  #debt: Debt | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get isOwed(): boolean {
    return this.#debt !== null;
  }

  /** Takes over what was found in the storage. */
  owe(owed: OwedLogout): void {
    this.#debt = { ...owed, accessToken: null, refreshToken: null };
  }

  async leave(reason: LogoutReason, owes: OwedLogout['owes']): Promise<LogoutResult | null> {
    const { keeper, usesCookies } = this.#parts;
    const held = await keeper.reread();
    if (held === null) return NOTHING_ENDED;
    const owed: OwedLogout = { version: 1, owes, csrfToken: csrfTokenOf(this.#parts) };
    this.#debt = { ...owed, accessToken: held.accessToken, refreshToken: held.refreshToken };
    // Of tokens nothing is left behind: whoever finds them could use them.
    await keeper.end(reason, usesCookies ? owed : null);
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
    try {
      const answer = await this.#tell(debt);
      if (this.#debt === debt) this.#debt = null;
      await this.#parts.keeper.settle();
      return answer.data?.result ?? null;
    } catch {
      return null;
    }
  }

  /** Ends all of the user's sessions but this one. */
  async leaveOthers(): Promise<LogoutResult> {
    const input = { scope: 'OTHER_SESSIONS' };
    const answer: LogoutAnswer = await ask(this.#parts.transport, LOGOUT, { input }, credentialsOf(this.#parts));
    if (answer.data?.result == null) throw new AuthRequestError(answer.errors ?? []);
    return answer.data.result;
  }

  async #tell({ owes, accessToken, refreshToken, csrfToken }: Debt): Promise<LogoutAnswer> {
    const parts = this.#parts;
    const input = { scope: owes, ...(refreshToken === null ? {} : { refreshToken }) };
    const send = async (csrf: string | null): Promise<LogoutAnswer> =>
      ask(parts.transport, LOGOUT, { input }, { headers: headersOf(accessToken, csrf), mode: modeOf(parts) });
    const answer = await send(parts.usesCookies ? (csrfCookie(parts) ?? csrfToken) : null);
    return authErrorOf(answer)?.code === 'CSRF_REJECTED' ? send(await fetchCsrfToken(parts)) : answer;
  }
}
