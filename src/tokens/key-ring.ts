import { type KeyObject, randomBytes } from 'node:crypto';
import type { TokenType } from './claims.ts';
import { type Algorithm, importKey, importSecret, type Key, SECRET_BYTES } from './import-key.ts';
import type { Jwk } from './jwk.ts';
import { parseJwkSet, type WellFormedJwk } from './private-jwk.ts';

/** What a key is for: it signs tokens of one kind, or it digests passwords. */
export type KeyPurpose = TokenType | 'password';

/** A private key as a JWK (RFC 7517 section 4). */
export interface PrivateJwk extends Jwk {
  readonly kid: string;
  /** `HS384` for the digests of passwords, and for nothing else. */
  readonly alg: Algorithm | 'HS384';
  readonly purpose: KeyPurpose;
}

/** A JWK Set (RFC 7517 section 5). The first key of a purpose is for what is new. All keys of that purpose verify. */
export interface PrivateJwkSet {
  readonly keys: readonly PrivateJwk[];
}

/** The public halves of the asymmetric access keys, as served at `/.well-known/jwks.json`. */
export interface PublicJwkSet {
  readonly keys: readonly Jwk[];
}

/** An imported key that digests passwords. */
interface PasswordKey {
  readonly kid: string;
  readonly secret: KeyObject;
}

/** The keys in use. */
export interface KeyRing {
  /** The key that signs new tokens of this kind. */
  signer(purpose: TokenType): Key;
  /** A key of tokens. */
  find(kid: string): Key | undefined;
  /** The keys of passwords. The first is for new hashes. */
  passwordKeys(): readonly [PasswordKey, ...PasswordKey[]];
  /** The refresh keys, from which keys for other purposes are derived. They never leave this server. */
  secrets(): readonly [KeyObject, ...KeyObject[]];
  publicJwks(): PublicJwkSet;
}

const PURPOSES: readonly KeyPurpose[] = ['access', 'refresh', 'password'];

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
  const keys: Key[] = [];
  const passwordKeys: PasswordKey[] = [];
  for (const jwk of wellFormed) {
    const key = jwk.purpose === 'password' ? importSecret(jwk) : importKey(jwk);
    if (typeof key === 'string') faults.push(`key "${jwk.kid}" ${key}`);
    else if ('purpose' in key) keys.push(key);
    else passwordKeys.push({ kid: jwk.kid, secret: key });
  }
  faults.push(...faultsOfSet(given, wellFormed));
  if (faults.length > 0) throw new KeyRingError(faults);

  const byKid = new Map(keys.map((key) => [key.kid, key]));
  return Object.freeze({
    signer: (purpose: TokenType) => keys.find((key) => key.purpose === purpose) as Key,
    find: (kid: string) => byKid.get(kid),
    passwordKeys: () => passwordKeys as [PasswordKey, ...PasswordKey[]],
    secrets: () =>
      keys.filter((key) => key.purpose === 'refresh').map((key) => key.signing) as [KeyObject, ...KeyObject[]],
    publicJwks: () => ({ keys: keys.filter(isPublishable).map(publicJwk) }),
  });
}

/** Generates a key ring: a random HS256 key for each kind of token, and an HS384 key for the digests of passwords. */
export function generateKeys(): PrivateJwkSet {
  return { keys: [generateKey('access', 'HS256'), generateKey('refresh', 'HS256'), generateKey('password', 'HS384')] };
}

function generateKey(purpose: KeyPurpose, alg: keyof typeof SECRET_BYTES): PrivateJwk {
  return {
    kty: 'oct',
    alg,
    use: 'sig',
    purpose,
    kid: `${purpose}-${randomBytes(8).toString('hex')}`,
    k: randomBytes(SECRET_BYTES[alg]).toString('base64url'),
  };
}

/** What is wrong with the keys as a set. */
function faultsOfSet(given: readonly unknown[], jwks: readonly WellFormedJwk[]): string[] {
  const faults: string[] = [];
  if (new Set(jwks.map(({ kid }) => kid)).size < jwks.length) faults.push('two keys have the same kid');
  for (const purpose of PURPOSES) {
    if (!given.some((jwk) => mayBeFor(jwk, purpose))) faults.push(`no key has the purpose "${purpose}"`);
  }
  if (shareSecret(jwks)) faults.push('one secret has two purposes');
  return faults;
}

/** A key without a purpose is a fault of its own, and it may be the missing key. */
function mayBeFor(jwk: unknown, purpose: KeyPurpose): boolean {
  const stated = typeof jwk === 'object' && jwk !== null && 'purpose' in jwk ? jwk.purpose : undefined;
  return stated === purpose || !PURPOSES.some((known) => known === stated);
}

function shareSecret(jwks: readonly WellFormedJwk[]): boolean {
  // Compared as bytes, because base64url has several spellings of most secrets.
  const secrets = jwks.flatMap((jwk) =>
    jwk.kty === 'oct' ? [{ purpose: jwk.purpose, hex: Buffer.from(jwk.k, 'base64url').toString('hex') }] : [],
  );
  return secrets.some(({ purpose, hex }) => secrets.some((other) => other.purpose !== purpose && other.hex === hex));
}

function isPublishable(key: Key): boolean {
  return key.purpose === 'access' && key.verifying.type === 'public';
}

function publicJwk({ kid, algorithm, verifying }: Key): Jwk {
  return { ...verifying.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
}
