import type { PrivateJwkSet, TokenType } from '../../src/index.ts';
import { dissect, forge } from './forge-token.ts';
import { signerOf } from './key-rings.ts';

/** The header or the payload of a token of ours: `{"alg":` or `{"sub":` in base64url. Random text does not begin so by chance. */
export const TOKEN_PART = /eyJ(?:hbGciOi|zdWIiOi)/;

/** What a token of ours says. */
export interface ReadClaims extends Record<string, unknown> {
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

/** What a token of ours says, its signature unchecked. */
export function claimsOf(token: string): ReadClaims {
  return dissect(token).claims as ReadClaims;
}

/** The key that a token names. */
export function keyIdOf(token: string): unknown {
  return dissect(token).header['kid'];
}

const HEADER_TYPES = { access: 'at+jwt', refresh: 'rt+jwt' } as const;

/** A token with a server's own signature, whatever it says. */
export function signToken(keys: PrivateJwkSet, purpose: TokenType, claims: Record<string, unknown>): string {
  const key = signerOf(keys, purpose);
  return forge(key, { alg: key.alg, typ: HEADER_TYPES[purpose], kid: key.kid }, claims);
}
