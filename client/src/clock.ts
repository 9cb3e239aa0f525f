/** A source of the time. */
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
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

/** A moment that is known by the wall clock alone: it was before the page was loaded, or in another tab. */
export function momentAt(clock: Clock, wall: number): Moment {
  return { wall, monotonic: clock.monotonic() - Math.max(0, clock.now() - wall) };
}

/**
 * Milliseconds since a moment. The clock that shows more is right: one stands still while the machine sleeps, the other may
 * have been stepped back. A clock that was stepped ahead costs one refresh.
 */
export function elapsedSince(clock: Clock, moment: Moment): number {
  return Math.max(clock.now() - moment.wall, clock.monotonic() - moment.monotonic);
}
