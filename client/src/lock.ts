/** The part of Web Locks that is used. */
export interface Locks {
  request<Result>(name: string, options: { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>;
}

/**
 * Does one piece of work at a time in all tabs. A tab that never lets go (it may be frozen) is waited for no longer than
 * `patience`. Without Web Locks the work is done at once: the key that the tabs share makes the server answer them alike.
 */
export async function inTurn<Result>(
  locks: Locks | null,
  name: string,
  patience: number,
  work: () => Promise<Result>,
): Promise<Result> {
  if (locks === null) return work();
  const waiting = new AbortController();
  let hasBegun = false;
  const timer = setTimeout(() => waiting.abort(), patience);
  try {
    return await locks.request(name, { signal: waiting.signal }, async () => {
      hasBegun = true;
      clearTimeout(timer);
      return work();
    });
  } catch (error) {
    if (hasBegun) throw error;
    return work();
  } finally {
    clearTimeout(timer);
  }
}
