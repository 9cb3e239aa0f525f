import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject, sign, verify } from 'node:crypto';
import type { TokenType } from './claims.ts';
import type { WellFormedTokenJwk } from './private-jwk.ts';

/** The algorithms of RFC 7518 section 3.1 that we sign with. */
export type Algorithm = 'HS256' | 'ES256' | 'RS256' | 'PS256';

/** An imported key that signs tokens. */
export interface Key {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly purpose: TokenType;
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
}

/** A key is at least as long as the digest (RFC 7518 section 3.2). */
export const SECRET_BYTES = { HS256: 32, HS384: 48 } as const;
const RSA_BITS = 2048;
const LOWEST_EXPONENT = 65_537n;
/** 32 random bytes have about 30 different values. A typed or padded secret has far fewer. */
const FEWEST_DIFFERENT_BYTES = 16;

/** Imports a key that signs tokens, or returns what is wrong with it. */
export function importKey(jwk: WellFormedTokenJwk): Key | string {
  const { kid, alg: algorithm, purpose } = jwk;
  // Only this server reads refresh tokens. A deterministic signature lets it write the same token again for a retry.
  if (purpose === 'refresh' && algorithm !== 'HS256') return 'signs refresh tokens, so it must be HS256';
  if (jwk.kty === 'oct') {
    const secret = importSecret(jwk);
    if (typeof secret === 'string') return secret;
    return { kid, algorithm, purpose, signing: secret, verifying: secret };
  }
  try {
    const signing = createPrivateKey({ key: jwk, format: 'jwk' });
    const verifying = createPublicKey(signing);
    const weakness = weaknessOfRsa(signing);
    if (weakness !== null) return weakness;
    if (isPair(signing, verifying)) return { kid, algorithm, purpose, signing, verifying };
  } catch {
    // OpenSSL's message may quote the key.
  }
  return `is not a valid ${jwk.kty} key`;
}

/** Imports a secret, or returns what is wrong with it. */
export function importSecret({
  alg,
  k,
}: {
  readonly alg: keyof typeof SECRET_BYTES;
  readonly k: string;
}): KeyObject | string {
  const secret = Buffer.from(k, 'base64url');
  if (secret.length < SECRET_BYTES[alg])
    return `is shorter than the ${SECRET_BYTES[alg]} bytes of RFC 7518 section 3.2`;
  return new Set(secret).size < FEWEST_DIFFERENT_BYTES ? 'is not random' : createSecretKey(secret);
}

/** RFC 7518 section 3.3 and FIPS 186-5 section A.1.1. With an exponent of 1, a message is its own signature. */
function weaknessOfRsa({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | null {
  if (asymmetricKeyType !== 'rsa') return null;
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (modulusLength < RSA_BITS) return `is shorter than the ${RSA_BITS} bits of RFC 7518 section 3.3`;
  return publicExponent < LOWEST_EXPONENT ? `has a public exponent below ${LOWEST_EXPONENT}` : null;
}

/** Whether the two halves belong together. OpenSSL does not check it. */
function isPair(signing: KeyObject, verifying: KeyObject): boolean {
  const message = Buffer.from('graphql-simplejwt');
  return verify('sha256', message, verifying, sign('sha256', message, signing));
}
