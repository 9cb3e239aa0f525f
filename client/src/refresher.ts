import { BackOff } from './back-off.ts';
import { credentialsOf, csrfTokenOf, fetchCsrfToken, lacksCsrfToken } from './credentials.ts';
import { AuthUnavailableError, authErrorOf, type GraphQLErrorLike } from './errors.ts';
import type { Parts } from './options.ts';
import { refresh } from './refresh.ts';
import { heldPairId } from './session-keeper.ts';
import type { LogoutReason } from './tabs.ts';
import { type Credentials, type GraphQLAnswer, isNothingDone } from './transport.ts';

type Peeked = GraphQLAnswer<object>;

/** Says when a pair has to be exchanged, and sees that this tab does so once at a time. */
export class Refresher {
  readonly backOff: BackOff;
  readonly #parts: Parts;
  readonly #leave: (reason: LogoutReason) => Promise<unknown>;
  #refusedPairId: string | null = null;
  #refreshing: Promise<void> | null = null;

  constructor(parts: Parts, leave: (reason: LogoutReason) => Promise<unknown>) {
    this.#parts = parts;
    this.backOff = new BackOff(parts.clock);
    this.#leave = leave;
  }

  /** Milliseconds until the access token is of no use. */
  get left(): number {
    const { keeper } = this.#parts;
    return (keeper.held?.accessLifetime ?? 0) - keeper.age;
  }

  /** Milliseconds until it is to be exchanged. */
  get untilDue(): number {
    const { keeper, refreshAhead } = this.#parts;
    return this.#isUseless() ? 0 : this.left - Math.min(refreshAhead, (keeper.held?.accessLifetime ?? 0) / 3);
  }

  get isDue(): boolean {
    return this.#parts.keeper.held !== null && this.untilDue <= 0;
  }

  /** The pair that is held will not do, whatever its time says. */
  refuse(): void {
    this.#refusedPairId = heldPairId(this.#parts.keeper);
  }

  /** One at a time; who comes meanwhile waits for the same. */
  async run(): Promise<void> {
    const pairId = heldPairId(this.#parts.keeper);
    if (pairId === null) return;
    this.#refreshing ??= this.#start(pairId).finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  /**
   * Sees that what is held is good for a request.
   *
   * @param begunBy the id of the user who was logged in when the request was begun, if there was one.
   * @throws AuthUnavailableError if it is not, and no answer could be had; or if somebody else is logged in meanwhile.
   */
  async prepare(begunBy: string | null = null): Promise<Credentials> {
    if (this.isDue) {
      try {
        if (this.backOff.isQuiet) throw new AuthUnavailableError(undefined, this.backOff.quietSeconds);
        await this.run();
      } catch (error) {
        // It was ahead of time: what is held will do.
        if (this.#isUseless() || this.left <= 0) throw error;
      }
    }
    if (lacksCsrfToken(this.#parts)) await this.#renewCsrfToken();
    const credentials = credentialsOf(this.#parts);
    if (begunBy !== null && credentials.userId !== null && credentials.userId !== begunBy) {
      throw new AuthUnavailableError(new Error('Somebody else has logged in since it was begun.'));
    }
    return credentials;
  }

  /**
   * Sends a request, and once more where its answer says that this may help and nothing has been done: in the same session.
   *
   * @param peek finds what GraphQL says in an answer.
   * @throws AuthUnavailableError as `prepare` does.
   */
  async attempt<Answer>(
    send: (used: Credentials) => Promise<Answer>,
    peek: (answer: Answer) => Peeked | Promise<Peeked>,
  ): Promise<Answer> {
    const used = await this.prepare(this.#parts.keeper.held?.user.id);
    const answer = await send(used);
    const { errors, data } = await peek(answer);
    if (!this.isWorthRetrying(errors, used) || !isNothingDone(data)) return answer;
    const again = await this.prepare();
    return again.userId === used.userId ? send(again) : answer;
  }

  /** Whether a request that was answered with these errors may be answered better, when it is prepared anew. */
  isWorthRetrying(errors: readonly GraphQLErrorLike[] | undefined, used: Credentials): boolean {
    const { keeper, delivery, usesCookies } = this.#parts;
    // What was asked for in one session is not repeated in another.
    if (used.sessionId === null || used.sessionId !== keeper.held?.sessionId) return false;
    // Of another API than GraphQL's they may be anything.
    for (const details of Array.isArray(errors) ? errors.map(authErrorOf) : []) {
      if (details?.code === 'CSRF_REJECTED') {
        keeper.learn(null);
        return usesCookies && csrfTokenOf(this.#parts) === null;
      }
      if (details?.code !== 'UNAUTHENTICATED') continue;
      if (used.pairId !== heldPairId(keeper)) return true;
      if (details.refreshable) this.refuse();
      // With a token of a session that has ended, or without the cookies, only a login helps.
      else if (details.reason !== 'TOKEN_MISSING' || delivery === 'COOKIES') void keeper.end('SESSION_ENDED', null);
      return details.refreshable;
    }
    return false;
  }

  async #start(pairId: string): Promise<void> {
    const { keeper } = this.#parts;
    try {
      await refresh(
        {
          ...this.#parts,
          isGood: () => !this.#isUseless() && this.left > 0,
          credentials: () => credentialsOf(this.#parts),
          renewCsrfToken: () => this.#renewCsrfToken(),
          leave: async (reason) => void (await this.#leave(reason)),
        },
        pairId,
      );
      this.backOff.succeed();
    } catch (error) {
      this.backOff.fail(error);
      keeper.emit({ type: 'REFRESH_FAILED', error });
      throw error;
    }
  }

  /** Whether the access token was refused, or is not there though there is one. */
  #isUseless(): boolean {
    const { keeper, delivery } = this.#parts;
    if (keeper.held === null) return false;
    const isMissing = delivery !== 'COOKIES' && keeper.held.accessToken === null;
    return isMissing || heldPairId(keeper) === this.#refusedPairId;
  }

  async #renewCsrfToken(): Promise<void> {
    const { keeper } = this.#parts;
    const sessionId = keeper.held?.sessionId;
    const csrfToken = await fetchCsrfToken(this.#parts);
    // Where another tab has logged in meanwhile, the cookies are those of its session.
    if ((await keeper.reread())?.sessionId === sessionId) keeper.learn(csrfToken);
  }
}
