/**
 * Where a session is kept. `localStorage` is one, and so is React Native's `AsyncStorage`. Tabs that share it share the
 * session.
 */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** How a pair reaches the client. */
export type TokenDelivery = 'BODY' | 'COOKIES' | 'REFRESH_COOKIE';

/** Who is logged in, as the server said with the last pair. */
export interface AuthUser {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly string[];
}

/** A session, with the newest pair of it that is known. What stands in a cookie is null. */
export interface HeldSession {
  readonly version: 1;
  readonly sessionId: string;
  /** Counts the pairs of the session, so that a newer one can be told. */
  readonly count: number;
  readonly user: AuthUser;
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly csrfToken: string | null;
  /**
   * Of the pair's exchange. It is made with the pair and kept with it, so that all tabs, and a page that is reloaded, send the
   * same one, without having to agree on it.
   */
  readonly idempotencyKey: string;
  /** By the wall clock of this machine, which need not be right: only differences are taken of it. */
  readonly receivedAt: number;
  /** Milliseconds. */
  readonly accessLifetime: number;
  /** Milliseconds. */
  readonly refreshLifetime: number;
}

/** Names a pair. Tabs that got the same one in different ways name it alike. */
export function pairIdOf({ sessionId, count }: HeldSession): string {
  return `${sessionId}.${count}`;
}

/** A logout that the server has not been told of. Only cookies leave one behind: a script cannot delete them. */
export interface OwedLogout {
  readonly version: 1;
  readonly owes: 'SESSION' | 'ALL_SESSIONS';
  readonly csrfToken: string | null;
}

/** An entry of the storage. The session goes on when the storage fails, as one does that is full or forbidden. */
export interface Shelf {
  /** @returns undefined where nothing can be said: it cannot be read, or has not taken what was written last. */
  read(): Promise<string | null | undefined>;
  /** @returns whether it is written. */
  write(value: string | null): Promise<boolean>;
}

export function createShelf(storage: TokenStorage, key: string): Shelf {
  let written: Promise<boolean> = Promise.resolve(true);
  const attempt = async (value: string | null): Promise<boolean> => {
    try {
      await (value === null ? storage.removeItem(key) : storage.setItem(key, value));
      return true;
    } catch {
      return false;
    }
  };
  return {
    async read() {
      if (!(await written)) return undefined;
      try {
        return await storage.getItem(key);
      } catch {
        return undefined;
      }
    },
    write: async (value) => (written = attempt(value)),
  };
}

/** What an entry says; null where it is none of ours. */
export function parseStored(text: string | null): HeldSession | OwedLogout | null {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<HeldSession & OwedLogout> | null;
    const isOurs = value?.version === 1 && (typeof value.sessionId === 'string' || typeof value.owes === 'string');
    return isOurs ? (value as HeldSession | OwedLogout) : null;
  } catch {
    return null;
  }
}

/** Keeps for as long as the page lives. */
export function memoryStorage(): TokenStorage {
  const entries = new Map<string, string>();
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => entries.set(key, value),
    removeItem: (key) => entries.delete(key),
  };
}

/** Whether every tab has one of these for itself: `sessionStorage`, which a tab that is duplicated begins with a copy of. */
export function isOfOneTab(storage: TokenStorage): boolean {
  try {
    return storage === globalThis.sessionStorage;
  } catch {
    return false;
  }
}

/** A page's own, where it may be used. A server's runtime may have one too, which is that of all its users. */
export function browserStorage(): TokenStorage | null {
  if (typeof document === 'undefined') return null;
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
