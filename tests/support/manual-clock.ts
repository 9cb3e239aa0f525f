import type { Clock } from '../../src/index.ts';

/** A clock that stands still until it is moved. */
export class ManualClock implements Clock {
  #wall: number;
  #monotonic: number;

  constructor(start = Date.UTC(2030, 0, 1, 12, 0, 0), monotonic = 1_000_000) {
    this.#wall = start;
    this.#monotonic = monotonic;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Lets time pass, in milliseconds. */
  advance(milliseconds: number): void {
    this.#wall += milliseconds;
    this.#monotonic += milliseconds;
  }

  /** Sets the wall clock as an administrator or NTP would; no time passes. */
  step(milliseconds: number): void {
    this.#wall += milliseconds;
  }
}

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
