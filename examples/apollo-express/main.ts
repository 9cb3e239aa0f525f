/** Express 5 with Apollo Server, and users that the host keeps: `node main.ts`. */
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { makeExecutableSchema } from '@graphql-tools/schema';
import { MikroORM } from '@mikro-orm/sqlite';
import express from 'express';
import {
  type AuthContext,
  buildAuthModule,
  createAuth,
  createHostAuthEntities,
  generateKeys,
  type GuardedContext,
  guardSchema,
} from 'graphql-simplejwt';
import { apolloOptions, createApolloContext } from 'graphql-simplejwt/apollo';
import { openTables } from './users.ts';

const { DATABASE = 'app.db', PORT = '4000' } = process.env;

// Our tables are in the database of the host, and MikroORM knows no others.
const tables = openTables(DATABASE);
const orm = await MikroORM.init({ dbName: DATABASE, entities: [...createHostAuthEntities()] });
await orm.schema.update({ safe: true });
// In production, read the keys from a file: `graphql-simplejwt-server keys:generate` writes one.
const auth = await createAuth({ orm, keys: generateKeys(), issuer: `http://localhost:${PORT}`, users: tables.users });

const { typeDefs, resolvers } = await buildAuthModule(auth);
const schema = guardSchema(
  makeExecutableSchema({
    typeDefs: [
      typeDefs,
      `type User { id: ID! name: String! }
       type Note { id: ID! text: String! }
       extend type Query { notes: [Note!] @authorized }
       extend type Mutation {
         addNote(text: String!): Note @authorized(roles: ["EDITOR"])
         stopWriting: Boolean @authorized
       }`,
    ],
    resolvers: [
      resolvers,
      {
        Query: { notes: (_source, _args, { currentUser }: GuardedContext) => tables.notesOf(currentUser.id) },
        Mutation: {
          addNote: (_source, { text }: { text: string }, { currentUser }: GuardedContext) =>
            tables.addNote(currentUser.id, text),
          async stopWriting(_source, _args, { currentUser }: GuardedContext) {
            tables.setRole(Number(currentUser.id), 'READER');
            await auth.userChanged(currentUser.id);
            return true;
          },
        },
      },
    ],
  }),
);

const server = new ApolloServer<AuthContext>({ schema, ...apolloOptions() });
await server.start();
const app = express();
app.use('/graphql', express.json(), expressMiddleware(server, { context: createApolloContext(auth) }));
createServer(app).listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/graphql`));
