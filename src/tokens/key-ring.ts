import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { z } from 'zod';
import type { TokenType } from './claims.ts';

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
  publicJwks(): PublicJwkSet;
}

const HS256_BYTES = 32;
const RSA_BITS = 2048;
/** 32 random bytes hold about 30 different values; a typed or padded secret far fewer. */
const FEWEST_DIFFERENT_BYTES = 16;

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');
const common = {
  kid: z.string().min(1).max(128),
  purpose: z.enum(['access', 'refresh']),
  use: z.literal('sig').optional(),
};

const jwkSchema = z.discriminatedUnion('kty', [
  z.strictObject({ ...common, kty: z.literal('oct'), alg: z.literal('HS256'), k: base64url }),
  z.strictObject({
    ...common,
    kty: z.literal('EC'),
    alg: z.literal('ES256'),
    crv: z.literal('P-256'),
    x: base64url,
    y: base64url,
    d: base64url,
  }),
  z.strictObject({
    ...common,
    kty: z.literal('RSA'),
    alg: z.enum(['RS256', 'PS256']),
    n: base64url,
    e: base64url,
    d: base64url,
    p: base64url,
    q: base64url,
    dp: base64url,
    dq: base64url,
    qi: base64url,
  }),
]);
type Jwk = z.output<typeof jwkSchema>;

const jwkSetSchema = z.strictObject({ keys: z.array(jwkSchema).min(1) });

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
  const parsed = jwkSetSchema.safeParse(jwks);
  if (!parsed.success)
    throw new KeyRingError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));

  const faults: string[] = [];
  const keys = parsed.data.keys.flatMap((jwk) => {
    const fault = weaknessOf(jwk);
    if (fault !== null) faults.push(`key "${jwk.kid}" ${fault}`);
    return fault === null ? [importKey(jwk, faults)].filter((key) => key !== null) : [];
  });
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  if (byKid.size < keys.length) faults.push('two keys have the same kid');
  for (const purpose of ['access', 'refresh'] as const) {
    if (!parsed.data.keys.some((jwk) => jwk.purpose === purpose)) faults.push(`no key has the purpose "${purpose}"`);
  }
  if (shareSecret(parsed.data.keys)) faults.push('one secret has both purposes');
  if (faults.length > 0) throw new KeyRingError(faults);

  return Object.freeze({
    signer: (purpose: TokenType) => keys.find((key) => key.purpose === purpose) as Key,
    find: (kid: string) => byKid.get(kid),
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

function weaknessOf(jwk: Jwk): string | null {
  // Only this server reads refresh tokens, and a deterministic signature lets it write the same one again.
  if (jwk.purpose === 'refresh' && jwk.alg !== 'HS256') return 'signs refresh tokens, so it must be HS256';
  if (jwk.kty !== 'oct') return null;
  const secret = Buffer.from(jwk.k, 'base64url');
  if (secret.length < HS256_BYTES) return `is shorter than the ${HS256_BYTES} bytes of RFC 7518 section 3.2`;
  return new Set(secret).size < FEWEST_DIFFERENT_BYTES ? 'is not random' : null;
}

function importKey(jwk: Jwk, faults: string[]): Key | null {
  try {
    const { kid, alg: algorithm, purpose } = jwk;
    if (jwk.kty === 'oct') {
      const secret = createSecretKey(jwk.k, 'base64url');
      return { kid, algorithm, purpose, signing: secret, verifying: secret };
    }
    const signing = createPrivateKey({ key: jwk, format: 'jwk' });
    if ((signing.asymmetricKeyDetails?.modulusLength ?? RSA_BITS) < RSA_BITS) {
      faults.push(`key "${kid}" is shorter than the ${RSA_BITS} bits of RFC 7518 section 3.3`);
      return null;
    }
    return { kid, algorithm, purpose, signing, verifying: createPublicKey(signing) };
  } catch {
    faults.push(`key "${jwk.kid}" is not a valid ${jwk.kty} key`);
    return null;
  }
}

function shareSecret(keys: readonly Jwk[]): boolean {
  const secrets = (purpose: TokenType) =>
    keys.flatMap((jwk) => (jwk.purpose === purpose && jwk.kty === 'oct' ? [jwk.k] : []));
  const ofRefresh = secrets('refresh');
  return secrets('access').some((secret) => ofRefresh.includes(secret));
}

function isPublishable(key: Key): boolean {
  return key.purpose === 'access' && key.verifying.type === 'public';
}

function publicJwk({ kid, algorithm, verifying }: Key): JsonWebKey {
  return { ...verifying.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
}
