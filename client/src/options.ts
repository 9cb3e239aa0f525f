import { type Clock, systemClock } from './clock.ts';
import type { Locks } from './lock.ts';
import { SessionKeeper } from './session-keeper.ts';
import {
  browserStorage,
  createShelf,
  isOfOneTab,
  memoryStorage,
  type Shelf,
  type TokenDelivery,
  type TokenStorage,
} from './storage.ts';
import { NO_TABS, openTabs } from './tabs.ts';
import type { Transport } from './transport.ts';

/** What `createAuthClient` needs, and every setting. */
export interface AuthClientOptions {
  /** Of the GraphQL endpoint, such as `https://api.example.com/graphql`. In a browser it may be a path. */
  readonly url: string;
  /** How pairs are to reach this client; by default in the body of the answer. */
  readonly delivery?: TokenDelivery;
  /**
   * Where the session is kept. By default: with cookies, on a page, in `localStorage`, which then holds no token; else in
   * memory, so that it ends with the page.
   */
  readonly storage?: TokenStorage;
  /** Of the entries in the storage, the locks and the channel; by default `graphql-simplejwt`. One for each server. */
  readonly name?: string;
  /** Whether there may be other tabs on the same storage; by default so in a browser. */
  readonly isShared?: boolean;
  /** Seconds before its end at which an access token is exchanged; by default 30, and a third of its life at the most. */
  readonly refreshAheadSeconds?: number;
  /** The server's `AUTH_REUSE_LEEWAY`; by default 10. */
  readonly reuseLeewaySeconds?: number;
  /** Seconds that an answer to the kit's own requests may take; by default 10. */
  readonly timeoutSeconds?: number;
  /** Sent along with every request of the kit's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By default the global one. */
  readonly fetch?: typeof fetch;
  /** By default Web Locks, where there are any; null for none. */
  readonly locks?: Locks | null;
  /** By default the machine's. */
  readonly clock?: Clock;
}

/** What the use cases work with. */
export interface Parts {
  readonly url: string;
  readonly name: string;
  readonly delivery: TokenDelivery;
  readonly usesCookies: boolean;
  /** Milliseconds. */
  readonly refreshAhead: number;
  /** Milliseconds. */
  readonly reuseLeeway: number;
  readonly clock: Clock;
  readonly locks: Locks | null;
  readonly transport: Transport;
  readonly keeper: SessionKeeper;
  /** The idempotency key of a refresh by cookies of which nothing else is written down. */
  readonly searchKey: Shelf;
}

export function createParts(options: AuthClientOptions, closing: AbortSignal): Parts {
  const {
    url,
    delivery = 'BODY',
    name = 'graphql-simplejwt',
    isShared = typeof document !== 'undefined',
    refreshAheadSeconds = 30,
    reuseLeewaySeconds = 10,
    timeoutSeconds = 10,
    headers = {},
    clock = systemClock,
    locks = isShared ? webLocks() : null,
  } = options;
  const usesCookies = delivery !== 'BODY';
  const storage = options.storage ?? (usesCookies ? browserStorage() : null) ?? memoryStorage();
  // A browser's fetch must not be called as a method of anything else.
  const fetch: Transport['fetch'] = options.fetch ?? ((...given) => globalThis.fetch(...given));
  return {
    url,
    name,
    delivery,
    usesCookies,
    refreshAhead: refreshAheadSeconds * 1000,
    reuseLeeway: reuseLeewaySeconds * 1000,
    clock,
    locks,
    transport: { url, fetch, headers, patience: timeoutSeconds * 1000, closing },
    keeper: new SessionKeeper({
      shelf: createShelf(storage, name),
      openTabs: (listen) => (isShared ? openTabs(name, listen) : NO_TABS),
      isStorageOfOneTab: isOfOneTab(storage),
      keepsAccessTokenInMemory: delivery === 'REFRESH_COOKIE',
      clock,
    }),
    searchKey: createShelf(storage, `${name}.search`),
  };
}

function webLocks(): Locks | null {
  return typeof navigator === 'undefined' ? null : (navigator.locks ?? null);
}
