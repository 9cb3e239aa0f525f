import type { AuthClientEvent, AuthState } from './state.ts';
import type { ClientSession, PendingLogout } from './storage.ts';
import type { LogoutReason, TabMessage } from './tabs.ts';

/** Everything that this tab knows of the session. */
export interface ClientState {
  readonly session: ClientSession | null;
  /** What the app sees of it. */
  readonly auth: AuthState;
}

/** Something that changes the state. */
export type ClientChange =
  /** The storage has been read, and the server asked where that was needed. */
  | { readonly type: 'STARTED' }
  /** The server sent a pair to this tab. */
  | { readonly type: 'PAIR_RECEIVED'; readonly session: ClientSession }
  /** A pair was found in the storage, or another tab sent it. */
  | { readonly type: 'PAIR_FOUND'; readonly session: ClientSession }
  | { readonly type: 'CSRF_TOKEN_CHANGED'; readonly csrfToken: string | null }
  /** This tab ended the session. Cookies leave a logout that the server still has to be told of. */
  | { readonly type: 'SESSION_ENDED'; readonly reason: LogoutReason; readonly pendingLogout: PendingLogout | null }
  /** Another tab ended the session. */
  | { readonly type: 'SESSION_ENDED_ELSEWHERE'; readonly reason: LogoutReason };

/** The next state, and what has to be done now, in this order. */
export interface Transition {
  readonly state: ClientState;
  /** Told before it is stored, because the storage does not say why a session ended. */
  readonly tellTabs?: TabMessage;
  readonly store?: ClientSession | PendingLogout | null;
  readonly notify?: AuthClientEvent;
}

export const INITIAL_STATE: ClientState = {
  session: null,
  auth: { status: 'STARTING', user: null, sessionId: null, reason: null },
};

/** Computes the next state and its effects. It is pure: the session store runs the effects. */
export function transition(state: ClientState, change: ClientChange): Transition {
  const { session, auth } = state;
  const isStarting = auth.status === 'STARTING';
  if (change.type === 'STARTED')
    return isStarting ? { state: { session, auth: authOf(session, null) }, notify: { type: 'STARTED' } } : { state };

  if (change.type === 'PAIR_RECEIVED' || change.type === 'PAIR_FOUND') {
    const pair = change.session;
    // Without Web Locks, another tab may have received the same pair, or a newer one, before.
    if (session !== null && session.sessionId === pair.sessionId && pair.count <= session.count) {
      if (pair.count < session.count) return { state };
      // The storage lacks an access token that stays in memory. If tabs made two keys for one pair, the stored key is sent.
      const accessToken = session.accessToken ?? pair.accessToken;
      return { state: { session: { ...session, accessToken, idempotencyKey: pair.idempotencyKey }, auth } };
    }
    const isElsewhere = change.type === 'PAIR_FOUND';
    const type = session?.sessionId === pair.sessionId ? 'REFRESHED' : 'LOGGED_IN';
    return {
      state: { session: pair, auth: isStarting || isShown(auth, pair) ? auth : authOf(pair, null) },
      ...(isElsewhere ? {} : { tellTabs: { type: 'PAIR', session: pair }, store: pair }),
      ...(isElsewhere && isStarting ? {} : { notify: { type, isElsewhere } }),
    };
  }

  if (session === null) return { state };
  if (change.type === 'CSRF_TOKEN_CHANGED')
    return { state: { session: { ...session, csrfToken: change.csrfToken }, auth } };

  const { reason } = change;
  const isElsewhere = change.type === 'SESSION_ENDED_ELSEWHERE';
  const { sessionId } = session;
  return {
    state: { session: null, auth: isStarting ? auth : authOf(null, reason) },
    ...(isElsewhere ? {} : { tellTabs: { type: 'LOGOUT', sessionId, reason }, store: change.pendingLogout }),
    ...(isStarting ? {} : { notify: { type: 'LOGGED_OUT', reason, isElsewhere } }),
  };
}

function isShown({ sessionId, user }: AuthState, pair: ClientSession): boolean {
  return sessionId === pair.sessionId && JSON.stringify(user) === JSON.stringify(pair.user);
}

function authOf(session: ClientSession | null, reason: LogoutReason | null): AuthState {
  return session === null
    ? { status: 'LOGGED_OUT', user: null, sessionId: null, reason }
    : { status: 'LOGGED_IN', user: session.user, sessionId: session.sessionId, reason: null };
}
