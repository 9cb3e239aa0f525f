import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { jest } from '@jest/globals';
import fastify from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { createYoga } from 'graphql-yoga';
import mercurius from 'mercurius';
import { Mutation, Resolver } from 'type-graphql';
import { apolloOptions, createApolloContext } from '../src/adapters/apollo.ts';
import { mercuriusOptions } from '../src/adapters/fastify.ts';
import { gatherRequests } from '../src/adapters/gather-requests.ts';
import { yogaOptions } from '../src/adapters/yoga.ts';
import { type Auth, type AuthContext, buildGuardedSchema, type Fault, Public } from '../src/index.ts';
import { fillQueue, SHORT_QUEUE } from './support/busy-logins.ts';
import { importDocumentedCode } from './support/documented-code.ts';
import { freePort } from './support/free-port.ts';
import { type Answer, EMAIL, GraphQLClient, PASSWORD } from './support/graphql-client.ts';
import { heapGrowth } from './support/heap-growth.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { ACCESS, COOKIE_DELIVERIES, Page, setCookiesOf } from './support/page.ts';
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
  stop(): unknown;
}
interface Recipe {
  serve(schema: GraphQLSchema, auth: Auth, port: number): Promise<Running>;
}

/** Where docs/browser.md has the code of each server. */
const SERVERS = [
  'Apollo Server** by itself',
  'Apollo Server under Express.**',
  'Mercurius**',
  'GraphQL Yoga.**',
] as const;

// Apollo Server and Yoga log the faults of `FaultyResolver` there.
beforeAll(() => void jest.spyOn(console, 'error').mockImplementation(() => undefined));
afterAll(() => jest.restoreAllMocks());

describe.each(SERVERS)('the recipe for **%s', (heading) => {
  let server: TestAuth;
  let host: Running;
  let client: GraphQLClient;
  let removeRecipe: () => void;
  beforeAll(async () => {
    server = await startTestAuth(SHORT_QUEUE);
    const { module, remove } = await importDocumentedCode('browser.md', heading);
    removeRecipe = remove;
    const schema = await buildGuardedSchema({ resolvers: [...server.auth.resolvers, FaultyResolver] });
    const { url, stop } = await (module as Recipe).serve(schema, server.auth, await freePort());
    host = { url: new URL(url).origin, stop };
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
    expect(answer.headers.get('retry-after')).toBe('3');
  });

  test('stops parsing a document at 2,000 tokens', async () => {
    const answer = await client.run(`{ ${'__typename '.repeat(2_001)} }`);
    expect([refusalOf(answer), errorOf(answer).message]).toEqual([
      expect.stringMatching(/GRAPHQL_(VALIDATION|PARSE)_FAILED/),
      'The document has more than 2000 tokens.',
    ]);
  });

  test('does not parse a document of more than 100,000 characters', async () => {
    const answer = await client.run(`{ __typename } #${'x'.repeat(100_000)}`);
    expect(errorOf(answer)).toMatchObject({
      message: 'The document has more than 100000 characters.',
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit: 'characters', max: 100_000 },
    });
    expect(Object.keys(errorOf(answer).extensions)).toEqual(['code', 'limit', 'max']);
  });

  test.each([
    ['valid', (index: number) => `{ a${index}: __typename }`],
    ['invalid', (index: number) => `{ nothing${index} }`],
    ['unreadable', (index: number) => `{ a${index} `],
  ])('keeps at most a few of the %s documents that nobody asks for again', async (_kind, write) => {
    // The parser makes an object of each comment, which no limit of tokens counts: three megabytes for each document.
    const comments = '#\n'.repeat(30_000);
    const growth = await heapGrowth(async () => {
      for (let index = 0; index < 60; index += 1) await client.run(`${comments}${write(index)}`);
    });
    expect(growth).toBeLessThan(80);
  });

  test('sends every answer with no-store', async () => {
    for (const answer of [await client.me(), await client.register(someEmail()).then(() => client.me())])
      expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

type StartReporting = (schema: GraphQLSchema, auth: Auth, onFault: (fault: Fault) => void) => Promise<Running>;

const REPORTING: Readonly<Record<string, StartReporting>> = {
  async apollo(schema, auth, onFault) {
    const server = new ApolloServer<AuthContext>({ schema, ...apolloOptions({ onFault }) });
    const { url } = await startStandaloneServer(server, { listen: { port: 0 }, context: createApolloContext(auth) });
    return { url: new URL(url).origin, stop: () => server.stop() };
  },
  async fastify(schema, auth, onFault) {
    const app = fastify();
    await app.register(mercurius, { schema, ...mercuriusOptions(app, auth, { onFault }) });
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), stop: () => app.close() };
  },
  async yoga(schema, auth, onFault) {
    const yoga = createYoga({ schema, ...yogaOptions(auth, { onFault }) });
    const server = createServer((req, res) => void yoga(req, res)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
  },
};

test.each(Object.entries(REPORTING))(
  'the adapter %s reports what the client is not told, once',
  async (_name, start) => {
    const server = await startTestAuth();
    const schema = await buildGuardedSchema({ resolvers: [...server.auth.resolvers, FaultyResolver] });
    const faults: Fault[] = [];
    const host = await start(schema, server.auth, (fault) => void faults.push(fault));
    try {
      const client = new GraphQLClient(host.url);
      await client.run('mutation { connect }');
      await client.me('nonsense');
      await client.run('{ nothing }');
      expect(faults.map(({ message }) => message)).toEqual(['connect ECONNREFUSED password=hunter2']);
    } finally {
      await host.stop();
      await server.stop();
    }
  },
);

test('short persisted queries do not fill the memory of Apollo Server', async () => {
  const { cache } = apolloOptions();
  const growth = await heapGrowth(async () => {
    for (let index = 0; index < 300_000; index += 1)
      await cache.set(`apq:${String(index).padStart(64, '0')}`, `{__typename}#${index}`);
  });
  expect(await cache.get(`apq:${String(299_999).padStart(64, '0')}`)).toBe('{__typename}#299999');
  expect(growth).toBeLessThan(40);
});

test('what Apollo Server keeps for a time is forgotten after it', async () => {
  const { cache } = apolloOptions();
  await cache.set('short', 'text', { ttl: 0.001 });
  await cache.set('long', 'text', { ttl: 60 });
  await new Promise((resolve) => void setTimeout(resolve, 20));
  expect([await cache.get('short'), await cache.get('long')]).toEqual([undefined, 'text']);
});

describe('requests that arrive together', () => {
  let gone: string[] = [];
  const arrive = (name: string) => void gatherRequests().then(() => gone.push(name));
  const turn = async () => new Promise(setImmediate);

  beforeEach(() => {
    gone = [];
  });

  test('go on together in the first turn of the event loop that brings no other', async () => {
    arrive('first');
    arrive('second');
    await turn();
    arrive('third');
    await turn();
    expect(gone).toEqual([]);
    await turn();
    expect(gone).toEqual(['first', 'second', 'third']);
  });

  test('wait for four turns at most, however many follow', async () => {
    arrive('first');
    for (const name of ['second', 'third', 'fourth', 'fifth']) {
      expect(gone).toEqual([]);
      arrive(name);
      await turn();
    }
    expect(gone).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
    arrive('sixth');
    await turn();
    expect(gone.at(-1)).toBe('sixth');
  });

  test('do not delay one that is alone: it goes on in the next turn', async () => {
    arrive('only');
    await Promise.resolve();
    expect(gone).toEqual([]);
    await turn();
    expect(gone).toEqual(['only']);
  });
});

test('GraphiQL of Yoga opens from a link on another site, and a query does not', async () => {
  const server = await startTestAuth();
  const schema = await buildGuardedSchema({ resolvers: server.auth.resolvers });
  const host = await REPORTING['yoga']!(schema, server.auth, () => undefined);
  try {
    const client = new GraphQLClient(host.url);
    const page = new Page(
      { ...host, client, clock: server.clock },
      { origin: host.url, 'sec-fetch-site': 'same-origin' },
    );
    await page.register('COOKIES', someEmail());
    const headers = { ...EVIL, cookie: page.jar.header() ?? '', accept: 'text/html' };
    expect((await client.send({ headers })).text).toContain('<title>Yoga GraphiQL</title>');
    const queried = await client.send({ headers: { ...headers, accept: '*/*' } }, '/graphql?query={me{id}}');
    expect([queried.status, refusalOf(queried)]).toEqual([403, 'CSRF_REJECTED']);
  } finally {
    await host.stop();
    await server.stop();
  }
});

test('Mercurius below a prefix refuses forged requests too, and leaves other routes alone', async () => {
  const server = await startTestAuth();
  const schema = await buildGuardedSchema({ resolvers: server.auth.resolvers });
  const app = fastify();
  await app.register(
    async (scope) => {
      await scope.register(mercurius, { schema, ...mercuriusOptions(scope, server.auth) });
      scope.get('/callback', async () => 'welcome back');
    },
    { prefix: '/api' },
  );
  try {
    const { accessToken } = await server.client.register();
    const cookie = `${ACCESS}=${accessToken}`;
    const forged = { ...EVIL, cookie, 'content-type': 'application/json' };
    const payload = { query: '{ __typename }' };
    const refused = await app.inject({ method: 'POST', url: '/api/graphql', headers: forged, payload });
    expect([refused.statusCode, refused.headers['cache-control']]).toEqual([403, 'no-store']);
    expect((await app.inject({ url: '/api/callback', headers: forged })).body).toBe('welcome back');
  } finally {
    await app.close();
    await server.stop();
  }
});
