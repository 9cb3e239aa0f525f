/** Apollo Server on Fastify with one field, to compare with: `node bare-apollo.ts`. It listens on `PORT`. */
import { ApolloServer } from '@apollo/server';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import fastify from 'fastify';

const app = fastify();
const server = new ApolloServer({
  typeDefs: 'type Query { greeting: String! }',
  resolvers: { Query: { greeting: () => 'Hello.' } },
  plugins: [fastifyApolloDrainPlugin(app)],
});
await server.start();
app.post('/graphql', fastifyApolloHandler(server));
const url = await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 0) });
console.log(`is serving ${url}`);
