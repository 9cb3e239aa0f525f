import { z } from 'zod';

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');
const common = {
  // jsonwebtoken escapes no other characters in the header, so they would break its JSON.
  kid: z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 visible characters of ASCII'),
  use: z.literal('sig').optional(),
};
const ofTokens = { ...common, purpose: z.enum(['access', 'refresh']) };

const tokenJwkSchema = z.discriminatedUnion('kty', [
  z.strictObject({ ...ofTokens, kty: z.literal('oct'), alg: z.literal('HS256'), k: base64url }),
  z.strictObject({
    ...ofTokens,
    kty: z.literal('EC'),
    alg: z.literal('ES256'),
    crv: z.literal('P-256'),
    x: base64url,
    y: base64url,
    d: base64url,
  }),
  z.strictObject({
    ...ofTokens,
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

const passwordJwkSchema = z.strictObject({
  ...common,
  purpose: z.literal('password'),
  kty: z.literal('oct'),
  alg: z.literal('HS384'),
  k: base64url,
});

/** A key of tokens with all its members, each of its type. It may still be a weak key. */
export type WellFormedTokenJwk = z.output<typeof tokenJwkSchema>;

/** A key with all its members, each of its type. It may still be a weak key. */
export type WellFormedJwk = WellFormedTokenJwk | z.output<typeof passwordJwkSchema>;

const jwkSetSchema = z.strictObject({ keys: z.array(z.unknown()).min(1) });

/** Returns the well-formed keys of a JWK Set, and what is wrong with the others. */
export function parseJwkSet(jwks: unknown): { given: unknown[]; wellFormed: WellFormedJwk[]; faults: string[] } {
  const set = jwkSetSchema.safeParse(jwks);
  if (!set.success) return { given: [], wellFormed: [], faults: set.error.issues.map((issue) => describe(issue, [])) };
  const given = set.data.keys;
  const wellFormed: WellFormedJwk[] = [];
  const faults: string[] = [];
  for (const [index, value] of given.entries()) {
    const jwk = (isForPasswords(value) ? passwordJwkSchema : tokenJwkSchema).safeParse(value);
    if (jwk.success) wellFormed.push(jwk.data);
    else faults.push(...jwk.error.issues.map((issue) => describe(issue, ['keys', index])));
  }
  return { given, wellFormed, faults };
}

function isForPasswords(jwk: unknown): boolean {
  return typeof jwk === 'object' && jwk !== null && 'purpose' in jwk && jwk.purpose === 'password';
}

function describe({ code, path, message }: z.core.$ZodIssue, within: readonly PropertyKey[]): string {
  // The name of an unknown member could be anything, even a secret.
  const text = code === 'unrecognized_keys' ? 'has an unknown member' : message;
  return `${[...within, ...path].join('.')}: ${text}`;
}
