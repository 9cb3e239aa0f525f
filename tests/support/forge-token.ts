import { constants, createHmac, createPrivateKey, sign, type SigningOptions } from 'node:crypto';
import type { PrivateJwk } from '../../src/index.ts';

/** A token taken apart. */
export interface Anatomy {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly signature: Buffer;
}

/** One part of a token: a value to be written as JSON, the JSON itself, or bytes that may be none. */
export type Part = object | string | Buffer;

/** Reads a token without asking whether it is good. */
export function dissect(token: string): Anatomy {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return { header: decode(header), claims: decode(claims), signature: Buffer.from(signature, 'base64url') };
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

export function encode(part: Part): string {
  const bytes = Buffer.isBuffer(part) ? part : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part));
  return bytes.toString('base64url');
}

/** Writes a token by hand, as no library would: whatever header and claims, with the signature of a key of ours. */
export function forge(jwk: PrivateJwk, header: Part, claims: Part): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signatureOf(jwk, input)}`;
}

/** Writes a token that is signed with an HMAC under any secret. */
export function forgeHmac(secret: string | Buffer, header: Part, claims: Part, hash = 'sha256'): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

/** The signature by the algorithm that the key is for. */
export function signatureOf(jwk: PrivateJwk, input: string): string {
  if (jwk.kty === 'oct') return createHmac('sha256', secretOf(jwk)).update(input).digest('base64url');
  const key = createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  return sign('sha256', Buffer.from(input), { key, ...SCHEMES[jwk.alg] }).toString('base64url');
}

export function secretOf(jwk: PrivateJwk): Buffer {
  return Buffer.from(jwk.k ?? '', 'base64url');
}

/** How node:crypto signs and verifies by the algorithms of RFC 7518 section 3.1. */
export const SCHEMES: Readonly<Record<string, SigningOptions>> = {
  ES256: { dsaEncoding: 'ieee-p1363' },
  RS256: { padding: constants.RSA_PKCS1_PADDING },
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
};
