/** GraphQL Yoga with its JWT plugin. It takes PORT and SECRET from the environment. */
import { createServer } from 'node:http';
import { createInlineSigningKeyProvider, extractFromHeader, useJWT } from '@graphql-yoga/plugin-jwt';
import { createSchema, createYoga } from 'graphql-yoga';

const yoga = createYoga({
  schema: createSchema({
    typeDefs: 'type Info { id: ID } type Query { currentToken: Info }',
    resolvers: {
      Query: {
        currentToken(_source, _args, { jwt }) {
          if (!jwt) throw new Error('There is no user.');
          return { id: jwt.payload.jti };
        },
      },
    },
  }),
  logging: false,
  graphiql: false,
  plugins: [
    useJWT({
      signingKeyProviders: [createInlineSigningKeyProvider(process.env.SECRET)],
      tokenLookupLocations: [extractFromHeader({ name: 'authorization', prefix: 'Bearer' })],
      tokenVerification: { issuer: 'peer', audience: 'api', algorithms: ['HS256'] },
      extendContext: true,
      reject: { missingToken: false, invalidToken: true },
    }),
  ],
});
// oxlint-disable-next-line typescript/no-misused-promises -- as Yoga's documentation has it
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('is serving'));
