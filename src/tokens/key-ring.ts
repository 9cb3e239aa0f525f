import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import type { TokenType } from './claims.ts';
import type { Jwk } from './jwk.ts';
import { parseJwkSet, type WellFormedJwk } from './private-jwk.ts';

/** The algorithms of RFC 7518 section 3.1 that we sign with. */
export type Algorithm = 'HS256' | 'ES256' | 'RS256' | 'PS256';

/** A private key as a JWK (RFC 7517 section 4). */
export interface PrivateJwk extends Jwk {
  readonly kid: string;
  readonly alg: Algorithm;
  /** The kind of token that it signs. No key signs both. */
  readonly purpose: TokenType;
}

/** A JWK Set (RFC 7517 section 5). The first key of a purpose signs. All keys of that purpose verify. */
export interface PrivateJwkSet {
  readonly keys: readonly PrivateJwk[];
}

/** The public halves of the asymmetric access keys, as served at `/.well-known/jwks.json`. */
export interface PublicJwkSet {
  readonly keys: readonly Jwk[];
}

/** One imported key. */
export interface Key {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly purpose: TokenType;
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
}

/** The keys in use, by purpose and by `kid`. */
export interface KeyRing {
  /** The key that signs new tokens of this kind. */
  signer(purpose: TokenType): Key;
  find(kid: string): Key | undefined;
  /** The refresh keys, from which keys for other purposes are derived. They never leave this server. */
  secrets(): readonly [KeyObject, ...KeyObject[]];
  publicJwks(): PublicJwkSet;
}

const HS256_BYTES = 32;
const RSA_BITS = 2048;
const LOWEST_EXPONENT = 65_537n;
/** 32 random bytes have about 30 different values. A typed or padded secret has far fewer. */
const FEWEST_DIFFERENT_BYTES = 16;

/** The key ring cannot be used. `faults` lists everything that is wrong. A fault names a key by its `kid` and quotes nothing of it. */
export class KeyRingError extends TypeError {
  override readonly name = 'KeyRingError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The key ring cannot be used.\n${faults.join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Imports a private JWK Set.
 *
 * @throws KeyRingError if a key is malformed, weak or public only, or a purpose has no key.
 */
export function importKeyRing(jwks: unknown): KeyRing {
  const { given, wellFormed, faults } = parseJwkSet(jwks);
  if (given.length === 0) throw new KeyRingError(faults);
  const keys = wellFormed.flatMap((jwk) => {
    const key = importKey(jwk);
    if (typeof key !== 'string') return [key];
    faults.push(`key "${jwk.kid}" ${key}`);
    return [];
  });
  faults.push(...faultsOfSet(given, wellFormed));
  if (faults.length > 0) throw new KeyRingError(faults);

  const byKid = new Map(keys.map((key) => [key.kid, key]));
  return Object.freeze({
    signer: (purpose: TokenType) => keys.find((key) => key.purpose === purpose) as Key,
    find: (kid: string) => byKid.get(kid),
    secrets: () =>
      keys.filter((key) => key.purpose === 'refresh').map((key) => key.signing) as [KeyObject, ...KeyObject[]],
    publicJwks: () => ({ keys: keys.filter(isPublishable).map(publicJwk) }),
  });
}

/** Generates a key ring: one random HS256 key for each kind of token. */
export function generateKeys(): PrivateJwkSet {
  return { keys: [generateKey('access'), generateKey('refresh')] };
}

function generateKey(purpose: TokenType): PrivateJwk {
  return {
    kty: 'oct',
    alg: 'HS256',
    use: 'sig',
    purpose,
    kid: `${purpose}-${randomBytes(8).toString('hex')}`,
    k: randomBytes(HS256_BYTES).toString('base64url'),
  };
}

/** Imports a key, or returns what is wrong with it. */
function importKey(jwk: WellFormedJwk): Key | string {
  const { kid, alg: algorithm, purpose } = jwk;
  // Only this server reads refresh tokens. A deterministic signature lets it write the same token again for a retry.
  if (purpose === 'refresh' && algorithm !== 'HS256') return 'signs refresh tokens, so it must be HS256';
  if (jwk.kty === 'oct') {
    const weakness = weaknessOfSecret(Buffer.from(jwk.k, 'base64url'));
    if (weakness !== null) return weakness;
    const secret = createSecretKey(jwk.k, 'base64url');
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

function weaknessOfSecret(secret: Buffer): string | null {
  if (secret.length < HS256_BYTES) return `is shorter than the ${HS256_BYTES} bytes of RFC 7518 section 3.2`;
  return new Set(secret).size < FEWEST_DIFFERENT_BYTES ? 'is not random' : null;
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

/** What is wrong with the keys as a set. */
function faultsOfSet(given: readonly unknown[], jwks: readonly WellFormedJwk[]): string[] {
  const faults: string[] = [];
  if (new Set(jwks.map(({ kid }) => kid)).size < jwks.length) faults.push('two keys have the same kid');
  for (const purpose of ['access', 'refresh'] as const) {
    if (!given.some((jwk) => mayBeFor(jwk, purpose))) faults.push(`no key has the purpose "${purpose}"`);
  }
  if (shareSecret(jwks)) faults.push('one secret has both purposes');
  return faults;
}

/** A key without a purpose is a fault of its own, and it may be the missing key. */
function mayBeFor(jwk: unknown, purpose: TokenType): boolean {
  const stated = typeof jwk === 'object' && jwk !== null && 'purpose' in jwk ? jwk.purpose : undefined;
  return stated === purpose || (stated !== 'access' && stated !== 'refresh');
}

function shareSecret(jwks: readonly WellFormedJwk[]): boolean {
  // Compared as bytes, because base64url has several spellings of most secrets.
  const secrets = (purpose: TokenType) =>
    jwks.flatMap((jwk) => (jwk.purpose === purpose && jwk.kty === 'oct' ? [Buffer.from(jwk.k, 'base64url')] : []));
  const ofRefresh = secrets('refresh');
  return secrets('access').some((secret) => ofRefresh.some((other) => secret.equals(other)));
}

function isPublishable(key: Key): boolean {
  return key.purpose === 'access' && key.verifying.type === 'public';
}

function publicJwk({ kid, algorithm, verifying }: Key): Jwk {
  return { ...verifying.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
}
