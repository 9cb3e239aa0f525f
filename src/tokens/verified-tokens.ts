import type { AccessClaims } from './claims.ts';

/** About ten megabytes. */
const MOST_ENTRIES = 10_000;
/** Tokens are found by their last characters, which differ: they are a signature of 256 bits, or a part of a longer one. */
const TAIL_LENGTH = 43;

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

/** @param isDead - whether a token is of no more use. */
export function createVerifiedTokens(isDead: (claims: AccessClaims) => boolean): VerifiedTokens {
  const entries = new Map<string, { readonly token: string; readonly claims: AccessClaims }>();
  return {
    find(token) {
      const entry = entries.get(tailOf(token));
      return entry?.token === token ? entry.claims : undefined;
    },
    add(token, claims) {
      for (const [oldest, entry] of entries) {
        if (entries.size < MOST_ENTRIES && !isDead(entry.claims)) break;
        entries.delete(oldest);
      }
      entries.set(tailOf(token), { token, claims });
    },
  };
}

/** Each request brings a string of its own, and V8 hashes a short one in less time. */
function tailOf(token: string): string {
  return token.slice(-TAIL_LENGTH);
}
