import { randomFillSync, randomInt } from 'node:crypto';
import { v7 } from 'uuid';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Random bytes for the next ids: to ask for many at once takes less time. */
const random = { bytes: new Uint8Array(4_096), used: 4_096 };

function takeRandomBytes(): Uint8Array {
  if (random.used === random.bytes.length) {
    randomFillSync(random.bytes);
    random.used = 0;
  }
  return random.bytes.subarray(random.used, (random.used += 16));
}

/** The time of the last id, and its sequence number within that millisecond. */
let last = { msecs: -Infinity, seq: 0 };

/**
 * Makes a UUIDv7 (RFC 9562 section 5.7), unique across types. The ids that a process makes within one millisecond are in
 * order (section 6.2, method 1), so a list of events is too.
 */
export function newId(now: number): string {
  // It starts in the lower half of the range, so it never overflows.
  const seq = now === last.msecs ? last.seq + 1 : randomInt(2 ** 31);
  last = { msecs: now, seq };
  return v7({ msecs: now, seq, random: takeRandomBytes() });
}

/** When an id was made, in milliseconds, by the clock of the process that made it. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Whether a value is an id in the one spelling that we write. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && UUID_V7.test(value);
}
