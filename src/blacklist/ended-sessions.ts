import { setImmediate as nextTurn } from 'node:timers/promises';

/** The 128 bits of a UUID, as four words. */
type Words = Int32Array;

const WORDS = 4;
/** A slot of a table: the words of an id, and when the session was last seen. */
const WIDTH = WORDS + 1;
const FEWEST_SLOTS = 16;
/** A part grows and forgets by itself, so that no request waits for long. */
const PARTS = 64;

/**
 * The ids of ended sessions, each with the time when it was last seen, in tables of numbers. Strings in a `Map` take twice
 * the memory and twice as long to find, and each collection of garbage visits them.
 */
export class EndedSessions {
  readonly #parts = Array.from({ length: PARTS }, () => new Part());
  /** The id that a method was called with. */
  readonly #id: Words = new Int32Array(WORDS);

  /** @param id - as `isId` demands it. */
  has(id: string): boolean {
    return this.#partOf(id).has(this.#id);
  }

  /**
   * @param id - as `isId` demands it.
   * @param seenAt - whole seconds.
   */
  add(id: string, seenAt: number): void {
    this.#partOf(id).add(this.#id, seenAt);
  }

  /** Forgets those that were last seen before this time. */
  async forget(before: number): Promise<void> {
    for (const part of this.#parts) {
      part.forget(before);
      await nextTurn();
    }
  }

  #partOf(id: string): Part {
    readWords(id, this.#id);
    return this.#parts[lastOf(this.#id, 0) % PARTS]!;
  }
}

/** A hash table with linear probing (Knuth, The Art of Computer Programming, 6.4, algorithm L). It is at most half full. */
class Part {
  #table = new Int32Array(FEWEST_SLOTS * WIDTH);
  #size = 0;

  has(id: Words): boolean {
    return isTaken(this.#table, findSlot(this.#table, id, 0));
  }

  add(id: Words, seenAt: number): void {
    let slot = findSlot(this.#table, id, 0);
    if (!isTaken(this.#table, slot)) {
      this.#size += 1;
      if (isCrowded(this.#table.length, this.#size)) {
        this.#copySeenSince(-Infinity);
        slot = findSlot(this.#table, id, 0);
      }
      this.#table.set(id, slot);
    }
    this.#table[slot + WORDS] = seenAt;
  }

  forget(before: number): void {
    let kept = 0;
    for (let slot = 0; slot < this.#table.length; slot += WIDTH) if (this.#isSeenSince(before, slot)) kept += 1;
    if (kept === this.#size) return;
    this.#size = kept;
    this.#copySeenSince(before);
  }

  /** Makes a table of the right length for `#size`. */
  #copySeenSince(before: number): void {
    let length = FEWEST_SLOTS * WIDTH;
    while (isCrowded(length, this.#size)) length *= 2;
    const table = new Int32Array(length);
    for (let slot = 0; slot < this.#table.length; slot += WIDTH) {
      if (!this.#isSeenSince(before, slot)) continue;
      const to = findSlot(table, this.#table, slot);
      for (let word = 0; word < WIDTH; word += 1) table[to + word] = this.#table[slot + word]!;
    }
    this.#table = table;
  }

  #isSeenSince(time: number, slot: number): boolean {
    return isTaken(this.#table, slot) && this.#table[slot + WORDS]! >= time;
  }
}

const isCrowded = (length: number, size: number): boolean => 2 * size * WIDTH > length;

/** The second word of a UUIDv7 has its version, so it is never zero. */
const isTaken = (table: Int32Array, slot: number): boolean => table[slot + 1] !== 0;

/** The slot of the id that begins at `at` of `ids`, or the free one where it belongs. */
function findSlot(table: Int32Array, ids: Int32Array, at: number): number {
  // The last word of a UUIDv7 is random. Its remainder by PARTS has chosen the part.
  let slot = (Math.floor(lastOf(ids, at) / PARTS) * WIDTH) % table.length;
  while (isTaken(table, slot) && !isSame(table, slot, ids, at)) slot = (slot + WIDTH) % table.length;
  return slot;
}

const lastOf = (ids: Int32Array, at: number): number => ids[at + WORDS - 1]! >>> 0;

function isSame(table: Int32Array, slot: number, ids: Int32Array, at: number): boolean {
  for (let word = WORDS - 1; word >= 0; word -= 1) if (table[slot + word] !== ids[at + word]) return false;
  return true;
}

/** Reads the hexadecimal digits of a UUID (RFC 9562 section 4). */
function readWords(id: string, words: Words): void {
  words[0] = digits(id, 0, 8);
  words[1] = (digits(id, 9, 13) << 16) | digits(id, 14, 18);
  words[2] = (digits(id, 19, 23) << 16) | digits(id, 24, 28);
  words[3] = digits(id, 28, 36);
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) {
    const code = text.charCodeAt(index);
    value = (value << 4) | (code <= NINE ? code - ZERO : code - BEFORE_A);
  }
  return value;
}

const ZERO = '0'.charCodeAt(0);
const NINE = '9'.charCodeAt(0);
const BEFORE_A = 'a'.charCodeAt(0) - 10;
