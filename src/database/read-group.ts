import { nextTurn } from '../timers.ts';
import type { EntityManager } from './tables.ts';

interface Waiting {
  readonly run: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads of a database that has one connection. Those that arrive in one turn of the event loop take the connection once, and run one
 * after another.
 */
export class ReadGroup {
  #waiting: Waiting[] = [];

  async run<T>(em: EntityManager, read: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = () => {
      try {
        resolve(read());
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.push({ run, reject });
    if (this.#waiting.length === 1) nextTurn(() => void this.#runAll(em));
    return promise;
  }

  /** Never throws: what goes wrong is the error of a read. */
  async #runAll(em: EntityManager): Promise<void> {
    try {
      // The connection may be in a transaction of somebody else.
      await em
        .getKysely()
        .connection()
        .execute(async () => {
          for (const { run } of this.#waiting.splice(0)) run();
        });
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
  }
}
