/** Mercurius with mercurius-auth and @fastify/jwt, which caches what it has verified. It takes PORT and SECRET from the environment. */
import jwt from '@fastify/jwt';
import fastify from 'fastify';
import mercurius from 'mercurius';
import mercuriusAuth from 'mercurius-auth';

const app = fastify();
await app.register(jwt, {
  secret: process.env.SECRET,
  verify: { allowedIss: 'peer', allowedAud: 'api', algorithms: ['HS256'], cache: true },
});
await app.register(mercurius, {
  schema: `
    directive @auth on FIELD_DEFINITION
    type Info { id: ID }
    type Query { currentToken: Info @auth }
  `,
  resolvers: { Query: { currentToken: (_source, _args, { auth }) => ({ id: auth.user.jti }) } },
  context: (request) => ({ request }),
});
await app.register(mercuriusAuth, {
  async authContext({ request }) {
    try {
      return { user: await request.jwtVerify() };
    } catch {
      return {};
    }
  },
  applyPolicy: async (_directive, _parent, _args, { auth }) => auth.user !== undefined,
  authDirective: 'auth',
});
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
console.log('is serving');
