import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import fastify, { type FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import mercurius, { type MercuriusOptions } from 'mercurius';
import { Mutation, Resolver } from 'type-graphql';
import { type Auth, buildGuardedSchema, Public } from '../src/index.ts';
import { fillQueue, SHORT_QUEUE } from './support/busy-logins.ts';
import { importDocumentedCode } from './support/documented-code.ts';
import { type Answer, EMAIL, GraphQLClient, PASSWORD } from './support/graphql-client.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { COOKIE_DELIVERIES, Page, setCookiesOf } from './support/page.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

const EVIL = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };

@Resolver()
class FaultyResolver {
  @Public()
  @Mutation(() => String, { nullable: true })
  connect(): string {
    throw new Error('connect ECONNREFUSED password=hunter2');
  }
}

interface Running {
  readonly url: string;
  stop(): Promise<unknown>;
}
type Recipe = Readonly<Record<'createContext' | 'createServer' | 'createOptions', (...args: unknown[]) => unknown>>;
type Start = (recipe: Recipe, schema: GraphQLSchema, auth: Auth) => Promise<Running>;

/** Each server with the code of docs/browser.md, and with what the page says around it. */
const SERVERS: readonly (readonly [name: string, heading: string, start: Start])[] = [
  [
    'Apollo Server',
    '**Apollo Server, also under Express.**',
    async ({ createContext, createServer: create }, schema, auth) => {
      const server = create(schema) as ApolloServer;
      const context = createContext(auth) as () => Promise<object>;
      const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' }, context });
      return { url: url.replace(/\/$/, ''), stop: async () => server.stop() };
    },
  ],
  [
    'Mercurius',
    '**Mercurius.**',
    async ({ createOptions }, schema, auth) => {
      const app: FastifyInstance = fastify();
      await app.register(mercurius, createOptions(app, auth, schema) as MercuriusOptions);
      return { url: await app.listen({ port: 0, host: '127.0.0.1' }), stop: async () => app.close() };
    },
  ],
  [
    'GraphQL Yoga',
    '**GraphQL Yoga**',
    async ({ createOptions }, schema, auth) => {
      const yoga = createYoga({ schema, logging: false, ...(createOptions(auth) as object) });
      const server = createServer(yoga as unknown as RequestListener);
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { url: `http://127.0.0.1:${port}`, stop: async () => new Promise((done) => void server.close(done)) };
    },
  ],
];

describe.each(SERVERS)('the recipe for %s', (_name, heading, start) => {
  let server: TestAuth;
  let host: Running;
  let client: GraphQLClient;
  let removeRecipe: () => void;
  beforeAll(async () => {
    server = await startTestAuth(SHORT_QUEUE);
    const { module, remove } = await importDocumentedCode('browser.md', heading);
    removeRecipe = remove;
    const schema = await buildGuardedSchema({ resolvers: [...server.auth.resolvers, FaultyResolver] });
    host = await start(module as Recipe, schema, server.auth);
    client = new GraphQLClient(host.url);
  });
  afterAll(async () => {
    await host.stop();
    await server.stop();
    removeRecipe();
  });
  const open = (site?: Record<string, string>) =>
    new Page(
      { ...host, client, clock: server.clock },
      site ?? {
        origin: host.url,
        'sec-fetch-site': 'same-origin',
      },
    );

  test.each(COOKIE_DELIVERIES)('sets, accepts and clears cookies, with %s', async (delivery) => {
    const page = open();
    await page.register(delivery, someEmail());
    await page.refresh();
    expect((await page.logout()).data.logout.endedSessions).toBe(1);
    expect(page.jar.names()).toEqual([]);
  });

  test('answers a forged request with 403, and runs nothing', async () => {
    const page = open();
    await page.register('COOKIES', someEmail());
    const forged = new Page({ ...host, client, clock: server.clock }, EVIL, page.jar);
    const answer = await forged.run('mutation { connect }');
    expect([answer.status, refusalOf(answer)]).toEqual([403, 'CSRF_REJECTED']);
    expect(answer.data ?? null).toBeNull();
  });

  test('answers a forged login with 403, and sets no cookie', async () => {
    const answer = await open(EVIL).tryRegister('COOKIES', someEmail());
    expect([answer.status, errorOf(answer).extensions]).toEqual([403, { code: 'CSRF_REJECTED' }]);
    expect(setCookiesOf(answer)).toEqual([]);
  });

  test('shows neither an inner message nor a value that was sent', async () => {
    const answers: Answer[] = [
      await client.run('mutation { connect }'),
      await client.run('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', {
        input: { email: EMAIL, password: { hunter2: 'hunter2' } },
      }),
      await client.run('mutation { login(input: { email: "hunter2", password: 7 }) { accessToken } }'),
      await client.tryLogin('hunter2@example.com', 'hunter2 hunter2'),
    ];
    for (const answer of answers) {
      expect(answer.errors.length).toBeGreaterThan(0);
      expect(answer.text).not.toContain('hunter2');
      expect(answer.text).not.toMatch(/"http"|stack/);
    }
    expect(answers.map((answer) => refusalOf(answer))).toEqual([
      'INTERNAL_SERVER_ERROR',
      'BAD_USER_INPUT',
      expect.stringMatching(/BAD_REQUEST|GRAPHQL_VALIDATION_FAILED/),
      'INVALID_CREDENTIALS',
    ]);
  });

  test('keeps code, reason and refreshable', async () => {
    expect(errorOf(await client.me('nonsense')).extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_INVALID',
      refreshable: false,
    });
    expect(errorOf(await client.tryLogin(EMAIL, PASSWORD)).extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
  });

  test('refuses a document that is too large, and says which limit it exceeds', async () => {
    const aliases = Array.from({ length: 51 }, (_, index) => `a${index}: __typename`).join(' ');
    const answer = await client.run(`{ ${aliases} }`);
    expect(errorOf(answer).extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED', limit: 'aliases', max: 50 });
    expect(answer.data ?? null).toBeNull();
  });

  test('says of a login at a busy server when to try again', async () => {
    const release = await fillQueue(server, client);
    const answer = await client.tryLogin(EMAIL, PASSWORD);
    await release();
    expect(errorOf(answer).extensions).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 3 });
  });

  test('sends every answer with no-store', async () => {
    for (const answer of [await client.me(), await client.register(someEmail()).then(() => client.me())])
      expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
