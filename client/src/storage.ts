/**
 * Where the session is stored. `localStorage` implements it, and so does React Native's `AsyncStorage`. Tabs with the same
 * storage share the session.
 */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** How a token pair reaches the client. */
export type TokenDelivery = 'BODY' | 'COOKIES' | 'REFRESH_COOKIE';

/** What the kit itself needs of a user. */
export interface KnownUser {
  readonly id: string;
}

/** The user who is logged in, as the server described it with the last pair. */
export interface AuthUser extends KnownUser {
  readonly email: string;
  readonly roles: readonly string[];
}

/** A session with its newest known pair. A token that is in a cookie is null. */
export interface ClientSession {
  readonly version: 1;
  readonly sessionId: string;
  /** The number of the pair within the session. Of two pairs, the higher number is the newer one. */
  readonly count: number;
  readonly user: AuthUser;
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly csrfToken: string | null;
  /**
   * The idempotency key for the exchange of this pair. It is made and stored with the pair, so all tabs, and a page that is
   * reloaded, send the same key without an agreement.
   */
  readonly idempotencyKey: string;
  /** Milliseconds since 1970, by the clock of this machine. Only differences of it are used, so the clock may be wrong. */
  readonly receivedAt: number;
  /** Milliseconds. */
  readonly accessLifetime: number;
  /** Milliseconds. */
  readonly refreshLifetime: number;
}

/** Identifies a pair. Tabs that received the same pair in different ways compute the same id. */
export function pairIdOf({ sessionId, count }: ClientSession): string {
  return `${sessionId}.${count}`;
}

/** A logout that the server has not been told of. Only cookies need it, because a script cannot delete them. */
export interface PendingLogout {
  readonly version: 1;
  readonly logoutScope: 'SESSION' | 'ALL_SESSIONS';
  readonly csrfToken: string | null;
}

/** One entry of a storage. A storage that fails (it is full, or forbidden) does not end the session. */
export interface StorageEntry {
  /** @returns undefined if it cannot be read, or did not take the last value. */
  read(): Promise<string | null | undefined>;
  /** @returns whether the value is stored. */
  write(value: string | null): Promise<boolean>;
}

export function createStorageEntry(storage: TokenStorage, key: string): StorageEntry {
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

/** Parses an entry; null if this kit did not write it. */
export function parseEntry(text: string | null): ClientSession | PendingLogout | null {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<ClientSession & PendingLogout> | null;
    const isOurs =
      value?.version === 1 && (typeof value.sessionId === 'string' || typeof value.logoutScope === 'string');
    return isOurs ? (value as ClientSession | PendingLogout) : null;
  } catch {
    return null;
  }
}

/** A storage that lasts as long as the page. */
export function memoryStorage(): TokenStorage {
  const entries = new Map<string, string>();
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => entries.set(key, value),
    removeItem: (key) => entries.delete(key),
  };
}

/** Whether each tab has a storage of its own. A duplicated tab begins with a copy of `sessionStorage`. */
export function isOfOneTab(storage: TokenStorage): boolean {
  try {
    return storage === globalThis.sessionStorage;
  } catch {
    return false;
  }
}

/** The page's `localStorage`, if it may be used. A server's runtime may have one too, but all its users share it. */
export function browserStorage(): TokenStorage | null {
  if (typeof document === 'undefined') return null;
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
