import { randomUUID } from 'node:crypto';
import {
  type AuthClient,
  type AuthClientOptions,
  type AuthClientEvent,
  createAuthClient,
  type TokenStorage,
} from '../../src/index.ts';

/** A browser. Its tabs share a storage, Web Locks and a channel. */
export interface Browser {
  readonly storage: TokenStorage;
  readonly entries: Map<string, string>;
  openTab(options?: Partial<AuthClientOptions>): Tab;
}

export interface Tab extends AuthClient {
  readonly events: readonly AuthClientEvent[];
}

/** Opens browsers for one test, and closes their tabs after it. */
export function useBrowsers(): (options: Omit<AuthClientOptions, 'storage' | 'name'>) => Browser {
  const tabs: AuthClient[] = [];
  afterEach(() => {
    for (const tab of tabs.splice(0)) tab.close();
  });
  return (shared) => {
    const entries = new Map<string, string>();
    const storage: TokenStorage = {
      getItem: (key) => entries.get(key) ?? null,
      setItem: (key, value) => entries.set(key, value),
      removeItem: (key) => entries.delete(key),
    };
    const name = `test-${randomUUID()}`;
    return {
      storage,
      entries,
      openTab(options) {
        const auth = createAuthClient({ isShared: true, ...shared, storage, name, ...options });
        const events: AuthClientEvent[] = [];
        auth.subscribe((event) => void events.push(event));
        tabs.push(auth);
        return Object.assign(auth, { events });
      },
    };
  };
}
