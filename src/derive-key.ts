import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

const KEY_BYTES = 32;

/** Derives a key for one purpose from a secret (RFC 5869), so that the secret itself serves one purpose only. */
export function deriveKey(secret: KeyObject, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `graphql-simplejwt ${purpose}`, KEY_BYTES)));
}
