const FIRST_WAIT = 500;

/** Says how long to wait before something that has failed is tried again. */
export class BackOff {
  #failures = 0;

  /** Milliseconds between two attempts. */
  get wait(): number {
    return FIRST_WAIT * 2 ** this.#failures;
  }

  succeed(): void {
    this.#failures = 0;
  }

  fail(): void {
    this.#failures += 1;
  }
}
