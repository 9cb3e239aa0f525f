import type { AuthUser, KnownUser } from './storage.ts';
import type { LogoutReason } from './tabs.ts';

/** Who is logged in. The object stays the same until its content changes, as React's `useSyncExternalStore` requires. */
export type AuthState<User extends KnownUser = AuthUser> =
  /** The storage has not been read yet. Wait for `ready` before you render anything that depends on the user. */
  | { readonly status: 'STARTING'; readonly user: null; readonly sessionId: null; readonly reason: null }
  | { readonly status: 'LOGGED_IN'; readonly user: User; readonly sessionId: string; readonly reason: null }
  | {
      readonly status: 'LOGGED_OUT';
      readonly user: null;
      readonly sessionId: null;
      /** Why the session ended; null if nobody was logged in. */
      readonly reason: LogoutReason | null;
    };

/** Something that happened to the session of this client. `isElsewhere` says that another tab did it. */
export type AuthClientEvent =
  /** The stored session has been read. The state is `LOGGED_IN` or `LOGGED_OUT` from now on. */
  | { readonly type: 'STARTED' }
  | { readonly type: 'LOGGED_IN'; readonly isElsewhere: boolean }
  /** The session has a new token pair. */
  | { readonly type: 'REFRESHED'; readonly isElsewhere: boolean }
  /** A refresh got no answer. The session goes on, and the client tries again. */
  | { readonly type: 'REFRESH_FAILED'; readonly error: unknown }
  | { readonly type: 'LOGGED_OUT'; readonly reason: LogoutReason; readonly isElsewhere: boolean };

/** Receives each event, and the state after it. */
export type AuthClientListener<User extends KnownUser = AuthUser> = (
  event: AuthClientEvent,
  state: AuthState<User>,
) => void;
