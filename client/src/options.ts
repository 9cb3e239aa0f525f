import type { Clock } from './clock.ts';
import type { Locks } from './lock.ts';
import type { TokenDelivery, TokenStorage } from './storage.ts';

/** The options of `createAuthClient`. Only `url` has no default. */
export interface AuthClientOptions {
  /** The URL of the GraphQL endpoint, such as `https://api.example.com/graphql`. In a browser it may be a path. */
  readonly url: string;
  /**
   * How token pairs reach this client. Cookies need a browser.
   * @defaultValue `'BODY'`
   */
  readonly delivery?: TokenDelivery;
  /**
   * Where the session is stored.
   * @defaultValue `localStorage` on a page with cookies, where it holds no token; otherwise memory, so that the session ends
   * with the page
   */
  readonly storage?: TokenStorage;
  /**
   * The name of the storage entries, the locks and the channel. Each server needs a name of its own.
   * @defaultValue `'graphql-simplejwt'`
   */
  readonly name?: string;
  /**
   * Whether other tabs may use the same storage.
   * @defaultValue `true` in a browser
   */
  readonly isShared?: boolean;
  /**
   * Seconds before its `exp` at which an access token is exchanged, but at most a third of its lifetime.
   * @defaultValue `30`
   */
  readonly refreshAheadSeconds?: number;
  /**
   * The server's `AUTH_REUSE_LEEWAY`, in seconds.
   * @defaultValue `10`
   */
  readonly reuseLeewaySeconds?: number;
  /**
   * Seconds to wait for an answer to the kit's own requests.
   * @defaultValue `10`
   */
  readonly timeoutSeconds?: number;
  /**
   * The fields of `User` that the kit asks for, such as `id name`, if your server has a `User` of its own. `id` must be among them.
   * @defaultValue `'id email roles'`
   */
  readonly userFields?: string;
  /** Headers that are sent with the kit's own requests. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch;
  /**
   * The locks that tabs share; null for none.
   * @defaultValue Web Locks, if there are any
   */
  readonly locks?: Locks | null;
  /** @defaultValue the clocks of the machine */
  readonly clock?: Clock;
}
