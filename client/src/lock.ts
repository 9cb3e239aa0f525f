/** The part of Web Locks that is used. */
export interface Locks {
  request<Result>(name: string, options: { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>;
}

/** Who takes turns, and what for. */
interface Turns {
  readonly locks: Locks | null;
  readonly name: string;
}

/** Milliseconds for which another tab, which may be frozen, is waited for. */
const PATIENCE = 30_000;

/**
 * Does one piece of work at a time in all tabs. A tab that never lets go (it may be frozen) is not waited for any longer than
 * that. Without Web Locks the work is done at once: the key that the tabs share makes the server answer them alike.
 */
export async function inTurn<Result>({ locks, name }: Turns, work: () => Promise<Result>): Promise<Result> {
  if (locks === null) return work();
  const waiting = new AbortController();
  let hasBegun = false;
  const timer = setTimeout(() => waiting.abort(), PATIENCE);
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

/**
 * A login and a logout that is told late are done in turn, or the one's answer would clear the cookies of the other. It is a
 * turn of its own, for a session may be left in the middle of a refresh.
 */
export async function inCookieTurn<Result>(
  { locks, name, usesCookies }: Turns & { readonly usesCookies: boolean },
  work: () => Promise<Result>,
): Promise<Result> {
  return usesCookies ? inTurn({ locks, name: `${name}.cookies` }, work) : work();
}
