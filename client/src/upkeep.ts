import type { Leaving } from './logout.ts';
import type { Parts } from './options.ts';
import { onWake } from './page.ts';
import type { Refresher } from './refresher.ts';
import type { Resuming } from './resume.ts';

/**
 * Does by itself what has to be done at some time: refreshes ahead, logouts that the server was not told of, and the search
 * for a session that could not be found at first.
 */
export interface Upkeep {
  /** Does what is due, and sets the timer for the rest. */
  tick(): void;
  /** Looks at the storage first. */
  wake(): void;
  stop(): void;
}

const LONGEST_WAIT = 30_000;

export function createUpkeep(
  { keeper, name, transport }: Parts,
  refresher: Refresher,
  leaving: Leaving,
  resuming: Resuming,
): Upkeep {
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tick = (): void => {
    if (leaving.isOwed && !leaving.backOff.isQuiet) void leaving.settle();
    if (resuming.isPending && !resuming.backOff.isQuiet) void resuming.run();
    // Who does not look needs no tokens; who looks again wakes us.
    if (refresher.isDue && !refresher.backOff.isQuiet && !isHidden()) void refresher.run().catch(() => undefined);
    schedule();
  };
  // Timers stand still while the machine sleeps, so no wait is long.
  const schedule = (): void => {
    clearTimeout(timer);
    if (transport.closing.aborted || (keeper.held === null && !leaving.isOwed && !resuming.isPending)) return;
    timer = setTimeout(tick, isHidden() ? LONGEST_WAIT : Math.min(...waits()));
    // Node would not exit while it runs.
    (timer as { unref?: () => void }).unref?.();
  };
  const waits = (): number[] => [
    LONGEST_WAIT,
    ...(keeper.held === null ? [] : [Math.max(refresher.untilDue, refresher.backOff.wait)]),
    ...(leaving.isOwed ? [leaving.backOff.wait] : []),
    ...(resuming.isPending ? [resuming.backOff.wait] : []),
  ];
  const wake = (): void => void keeper.reread().then(tick);

  const stopListening = keeper.subscribe(schedule);
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
