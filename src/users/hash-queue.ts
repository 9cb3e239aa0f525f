import pLimit, { type LimitFunction } from 'p-limit';
import { RateLimitedError } from '../errors.ts';

/** How many operations may wait for each that is hashing. */
const WAITING_FOR_EACH = 10;
/** About as long as a full line takes at the default cost of bcrypt. */
const RETRY_AFTER_SECONDS = 3;

/**
 * The line in front of bcrypt. A hash keeps a thread of Node's pool busy for a quarter of a second, and the database and the
 * file system need threads too.
 */
export class HashLine {
  readonly #limit: LimitFunction;
  readonly #most: number;
  #admitted = 0;

  constructor(parallelism: number) {
    this.#limit = pLimit(parallelism);
    this.#most = parallelism * (1 + WAITING_FOR_EACH);
  }

  /**
   * Runs an operation that a request asks for and that will hash. It is counted from its beginning, so that all requests that
   * arrive at once are counted before any of them hashes.
   *
   * @throws RateLimitedError at once if the line is full.
   */
  async admit<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#admitted >= this.#most) throw new RateLimitedError(RETRY_AFTER_SECONDS);
    this.#admitted += 1;
    try {
      return await operation();
    } finally {
      this.#admitted -= 1;
    }
  }

  /** Hashes as soon as a place is free. */
  async hash<T>(work: () => Promise<T>): Promise<T> {
    return this.#limit(work);
  }
}
