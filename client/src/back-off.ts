import type { Clock } from './clock.ts';
import { AuthUnavailableError } from './errors.ts';

const FIRST_WAIT = 500;

/** Says when something that has failed is to be tried again. */
export class BackOff {
  readonly #clock: Clock;
  #failures = 0;
  #quietUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds between two attempts. */
  get wait(): number {
    return FIRST_WAIT * 2 ** this.#failures;
  }

  /** Seconds for which the server has asked to be left alone. */
  get quietSeconds(): number {
    return Math.max(0, Math.ceil((this.#quietUntil - this.#clock.monotonic()) / 1000));
  }

  get isQuiet(): boolean {
    return this.quietSeconds > 0;
  }

  succeed(): void {
    this.#failures = 0;
  }

  fail(error: unknown): void {
    this.#failures += 1;
    const seconds = error instanceof AuthUnavailableError ? error.retryAfterSeconds : null;
    if (seconds !== null) this.#quietUntil = this.#clock.monotonic() + seconds * 1000;
  }
}
