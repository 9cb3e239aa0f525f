/** The same with this library. It takes PORT from the environment, and prints the access token of a user. */
import { MikroORM } from '@mikro-orm/sqlite';
import fastify from 'fastify';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { authEntities, createAuth, generateKeys, guardSchema } from 'graphql-simplejwt';
import { mercuriusOptions } from 'graphql-simplejwt/fastify';
import mercurius from 'mercurius';

const orm = await MikroORM.init({ entities: [...authEntities], dbName: ':memory:' });
await orm.schema.create();
const auth = await createAuth({ orm, keys: generateKeys(), issuer: 'https://auth.example.com' });
const user = await auth.createUser({ email: 'a@example.com', password: 'correct horse battery' });
const schema = guardSchema(
  makeExecutableSchema({
    typeDefs: `
      directive @authorized(roles: [String!]) on FIELD_DEFINITION
      type Info { id: ID }
      type Query { currentToken: Info @authorized }
    `,
    resolvers: { Query: { currentToken: (_source, _args, { currentUser }) => ({ id: currentUser.claims.jti }) } },
  }),
);
const app = fastify();
await app.register(mercurius, { schema, ...mercuriusOptions(app, auth) });
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
const { accessToken } = await auth.openSession({ userId: user.id });
console.log(`is serving ${accessToken}`);
