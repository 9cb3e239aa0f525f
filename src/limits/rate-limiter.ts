import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { RateLimitedError } from '../errors.ts';
import type { Budget } from '../settings.ts';
import { countTry, type Delay, forgetTries, takeOne } from './rate-limit-store.ts';

/** What is limited. */
export type Limit =
  | 'login'
  | 'register'
  | 'refusal'
  | 'retry'
  | 'account'
  | 'known-address'
  | 'password-change'
  | 'code'
  | 'mail'
  | 'notice';

/** Counts checks of credentials in the database, so that the count holds for all processes and across restarts. */
export class RateLimiter {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #key: Buffer;

  constructor(database: Database, clock: Clock, key: Buffer) {
    this.#database = database;
    this.#clock = clock;
    this.#key = key;
  }

  /** @throws RateLimitedError if nothing is left of the budget. */
  async take(limit: Limit, whose: string, budget: Budget): Promise<void> {
    refuseFor(await this.#take(limit, whose, budget));
  }

  /** Takes one and says whether there was one. */
  async tryTake(limit: Limit, whose: string, budget: Budget): Promise<boolean> {
    return (await this.#take(limit, whose, budget)) === 0;
  }

  /**
   * Counts a try as failed until `forget` is called.
   *
   * @throws RateLimitedError if the delay after the last failure is not over.
   */
  async try(limit: Limit, whose: string, delays: readonly Delay[]): Promise<void> {
    const id = this.#idOf(limit, whose);
    refuseFor(await this.#database.transaction((em) => countTry(em, id, delays, this.#clock.now())));
  }

  /** Forgets the failures, because a try has succeeded. */
  async forget(limit: Limit, whose: string): Promise<void> {
    const id = this.#idOf(limit, whose);
    await this.#database.transaction((em) => forgetTries(em, id));
  }

  async #take(limit: Limit, whose: string, budget: Budget): Promise<number> {
    const id = this.#idOf(limit, whose);
    return this.#database.transaction((em) => takeOne(em, id, budget, this.#clock.now()));
  }

  #idOf(limit: Limit, whose: string): string {
    return `${limit}:${createHmac('sha256', this.#key).update(`${limit}:${whose}`).digest('base64url')}`;
  }
}

function refuseFor(wait: number): void {
  if (wait > 0) throw new RateLimitedError(Math.ceil(wait / 1_000));
}
