import type { AuthUser } from './storage.ts';
import type { LogoutReason } from './tabs.ts';

/** Who is logged in. The same object until something of it changes, as React's `useSyncExternalStore` wants it. */
export type AuthState =
  /** The storage has not been read yet. Wait for `ready` before anything is shown. */
  | { readonly status: 'STARTING'; readonly user: null; readonly sessionId: null; readonly reason: null }
  | { readonly status: 'LOGGED_IN'; readonly user: AuthUser; readonly sessionId: string; readonly reason: null }
  | {
      readonly status: 'LOGGED_OUT';
      readonly user: null;
      readonly sessionId: null;
      /** Why; null where nobody was logged in. */
      readonly reason: LogoutReason | null;
    };

/** Something that happened to the session. */
export type AuthEvent =
  /** What was kept has been read: somebody is logged in, or nobody is. */
  | { readonly type: 'STARTED' }
  | { readonly type: 'LOGGED_IN'; readonly isElsewhere: boolean }
  /** There is a new pair. */
  | { readonly type: 'REFRESHED'; readonly isElsewhere: boolean }
  /** The session goes on; the refresh is tried again. */
  | { readonly type: 'REFRESH_FAILED'; readonly error: unknown }
  | { readonly type: 'LOGGED_OUT'; readonly reason: LogoutReason; readonly isElsewhere: boolean };

export const STARTING: AuthState = { status: 'STARTING', user: null, sessionId: null, reason: null };
