import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Generates types for the kit's operations and the page's own. In your project the two paths are
 * `node_modules/graphql-simplejwt-client/schema.graphql` and `node_modules/graphql-simplejwt-client/operations/*.graphql`.
 */
const config: CodegenConfig = {
  schema: '../../schema.graphql',
  documents: ['../../client/operations/*.graphql'],
  generates: {
    './src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: { useTypeImports: true, enumsAsTypes: true, scalars: { DateTime: 'string' } },
    },
  },
};

export default config;
