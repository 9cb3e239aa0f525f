import type { AccessClaims } from './claims.ts';

/** About ten megabytes. */
const MOST_ENTRIES = 10_000;

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
  const entries = new Map<string, AccessClaims>();
  return {
    find: (token) => entries.get(token),
    add(token, claims) {
      for (const [oldest, claimsOfOldest] of entries) {
        if (entries.size < MOST_ENTRIES && !isDead(claimsOfOldest)) break;
        entries.delete(oldest);
      }
      entries.set(token, claims);
    },
  };
}
