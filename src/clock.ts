/** The source of time. The whole library reads time from here, so a test can move it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May be stepped in either direction. */
  now(): number;
  /** Milliseconds since an arbitrary moment. Never goes back. */
  monotonic(): number;
}

/** The clocks of the machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
});

/** The `NumericDate` of RFC 7519 section 2: whole seconds since 1970-01-01T00:00:00Z. */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
