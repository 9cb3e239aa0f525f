import type { AuthClient, AuthClientEvent } from 'graphql-simplejwt-client';

/** Something that happened to the tokens while this tab was open. */
export interface HistoryEntry {
  readonly id: number;
  readonly at: Date;
  readonly event: AuthClientEvent;
}

/** The history of the tokens, latest first. */
export interface TokenHistory {
  /** The list stays the same object until something is added, as `useSyncExternalStore` requires. */
  readonly entries: () => readonly HistoryEntry[];
  readonly subscribe: (listen: () => void) => () => void;
}

const LONGEST = 8;

export function recordHistory(auth: AuthClient): TokenHistory {
  let entries: readonly HistoryEntry[] = [];
  let count = 0;
  const listeners = new Set<() => void>();
  auth.subscribe((event) => {
    count += 1;
    entries = [{ id: count, at: new Date(), event }, ...entries].slice(0, LONGEST);
    for (const listen of listeners) listen();
  });
  return {
    entries: () => entries,
    subscribe(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
  };
}
