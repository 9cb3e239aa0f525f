import type { ClientSession } from './storage.ts';

/** Why a session ended. */
export type LogoutReason =
  /** The user logged out, in this tab or in another one. */
  | 'LOGGED_OUT'
  /** The server ended the session, or it expired. */
  | 'SESSION_ENDED'
  /** Somebody else refreshed with the same token, which is a sign of theft. The session has ended for both. */
  | 'SESSION_TAKEN';

/** A message between tabs. */
export type TabMessage =
  | { readonly type: 'PAIR'; readonly session: ClientSession }
  | { readonly type: 'LOGOUT'; readonly sessionId: string; readonly reason: LogoutReason }
  /** Asks for the access token of a session. */
  | { readonly type: 'ASK'; readonly sessionId: string }
  | { readonly type: 'ANSWER'; readonly sessionId: string; readonly session: ClientSession };

/** The channel to the other tabs. */
export interface Tabs {
  tell(message: TabMessage): void;
  close(): void;
}

/** The channel of a client that shares its storage with no other tab. */
export const NO_TABS: Tabs = { tell: () => undefined, close: () => undefined };

export function openTabs(name: string, listen: (message: TabMessage) => void): Tabs {
  if (typeof BroadcastChannel === 'undefined') return NO_TABS;
  const channel = new BroadcastChannel(name);
  let isOpen = true;
  channel.addEventListener('message', ({ data }) => {
    if (isOpen) listen(data as TabMessage);
  });
  // An open channel would keep Node from exiting.
  (channel as { unref?: () => void }).unref?.();
  return {
    tell(message) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin only
      if (isOpen) channel.postMessage(message);
    },
    close() {
      isOpen = false;
      channel.close();
    },
  };
}
