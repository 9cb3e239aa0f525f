/** A subgraph of Apollo Federation that owns `User` and the tokens: `node main.ts`. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { MikroORM } from '@mikro-orm/sqlite';
import { parse } from 'graphql';
import {
  type AuthContext,
  authEntities,
  buildAuthModule,
  createAuth,
  generateKeys,
  guardSchema,
} from 'graphql-simplejwt';
import { apolloOptions, createApolloContext } from 'graphql-simplejwt/apollo';

const { DATABASE = 'app.db', PORT = '4000' } = process.env;

const orm = await MikroORM.init({ dbName: DATABASE, entities: [...authEntities] });
await orm.schema.update({ safe: true });
// In production, read the keys from a file: `graphql-simplejwt-server keys:generate` writes one.
const auth = await createAuth({ orm, keys: generateKeys(), issuer: `http://localhost:${PORT}` });

const { typeDefs, resolvers } = await buildAuthModule(auth);
const schema = guardSchema(
  buildSubgraphSchema([
    { typeDefs: parse(typeDefs), resolvers: resolvers as never },
    {
      typeDefs: parse(`
        extend schema @link(url: "https://specs.apollo.dev/federation/v2.14", import: ["@key"])
        extend type User @key(fields: "id")
      `),
      resolvers: {
        User: {
          // Other subgraphs refer to any user by id. The router passes the token of the client on.
          __resolveReference: ({ id }: { id: string }, { currentUser }: AuthContext) =>
            id === currentUser?.id || currentUser?.roles.includes('ADMIN') ? auth.findUser(id) : null,
        },
      },
    },
  ]),
  { fields: { 'Query._service': 'public', 'Query._entities': 'authorized' } },
);

const server = new ApolloServer<AuthContext>({ schema, ...apolloOptions() });
const { url } = await startStandaloneServer(server, {
  listen: { port: Number(PORT), host: '127.0.0.1' },
  context: createApolloContext(auth),
});
console.log(`${url}graphql`);
