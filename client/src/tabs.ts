import type { HeldSession } from './storage.ts';

/** Why nobody is logged in any more. */
export type LogoutReason =
  /** The user wanted it, in this tab or in another. */
  | 'LOGGED_OUT'
  /** The server has ended the session, or its time was over. */
  | 'SESSION_ENDED'
  /** Somebody else had refreshed with the same token. The session has been ended for both. */
  | 'SESSION_TAKEN';

/** What the tabs tell each other. */
export type TabMessage =
  | { readonly type: 'PAIR'; readonly session: HeldSession }
  | { readonly type: 'LOGOUT'; readonly sessionId: string; readonly reason: LogoutReason }
  /** Who has the access token of this session? */
  | { readonly type: 'ASK'; readonly sessionId: string }
  | { readonly type: 'ANSWER'; readonly sessionId: string; readonly session: HeldSession };

/** The way to the other tabs. */
export interface Tabs {
  tell(message: TabMessage): void;
  close(): void;
}

/** Where there are no other tabs. */
export const NO_TABS: Tabs = { tell: () => undefined, close: () => undefined };

export function openTabs(name: string, listen: (message: TabMessage) => void): Tabs {
  if (typeof BroadcastChannel === 'undefined') return NO_TABS;
  const channel = new BroadcastChannel(name);
  let isOpen = true;
  channel.addEventListener('message', ({ data }) => {
    if (isOpen) listen(data as TabMessage);
  });
  // Node would not exit while one is open.
  (channel as { unref?: () => void }).unref?.();
  return {
    tell(message) {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window: its own origin is all it reaches
      if (isOpen) channel.postMessage(message);
    },
    close() {
      isOpen = false;
      channel.close();
    },
  };
}
