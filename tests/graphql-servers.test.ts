import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import fastify from 'fastify';
import { graphql, type GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import mercurius from 'mercurius';
import { type Auth, type AuthContext, buildGuardedSchema } from '../src/index.ts';
import { hookStatements } from './support/driver-faults.ts';
import { GraphQLClient, PASSWORD } from './support/graphql-client.ts';
import { HOUR } from './support/manual-clock.ts';
import { errorOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

interface Running {
  readonly url: string;
  stop(): Promise<unknown>;
}

interface GraphQLRequest {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

type StartHost = (schema: GraphQLSchema, auth: Auth) => Promise<Running>;

const contextOf = (auth: Auth, req: IncomingMessage): AuthContext =>
  auth.context({ headers: req.headers, sendsCookies: true });

async function listen(listener: RequestListener): Promise<Running> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, stop: async () => new Promise((done) => void server.close(done)) };
}

/** Each host as its own documentation starts it, with no line about errors. */
const HOSTS: Record<string, StartHost> = {
  async 'Apollo Server'(schema, auth) {
    const host = new ApolloServer<AuthContext>({ schema, includeStacktraceInErrorResponses: false });
    const { url } = await startStandaloneServer(host, {
      listen: { port: 0, host: '127.0.0.1' },
      context: async ({ req }) => contextOf(auth, req),
    });
    return { url: url.replace(/\/$/, ''), stop: async () => host.stop() };
  },
  async 'Yoga, which masks errors'(schema, auth) {
    const context = ({ req }: { req: IncomingMessage }) => contextOf(auth, req);
    // oxlint-disable-next-line typescript/no-misused-promises -- Yoga answers every fault itself
    return listen(createYoga<{ req: IncomingMessage }, AuthContext>({ schema, context, logging: false }));
  },
  async Mercurius(schema, auth) {
    const app = fastify();
    await app.register(mercurius, { schema, context: ({ raw }) => contextOf(auth, raw) });
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), stop: async () => app.close() };
  },
  async 'plain graphql-js'(schema, auth) {
    return listen((req, res) => {
      void (async () => {
        const { query, variables } = (await json(req)) as GraphQLRequest;
        const contextValue = contextOf(auth, req);
        const result = await graphql({ schema, source: query, variableValues: variables, contextValue });
        res.setHeader('content-type', 'application/json').end(JSON.stringify(result));
      })();
    });
  },
};

describe.each(Object.entries(HOSTS))('under %s', (_name, startHost) => {
  let server: TestAuth;
  let host: Running;
  let client: GraphQLClient;
  beforeAll(async () => {
    server = await startTestAuth();
    host = await startHost(await buildGuardedSchema({ resolvers: server.auth.resolvers }), server.auth);
    client = new GraphQLClient(host.url);
  });
  afterAll(async () => {
    await host.stop();
    await server.stop();
  });

  test('a guard that finds no token answers UNAUTHENTICATED and says that a refresh cannot help', async () => {
    expect(errorOf(await client.me())).toMatchObject({
      message: 'A valid access token is required.',
      path: ['me'],
      extensions: { code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING', refreshable: false },
    });
  });

  test('a guard that finds an expired token says that a refresh can help', async () => {
    const { accessToken } = await client.register(someEmail());
    await passTime(server, HOUR);
    expect(errorOf(await client.me(accessToken)).extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_EXPIRED',
      refreshable: true,
    });
  });

  test('a guard that misses a role answers FORBIDDEN', async () => {
    const { accessToken } = await client.register(someEmail());
    const answer = await client.run('{ users { edges { cursor } } }', {}, accessToken);
    expect(errorOf(answer).extensions).toEqual({ code: 'FORBIDDEN', reason: 'ROLE_MISSING' });
  });

  test('a resolver answers INVALID_CREDENTIALS', async () => {
    const answer = await client.tryLogin(someEmail(), 'wrong password');
    expect(errorOf(answer).extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
  });

  test('a resolver answers INVALID_REFRESH_TOKEN with its reason', async () => {
    const { refreshToken } = await client.register(someEmail());
    await client.refresh(refreshToken);
    expect(errorOf(await client.tryRefresh(refreshToken)).extensions).toEqual({
      code: 'INVALID_REFRESH_TOKEN',
      reason: 'TOKEN_ROTATED',
    });
  });

  test('a resolver answers BAD_USER_INPUT with every field', async () => {
    const query = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }';
    const input = { email: 'nobody', password: 'short' };
    expect(errorOf(await client.run(query, { input })).extensions).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        { path: 'input.email', reason: 'EMAIL_INVALID' },
        { path: 'input.password', reason: 'PASSWORD_TOO_SHORT' },
      ],
    });
  });

  test('a resolver answers NOT_FOUND', async () => {
    const email = someEmail();
    await server.auth.createUser({ email, password: PASSWORD, roles: ['ADMIN'] });
    const { accessToken } = await client.login(email);
    const query = 'mutation { deleteUser(input: { id: "nobody" }) { id } }';
    expect(errorOf(await client.run(query, {}, accessToken)).extensions).toEqual({ code: 'NOT_FOUND' });
  });

  test('a resolver answers CSRF_REJECTED', async () => {
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
    const input = { email: someEmail(), password: PASSWORD, delivery: 'COOKIES' };
    const answer = await client.run(query, { input }, undefined, { origin: 'https://evil.test' });
    expect(errorOf(answer).extensions).toMatchObject({ code: 'CSRF_REJECTED' });
  });

  test('a resolver whose database is away answers SERVICE_UNAVAILABLE and not the cause', async () => {
    const { refreshToken } = await client.register(someEmail());
    let isBroken = true;
    await hookStatements(server.orm, {
      before: (sql) => {
        if (!isBroken || !/^update .*session/.test(sql)) return;
        throw Object.assign(new Error('the cable was cut'), { code: 'ECONNRESET' });
      },
    });
    const answer = await client.tryRefresh(refreshToken);
    isBroken = false;
    expect(errorOf(answer).extensions).toEqual({ code: 'SERVICE_UNAVAILABLE' });
    expect(answer.text).not.toContain('cable');
  });
});
