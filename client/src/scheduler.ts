import type { Logout } from './logout.ts';
import { onWake } from './page.ts';
import type { Refresher } from './refresher.ts';
import type { SessionRestorer } from './restore-session.ts';
import type { ClientServices } from './services.ts';

/** Does in the background what is due: early refreshes, unsent logouts, and the restoring of the session. */
export interface Scheduler {
  /** Does what is due now, and sets the timer for the rest. */
  tick(): void;
  /** Reads the storage first. */
  wake(): void;
  stop(): void;
}

const LONGEST_WAIT = 30_000;

export function createScheduler(
  { store, name, transport }: ClientServices,
  refresher: Refresher,
  logout: Logout,
  restorer: SessionRestorer,
): Scheduler {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tick = (): void => {
    if (logout.isPending) void logout.sendPending();
    if (restorer.isPending) void restorer.run();
    // A hidden page needs no tokens, and it wakes the client when it is shown again.
    if (refresher.isDue && !isHidden()) void refresher.run().catch(() => undefined);
    schedule();
  };
  // Timers stand still while the machine sleeps, so no wait is long.
  const schedule = (): void => {
    clearTimeout(timer);
    if (transport.closing.aborted || (store.session === null && !logout.isPending && !restorer.isPending)) return;
    timer = setTimeout(tick, isHidden() ? LONGEST_WAIT : Math.min(...waits()));
    // A running timer would keep Node from exiting.
    (timer as { unref?: () => void }).unref?.();
  };
  const waits = (): number[] => [
    LONGEST_WAIT,
    ...(store.session === null ? [] : [Math.max(refresher.timeUntilDue, refresher.backOff.wait)]),
    ...(logout.isPending ? [logout.backOff.wait] : []),
    ...(restorer.isPending ? [restorer.backOff.wait] : []),
  ];
  const wake = (): void => void store.reload().then(tick);

  const stopListening = store.subscribe(schedule);
  const stopWaking = onWake(wake, name);
  return {
    tick,
    wake,
    stop() {
      clearTimeout(timer);
      stopListening();
      stopWaking();
    },
  };
}

function isHidden(): boolean {
  return typeof document !== 'undefined' && document.visibilityState === 'hidden';
}
