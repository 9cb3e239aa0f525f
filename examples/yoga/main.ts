/** GraphQL Yoga, with users that the library keeps and a field of the host on `User`: `node main.ts`. */
import { createServer } from 'node:http';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { MikroORM } from '@mikro-orm/sqlite';
import {
  type AuthContext,
  authEntities,
  type AuthUser,
  buildAuthModule,
  createAuth,
  generateKeys,
  guardSchema,
} from 'graphql-simplejwt';
import { yogaOptions } from 'graphql-simplejwt/yoga';
import { createYoga } from 'graphql-yoga';

const { DATABASE = 'app.db', PORT = '4000' } = process.env;

const orm = await MikroORM.init({ dbName: DATABASE, entities: [...authEntities] });
await orm.schema.update({ safe: true });
// In production, read the keys from a file: `graphql-simplejwt-server keys:generate` writes one.
const auth = await createAuth({ orm, keys: generateKeys(), issuer: `http://localhost:${PORT}` });

const { typeDefs, resolvers } = await buildAuthModule(auth);
const schema = guardSchema(
  makeExecutableSchema({
    typeDefs: [typeDefs, 'extend type User { nickname: String! } extend type Query { motto: String @public }'],
    resolvers: [
      resolvers,
      {
        User: { nickname: ({ email }: AuthUser) => email.split('@')[0] },
        Query: {
          motto: (_source, _args, { currentUser }: AuthContext) =>
            currentUser === null ? 'Welcome.' : 'Welcome back.',
        },
      },
    ],
  }),
);

const yoga = createYoga({ schema, ...yogaOptions(auth) });
createServer((req, res) => void yoga(req, res)).listen(Number(PORT), '127.0.0.1', () =>
  console.log(`http://127.0.0.1:${PORT}/graphql`),
);
