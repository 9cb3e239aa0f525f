import { ServiceUnavailableError } from './errors.ts';

/** What an attempt returns if the rows that it was based on have changed, so that it wrote nothing. */
export const CHANGED = Symbol('changed');

const MOST_ATTEMPTS = 3;

/**
 * Runs an attempt that reads, works outside of any transaction (it hashes or signs) and then writes only if what it read
 * is unchanged. If it was changed, the attempt runs again.
 *
 * @throws ServiceUnavailableError if it was changed each time.
 */
export async function retryIfChanged<Result>(attempt: () => Promise<Result | typeof CHANGED>): Promise<Result> {
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts += 1) {
    const result = await attempt();
    if (result !== CHANGED) return result;
  }
  throw new ServiceUnavailableError();
}
