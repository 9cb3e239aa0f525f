import { dirname, join } from 'node:path';
import { type Build, ISSUER } from '../tests/soak/program.ts';

type Codecs = typeof import('../src/tokens/token-codec.ts');
type Rings = typeof import('../src/tokens/key-ring.ts');

/** The codec of the built library, which is no part of its interface. */
export async function loadCodec({ library, main }: Build, keys: unknown = library.generateKeys()) {
  const dist = join(dirname(main), '../node_modules/graphql-simplejwt/dist');
  const { createTokenCodec } = (await import(join(dist, 'tokens/token-codec.js'))) as Codecs;
  const { importKeyRing } = (await import(join(dist, 'tokens/key-ring.js'))) as Rings;
  const ring = importKeyRing(keys);
  const rules = {
    issuer: ISSUER,
    audience: 'api',
    accessTokenLifetime: 300_000,
    isUserId: (value: unknown): value is string => typeof value === 'string',
    namespace: null,
    leeway: 0,
  };
  return { ring, makeCodec: () => createTokenCodec(ring, rules, library.systemClock) };
}
