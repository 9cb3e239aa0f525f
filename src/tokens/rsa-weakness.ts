const FEWEST_BITS = 2048;
const LOWEST_EXPONENT = 65_537n;

/** What is wrong with an RSA key by its public half, which is all that an attacker needs. */
export function weaknessOfRsa(jwk: { readonly n: string; readonly e: string }): string | null {
  const modulus = toInteger(jwk.n);
  if (modulus.toString(2).length < FEWEST_BITS)
    return `is shorter than the ${FEWEST_BITS} bits of RFC 7518 section 3.3`;
  // FIPS 186-5 section A.1.1. With an exponent of 1 a message is its own signature.
  if (toInteger(jwk.e) < LOWEST_EXPONENT) return `has a public exponent below ${LOWEST_EXPONENT}`;
  return hasRocaFingerprint(modulus) ? 'is a product of ROCA primes (CVE-2017-15361)' : null;
}

function toInteger(base64url: string): bigint {
  return BigInt(`0x0${Buffer.from(base64url, 'base64url').toString('hex')}`);
}

const ROCA_PRIMES = [
  11n,
  13n,
  17n,
  19n,
  37n,
  53n,
  61n,
  71n,
  73n,
  79n,
  97n,
  103n,
  107n,
  109n,
  127n,
  151n,
  157n,
] as const;

/**
 * Infineon's library made primes of the form k * M + (65537 ** a mod M), so modulo each small prime the modulus is a power
 * of 65537, and its factors can be found. One other key in 230 million looks the same.
 */
function hasRocaFingerprint(modulus: bigint): boolean {
  return ROCA_PRIMES.every((prime) => isPowerOf(65_537n % prime, modulus % prime, prime));
}

function isPowerOf(base: bigint, value: bigint, prime: bigint): boolean {
  for (let power = base; ; power = (power * base) % prime) {
    if (power === value) return true;
    if (power === 1n) return false;
  }
}
