import { randomInt } from 'node:crypto';
import { v7 } from 'uuid';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The last id's time, and its number among those of that millisecond. */
let last = { msecs: -Infinity, seq: 0 };

/**
 * A new UUIDv7 (RFC 9562 section 5.7): unique across types. Those that a process makes in one millisecond are in the
 * order in which it made them (section 6.2, method 1), so that a list of what happened is.
 */
export function newId(now: number): string {
  // It begins in the lower half of what there is room for, and never gets to the end of it.
  const seq = now === last.msecs ? last.seq + 1 : randomInt(2 ** 31);
  last = { msecs: now, seq };
  return v7({ msecs: now, seq });
}

/** When an id was made, by the clock of its maker; in milliseconds. */
export function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

/** Whether a value can be an id of ours, in the one spelling that we write. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && UUID_V7.test(value);
}
