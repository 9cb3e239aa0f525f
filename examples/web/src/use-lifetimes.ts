import { useEffect, useState } from 'react';
import { useTokenHistory, useWiring } from './use-wiring.ts';

/** The remaining seconds of the two tokens, and their lifetimes when this tab first saw them. */
export interface RunningLifetimes {
  readonly accessToken: number;
  readonly accessTotal: number;
  readonly refreshToken: number;
  readonly refreshTotal: number;
}

const TICK = 500;

/** Updates every second; null if nobody is logged in. */
export function useLifetimes(): RunningLifetimes | null {
  const { auth } = useWiring();
  const newest = useTokenHistory()[0]?.id;
  const [running, setRunning] = useState<RunningLifetimes | null>(null);
  useEffect(() => {
    const tick = () =>
      setRunning((before) => {
        const now = auth.lifetimes();
        if (now === null) return null;
        return {
          ...now,
          accessTotal: Math.max(now.accessToken, before?.accessTotal ?? 0),
          refreshTotal: Math.max(now.refreshToken, before?.refreshTotal ?? 0),
        };
      });
    tick();
    const timer = setInterval(tick, TICK);
    return () => clearInterval(timer);
  }, [auth, newest]);
  return running;
}
