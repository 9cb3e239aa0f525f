import type { CodegenConfig } from '@graphql-codegen/cli';

/**
 * Makes types of the kit's operations, and of the page's own. In a project of yours the two paths are
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
