/** The part of the Web Locks API that the kit uses. */
export interface Locks {
  request<Result>(name: string, options: { signal: AbortSignal }, work: () => Promise<Result>): Promise<Result>;
}

interface LockOptions {
  readonly locks: Locks | null;
  readonly name: string;
}

/** Milliseconds to wait for another tab, which may be frozen. */
const LOCK_TIMEOUT = 30_000;

/**
 * Runs work in one tab at a time. After the timeout, the work runs without the lock. Without Web Locks it runs at once: the
 * tabs share an idempotency key, so the server gives all of them the same answer.
 */
export async function withLock<Result>({ locks, name }: LockOptions, work: () => Promise<Result>): Promise<Result> {
  if (locks === null) return work();
  const waiting = new AbortController();
  let hasStarted = false;
  const timer = setTimeout(() => waiting.abort(), LOCK_TIMEOUT);
  try {
    return await locks.request(name, { signal: waiting.signal }, async () => {
      hasStarted = true;
      clearTimeout(timer);
      return work();
    });
  } catch (error) {
    if (hasStarted) throw error;
    return work();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs a login or a late logout, one at a time: otherwise the answer of one could clear the cookies of the other. The lock
 * is separate from the lock of refreshes, because a session may end in the middle of a refresh.
 */
export async function withCookieLock<Result>(
  { locks, name, usesCookies }: LockOptions & { readonly usesCookies: boolean },
  work: () => Promise<Result>,
): Promise<Result> {
  return usesCookies ? withLock({ locks, name: `${name}.cookies` }, work) : work();
}
