import { createHmac, type KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import { RateLimitedError } from '../errors.ts';
import type { Budget } from '../settings.ts';
import type { EntityManager } from '../database/tables.ts';
import { forgetTries, takeOne, type TryCounter } from './rate-limit-store.ts';

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
  readonly #key: KeyObject;

  constructor(database: Database, clock: Clock, key: KeyObject) {
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
  async try(limit: Limit, whose: string, countTry: TryCounter): Promise<void> {
    const id = this.#idOf(limit, whose);
    refuseFor(await this.#database.statement((em) => countTry(em, id, this.#clock.now())));
  }

  /** Forgets the failures, in the transaction of the try that has succeeded. */
  async forget(em: EntityManager, limit: Limit, whose: string): Promise<true> {
    await forgetTries(em, this.#idOf(limit, whose));
    return true;
  }

  async #take(limit: Limit, whose: string, budget: Budget): Promise<number> {
    const id = this.#idOf(limit, whose);
    return this.#database.statement((em) => takeOne(em, id, budget, this.#clock.now()));
  }

  #idOf(limit: Limit, whose: string): string {
    return `${limit}:${createHmac('sha256', this.#key).update(`${limit}:${whose}`).digest('base64url')}`;
  }
}

function refuseFor(wait: number): void {
  if (wait > 0) throw new RateLimitedError(Math.ceil(wait / 1_000));
}
