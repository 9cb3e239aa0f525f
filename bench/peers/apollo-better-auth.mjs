/**
 * Apollo Server on Fastify. Its context asks better-auth for the session, which is a query. It takes PORT, SECRET and DB from the
 * environment, and prints the access token of a user.
 */
import { DatabaseSync } from 'node:sqlite';
import { ApolloServer } from '@apollo/server';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { fromNodeHeaders } from 'better-auth/node';
import { bearer } from 'better-auth/plugins';
import fastify from 'fastify';

const database = new DatabaseSync(process.env.DB);
database.exec('pragma journal_mode = wal; pragma synchronous = full');
const options = {
  database,
  secret: process.env.SECRET,
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  emailAndPassword: { enabled: true },
  plugins: [bearer()],
  rateLimit: { enabled: false },
  advanced: { disableCSRFCheck: true },
};
const auth = betterAuth(options);
await (await getMigrations(options)).runMigrations();
const signedUp = await auth.api.signUpEmail({
  body: { email: 'a@example.com', password: 'correct horse battery', name: 'a' },
  asResponse: true,
});

const app = fastify();
const apollo = new ApolloServer({
  typeDefs: 'type Info { id: ID } type Query { currentToken: Info }',
  resolvers: {
    Query: {
      currentToken(_source, _args, { session }) {
        if (!session) throw new Error('There is no user.');
        return { id: session.session.id };
      },
    },
  },
  plugins: [fastifyApolloDrainPlugin(app)],
});
await apollo.start();
const context = async (request) => ({
  session: await auth.api.getSession({ headers: fromNodeHeaders(request.headers) }),
});
app.post('/graphql', fastifyApolloHandler(apollo, { context }));
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
console.log(`is serving ${signedUp.headers.get('set-auth-token')}`);
