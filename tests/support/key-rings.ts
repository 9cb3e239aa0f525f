import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Algorithm, generateKeys, type KeyPurpose, type PrivateJwk, type PrivateJwkSet } from '../../src/index.ts';

/** A fresh secret: HS384 for passwords, HS256 for tokens. */
export function symmetricKey(purpose: KeyPurpose, kid = `${purpose}-${randomBytes(4).toString('hex')}`): PrivateJwk {
  const alg = purpose === 'password' ? 'HS384' : 'HS256';
  return { kty: 'oct', alg, kid, purpose, k: randomBytes(48).toString('base64url') };
}

/** A fresh key pair that signs access tokens. */
export function accessKeyPair(
  alg: Exclude<Algorithm, 'HS256'>,
  kid = `${alg}-${randomBytes(4).toString('hex')}`,
): PrivateJwk {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, kid, purpose: 'access' };
}

/** A ring whose access tokens bear a signature of this kind. */
export function keyRingFor(alg: Algorithm): PrivateJwkSet {
  return alg === 'HS256'
    ? generateKeys()
    : { keys: [accessKeyPair(alg), symmetricKey('refresh'), symmetricKey('password')] };
}

/** The key that signs new tokens of a kind. */
export function signerOf(keys: PrivateJwkSet, purpose: KeyPurpose): PrivateJwk {
  const key = keys.keys.find((candidate) => candidate.purpose === purpose);
  if (key === undefined) throw new Error(`The ring has no ${purpose} key.`);
  return key;
}
