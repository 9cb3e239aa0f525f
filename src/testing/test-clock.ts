import { type Clock, systemClock } from '../clock.ts';

/** A clock that stands still until a test moves it. It begins at the time of the machine. */
export class TestClock implements Clock {
  #wall = systemClock.now();
  #monotonic = systemClock.monotonic();
  readonly #settle: () => Promise<void>;

  /** @param settle - waits until the library has noticed that time has passed. */
  constructor(settle: () => Promise<void>) {
    this.#settle = settle;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Lets so many milliseconds pass, and waits until the library has noticed. */
  async advance(milliseconds: number): Promise<void> {
    this.#wall += milliseconds;
    this.#monotonic += milliseconds;
    await this.#settle();
  }
}
