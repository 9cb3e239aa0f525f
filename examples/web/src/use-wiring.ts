import type { AuthState } from 'graphql-simplejwt-client';
import { createContext, use, useCallback, useSyncExternalStore } from 'react';
import type { HistoryEntry } from './token-history.ts';
import type { Wiring } from './wiring.ts';

export const WiringContext = createContext<Wiring | null>(null);

export function useWiring(): Wiring {
  const wiring = use(WiringContext);
  if (wiring === null) throw new Error('There is no WiringContext around this component.');
  return wiring;
}

/** Who is logged in. */
export function useAuthState(): AuthState {
  const { auth } = useWiring();
  const subscribe = useCallback((listen: () => void) => auth.subscribe(listen), [auth]);
  return useSyncExternalStore(subscribe, () => auth.getState());
}

export function useTokenHistory(): readonly HistoryEntry[] {
  const { history } = useWiring();
  return useSyncExternalStore(history.subscribe, history.entries);
}
