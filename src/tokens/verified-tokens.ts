import type { AccessClaims } from './claims.ts';

/** About ten megabytes. */
const MOST_ENTRIES = 10_000;
/** A token is found by a number made of its last characters: 28 bits of an HMAC. V8 hashes a number faster than a string. */
const TAIL_LENGTH = 5;

/**
 * The access tokens whose signature and claims were found good. They are compared whole, so a token that differs in one character is
 * not among them. Whether a token is alive depends on the time, and is not remembered.
 */
export interface VerifiedTokens {
  /** The claims of a token, which all of its requests share. */
  find(token: string): AccessClaims | undefined;
  /** Remembers a token in place of the oldest, and forgets those at the front of the queue that are dead. */
  add(token: string, claims: AccessClaims): void;
}

interface Entry {
  readonly tail: number;
  readonly token: string;
  readonly claims: AccessClaims;
}

/** @param isDead - whether a token is of no more use. */
export function createVerifiedTokens(isDead: (claims: AccessClaims) => boolean): VerifiedTokens {
  const entries = new Map<number, Entry>();
  // The order of arrival. The map keeps it too, but to find its first entry, V8 looks past all that were deleted before it.
  const ring: (Entry | undefined)[] = [];
  let added = 0;
  let forgotten = 0;
  const oldest = () => ring[forgotten % MOST_ENTRIES];

  return {
    find(token) {
      const entry = entries.get(tailOf(token));
      return entry?.token === token ? entry.claims : undefined;
    },
    add(token, claims) {
      for (let entry = oldest(); entry !== undefined; entry = oldest()) {
        if (added - forgotten < MOST_ENTRIES && !isDead(entry.claims)) break;
        if (entries.get(entry.tail) === entry) entries.delete(entry.tail);
        ring[forgotten % MOST_ENTRIES] = undefined;
        forgotten += 1;
      }
      const entry = { tail: tailOf(token), token: copyOf(token), claims };
      entries.set(entry.tail, entry);
      ring[added % MOST_ENTRIES] = entry;
      added += 1;
    },
  };
}

/** V8 keeps the whole text that a string was cut out of: here all the cookies of a request. */
function copyOf(token: string): string {
  return Buffer.from(token).toString();
}

/** A token takes the place of another one with the same number, which is then verified again. */
function tailOf(token: string): number {
  let tail = 0;
  for (let index = token.length - TAIL_LENGTH; index < token.length; index += 1)
    tail = (tail << 6) ^ token.charCodeAt(index);
  return tail;
}
