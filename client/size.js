import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const CORE = "export { createAuthClient } from './dist/index.js';";
const IMPORTS = {
  'plain fetch': CORE,
  'Apollo Client': `${CORE} export { createAuthLink } from './dist/apollo.js';`,
  urql: `${CORE} export { createUrqlAuth } from './dist/urql.js';`,
  'the error codes alone': "export { ErrorCode } from './dist/index.js';",
};

// What the kit adds to a page, without the packages that the page has anyway.
for (const [name, source] of Object.entries(IMPORTS)) console.log(`${name}: ${await measure(source)}`);

async function measure(source) {
  const entry = `${import.meta.dirname}/entry.js`;
  const given = {
    name: 'given',
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? source : null),
  };
  const bundle = await rolldown({ input: entry, external: /^@/, plugins: [given] });
  const { output } = await bundle.generate({ minify: true });
  const bytes = Buffer.from(output[0].code);
  return `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} compressed`;
}
