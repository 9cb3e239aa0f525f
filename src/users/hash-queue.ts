import pLimit, { type LimitFunction } from 'p-limit';
import { RateLimitedError } from '../errors.ts';

/** How many operations may wait for each hash under way. */
const WAITING_PER_HASH = 10;
/** About as long as a full queue takes at the default cost of bcrypt. */
const RETRY_AFTER_SECONDS = 3;

/**
 * The queue in front of bcrypt. A hash keeps a thread of Node's pool busy for a quarter of a second, and the database and the
 * file system need threads too.
 */
export class HashQueue {
  readonly #limit: LimitFunction;
  readonly #most: number;
  #admitted = 0;

  constructor(parallelism: number) {
    this.#limit = pLimit(parallelism);
    this.#most = parallelism * (1 + WAITING_PER_HASH);
  }

  /**
   * Runs an operation that a request asks for and that will hash. It counts from its beginning, because requests
   * that arrive together would otherwise all find the queue empty.
   *
   * @throws RateLimitedError at once if the queue is full.
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
