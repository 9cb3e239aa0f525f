import { v7 } from 'uuid';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A new UUIDv7 (RFC 9562 section 5.7): unique across types, and rows made one after the other lie side by side. */
export function newId(now: number): string {
  return v7({ msecs: now });
}

/** When an id was made, by the clock of its maker; in milliseconds. */
export function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

/** Whether a value can be an id of ours, in the one spelling that we write. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && UUID_V7.test(value);
}
