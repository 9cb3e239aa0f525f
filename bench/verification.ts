import { createHmac } from 'node:crypto';
import { v7 } from 'uuid';
import type { Build } from '../tests/soak/program.ts';
import { loadCodec } from './codec.ts';
import { alternate } from './rounds.ts';
import { type Comparison, compare } from './results.ts';

const ROUNDS = 15;

/** Verifying an access token, for the first time and again, beside a bare HMAC of the same bytes. */
export async function compareVerification(build: Build): Promise<Comparison[]> {
  const TOKENS = 5_000;
  const { ring, makeCodec } = await loadCodec(build);
  const iat = Math.floor(Date.now() / 1000);
  const tokens = Array.from({ length: TOKENS }, () =>
    makeCodec().signAccess({ sub: 'a', sid: v7(), jti: v7(), iat, exp: iat + 300, roles: [], ver: 1 }),
  );
  const { signing } = ring.signer('access');
  const hmac = async () =>
    microseconds(tokens, (token) => {
      const end = token.lastIndexOf('.');
      createHmac('sha256', signing).update(token.slice(0, end)).digest('base64url');
    });
  const warm = makeCodec();
  const contestants = {
    first: async () => {
      const codec = makeCodec();
      return microseconds(tokens, (token) => codec.readAccess(token));
    },
    // Each request brings a string of its own, which V8 has not hashed yet.
    again: async () => microseconds(tokens.map(copy), (token) => warm.readAccess(token)),
    hmac,
  };
  await alternate(ROUNDS, contestants);
  const measured = await alternate(ROUNDS, contestants);
  return [
    compare('verify-first', null, { of: measured.first, to: measured.hmac }, 'µs'),
    compare('verify-again', null, { of: measured.again, to: measured.hmac }, 'µs'),
  ];
}

function copy(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** The mean time of one call. */
function microseconds<T>(values: readonly T[], call: (value: T) => void): number {
  const begun = performance.now();
  for (const value of values) call(value);
  return ((performance.now() - begun) * 1000) / values.length;
}
