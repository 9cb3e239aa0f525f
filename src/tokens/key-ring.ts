import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import type { TokenType } from './claims.ts';
import { parseJwkSet, type WellFormedJwk } from './private-jwk.ts';
import { weaknessOfRsa } from './rsa-weakness.ts';

/** The algorithms of RFC 7518 section 3.1 that we sign with. */
export type Algorithm = 'HS256' | 'ES256' | 'RS256' | 'PS256';

/** A private key as a JWK (RFC 7517 section 4), with the one use it has here. */
export interface PrivateJwk extends JsonWebKey {
  readonly kid: string;
  readonly alg: Algorithm;
  /** Which kind of token it signs. No key signs both. */
  readonly purpose: TokenType;
}

/** A JWK Set (RFC 7517 section 5). The first key of a purpose signs; all of that purpose verify. */
export interface PrivateJwkSet {
  readonly keys: readonly PrivateJwk[];
}

/** What `/.well-known/jwks.json` answers: the public halves of the asymmetric access keys. */
export interface PublicJwkSet {
  readonly keys: readonly JsonWebKey[];
}

/** One key, made ready once. */
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
  /** What keys for other purposes are derived from: the refresh keys, which no one else ever has. */
  secrets(): readonly [KeyObject, ...KeyObject[]];
  publicJwks(): PublicJwkSet;
}

const HS256_BYTES = 32;
/** 32 random bytes hold about 30 different values; a typed or padded secret far fewer. */
const FEWEST_DIFFERENT_BYTES = 16;

/** What is wrong with a key ring, every fault at once. The faults name keys by `kid` and quote nothing of them. */
export class KeyRingError extends TypeError {
  override readonly name = 'KeyRingError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The key ring cannot be used.\n${faults.join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Makes a private JWK Set ready for use.
 *
 * @throws KeyRingError if a key is malformed, weak, public only, or not for exactly one use.
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

/** A fresh key ring: one random HS256 key for each kind of token. */
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

/** Makes a key ready, or says what is wrong with it. */
function importKey(jwk: WellFormedJwk): Key | string {
  const { kid, alg: algorithm, purpose } = jwk;
  // Only this server reads refresh tokens, and a deterministic signature lets it write the same one again.
  if (purpose === 'refresh' && algorithm !== 'HS256') return 'signs refresh tokens, so it must be HS256';
  if (jwk.kty === 'oct') {
    const weakness = weaknessOfSecret(Buffer.from(jwk.k, 'base64url'));
    if (weakness !== null) return weakness;
    const secret = createSecretKey(jwk.k, 'base64url');
    return { kid, algorithm, purpose, signing: secret, verifying: secret };
  }
  const weakness = jwk.kty === 'RSA' ? weaknessOfRsa(jwk) : null;
  if (weakness !== null) return weakness;
  try {
    const signing = createPrivateKey({ key: jwk, format: 'jwk' });
    const verifying = createPublicKey(signing);
    if (isPair(signing, verifying)) return { kid, algorithm, purpose, signing, verifying };
  } catch {
    // What OpenSSL says of a key may quote it.
  }
  return `is not a valid ${jwk.kty} key`;
}

function weaknessOfSecret(secret: Buffer): string | null {
  if (secret.length < HS256_BYTES) return `is shorter than the ${HS256_BYTES} bytes of RFC 7518 section 3.2`;
  return new Set(secret).size < FEWEST_DIFFERENT_BYTES ? 'is not random' : null;
}

/** Whether the two halves belong together: OpenSSL takes them as they come. */
function isPair(signing: KeyObject, verifying: KeyObject): boolean {
  const message = Buffer.from('graphql-simplejwt');
  return verify('sha256', message, verifying, sign('sha256', message, signing));
}

/** What is wrong with the keys taken together. */
function faultsOfSet(given: readonly unknown[], jwks: readonly WellFormedJwk[]): string[] {
  const faults: string[] = [];
  if (new Set(jwks.map(({ kid }) => kid)).size < jwks.length) faults.push('two keys have the same kid');
  for (const purpose of ['access', 'refresh'] as const) {
    if (!given.some((jwk) => mayBeFor(jwk, purpose))) faults.push(`no key has the purpose "${purpose}"`);
  }
  if (shareSecret(jwks)) faults.push('one secret has both purposes');
  return faults;
}

/** A key that states no purpose is a fault of its own, and may be the one that is missing. */
function mayBeFor(jwk: unknown, purpose: TokenType): boolean {
  const stated = typeof jwk === 'object' && jwk !== null && 'purpose' in jwk ? jwk.purpose : undefined;
  return stated === purpose || (stated !== 'access' && stated !== 'refresh');
}

function shareSecret(jwks: readonly WellFormedJwk[]): boolean {
  // Compared as bytes: base64url has several spellings of most secrets.
  const secrets = (purpose: TokenType) =>
    jwks.flatMap((jwk) => (jwk.purpose === purpose && jwk.kty === 'oct' ? [Buffer.from(jwk.k, 'base64url')] : []));
  const ofRefresh = secrets('refresh');
  return secrets('access').some((secret) => ofRefresh.some((other) => secret.equals(other)));
}

function isPublishable(key: Key): boolean {
  return key.purpose === 'access' && key.verifying.type === 'public';
}

function publicJwk({ kid, algorithm, verifying }: Key): JsonWebKey {
  return { ...verifying.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
}
