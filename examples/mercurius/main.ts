/** Mercurius on Fastify, with a schema of graphql-js and a subset of our fields: `node main.ts`. */
import { makeExecutableSchema, mergeSchemas } from '@graphql-tools/schema';
import { MikroORM } from '@mikro-orm/sqlite';
import fastify from 'fastify';
import { GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import {
  type AuthContext,
  authEntities,
  buildAuthModule,
  createAuth,
  generateKeys,
  guardSchema,
} from 'graphql-simplejwt';
import { mercuriusOptions } from 'graphql-simplejwt/fastify';
import mercurius from 'mercurius';

const { DATABASE = 'app.db', PORT = '4000' } = process.env;

const orm = await MikroORM.init({ dbName: DATABASE, entities: [...authEntities] });
await orm.schema.update({ safe: true });
const auth = await createAuth({
  orm,
  // In production, read the keys from a file: `graphql-simplejwt-server keys:generate` writes one.
  keys: generateKeys(),
  issuer: `http://localhost:${PORT}`,
  groups: ['tokens', 'account'],
});

const mine = new GraphQLSchema({
  query: new GraphQLObjectType<unknown, AuthContext>({
    name: 'Query',
    fields: {
      greeting: { type: GraphQLString, resolve: (_source, _args, { currentUser }) => `Hello ${currentUser?.id}.` },
    },
  }),
});
const schema = guardSchema(mergeSchemas({ schemas: [makeExecutableSchema(await buildAuthModule(auth)), mine] }), {
  fields: { 'Query.greeting': 'authorized' },
});

const app = fastify();
await app.register(mercurius, { schema, ...mercuriusOptions(app, auth) });
await app.listen({ port: Number(PORT) });
console.log(`http://127.0.0.1:${PORT}/graphql`);
