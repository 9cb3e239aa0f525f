import { type Clock, systemClock } from './clock.ts';
import type { Locks } from './lock.ts';
import { USER_FIELDS } from './documents.ts';
import type { AuthClientOptions } from './options.ts';
import { SessionStore } from './session-store.ts';
import {
  browserStorage,
  createStorageEntry,
  isOfOneTab,
  memoryStorage,
  type StorageEntry,
  type TokenDelivery,
} from './storage.ts';
import { NO_TABS, openTabs } from './tabs.ts';
import type { Transport } from './transport.ts';

/** What the operations of one client work with. */
export interface ClientServices {
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
  readonly store: SessionStore;
  /** The idempotency key of a refresh with cookies whose session is not in the storage. */
  readonly restoreKey: StorageEntry;
}

export function createServices(options: AuthClientOptions, closing: AbortSignal): ClientServices {
  const {
    url,
    delivery = 'BODY',
    name = 'graphql-simplejwt',
    isShared = typeof document !== 'undefined',
    refreshAheadSeconds = 30,
    reuseLeewaySeconds = 10,
    timeoutSeconds = 10,
    userFields = USER_FIELDS,
    headers = {},
    clock = systemClock,
    locks = isShared ? webLocks() : null,
  } = options;
  const usesCookies = delivery !== 'BODY';
  const storage = options.storage ?? (usesCookies ? browserStorage() : null) ?? memoryStorage();
  // A browser's fetch must not be called as a method of another object.
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
    transport: {
      url,
      fetch,
      headers,
      userFields,
      timeout: timeoutSeconds * 1000,
      closing,
    },
    store: new SessionStore({
      entry: createStorageEntry(storage, name),
      openTabs: (listen) => (isShared ? openTabs(name, listen) : NO_TABS),
      isStorageOfOneTab: isOfOneTab(storage),
      keepsAccessTokenInMemory: delivery === 'REFRESH_COOKIE',
      clock,
    }),
    restoreKey: createStorageEntry(storage, `${name}.restore`),
  };
}

function webLocks(): Locks | null {
  return typeof navigator === 'undefined' ? null : (navigator.locks ?? null);
}
