/** Where the time comes from. */
export interface Clock {
  /** Milliseconds since 1970. May be wrong, and may be stepped in either direction. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back; may stand still while the machine sleeps. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};

/** A moment, on both clocks. */
export interface Mark {
  readonly wall: number;
  readonly monotonic: number;
}

export function markOf(clock: Clock): Mark {
  return { wall: clock.now(), monotonic: clock.monotonic() };
}

/** A moment that only the wall clock has seen, before the page was loaded or in another tab. */
export function markAt(clock: Clock, wall: number): Mark {
  return { wall, monotonic: clock.monotonic() - Math.max(0, clock.now() - wall) };
}

/**
 * Milliseconds since a moment. The larger of the two clocks is right: one stands still while the machine sleeps, the
 * other may have been stepped back. One that was stepped ahead costs a refresh, and nothing else.
 */
export function passedSince(clock: Clock, mark: Mark): number {
  return Math.max(clock.now() - mark.wall, clock.monotonic() - mark.monotonic);
}
