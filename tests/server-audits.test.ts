import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { type AuditResult, auditServer } from 'graphql-http';
import type { Answer } from './support/graphql-client.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

/** What the audits of GraphQL over HTTP find at an address, by the name of each audit. */
async function audit(url: string): Promise<Map<string, AuditResult['status']>> {
  const results = await auditServer({ url });
  return new Map(results.map(({ name, status }) => [name, status]));
}

describe('GraphQL over HTTP', () => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth();
  });
  afterAll(() => server.stop());

  test('is followed in all that it demands, and in what it recommends wherever a bare Apollo Server does', async () => {
    const bare = new ApolloServer({ typeDefs: 'type Query { field: String }' });
    const { url } = await startStandaloneServer(bare, { listen: { port: 0, host: '127.0.0.1' } });
    const theirs = await audit(url);
    await bare.stop();
    const ours = await audit(`${server.url}/graphql`);

    const failed = [...ours].filter(([, status]) => status !== 'ok').map(([name]) => name);
    expect(ours.size).toBeGreaterThan(40);
    expect(failed.filter((name) => name.startsWith('MUST'))).toEqual([]);
    expect(failed.filter((name) => theirs.get(name) === 'ok')).toEqual([]);
    expect(server.log()).toBe('');
  });
});

/** What graphql-cop sends, and when it reports a finding. */
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const TYPENAME = 'query cop { __typename }';
const post = (query: unknown): RequestInit => ({ method: 'POST', headers: JSON_TYPE, body: JSON.stringify(query) });
const byGet = (query: string) => `/graphql?query=${encodeURIComponent(query)}`;
const repeat = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');
const hasData = ({ data }: Answer) => data !== null;
const CIRCULAR = `query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }`;

interface Check {
  readonly init: RequestInit;
  readonly finds: (answer: Answer) => boolean;
  readonly path?: string;
}
const CHECKS: [name: string, check: Check][] = [
  [
    'Field suggestions',
    { init: post({ query: 'query cop { __schema { directive } }' }), finds: ({ text }) => /did you mean/i.test(text) },
  ],
  [
    'Introspection',
    { init: post({ query: 'query cop { __schema { types { name fields { name } } } }' }), finds: hasData },
  ],
  [
    'GraphQL IDE',
    {
      init: { headers: { accept: 'text/html' } },
      finds: ({ text }) => /graphiql|playground|apollo sandbox/i.test(text),
    },
  ],
  ['Queries by GET', { init: {}, finds: hasData, path: byGet(TYPENAME) }],
  ['Mutations by GET', { init: {}, finds: hasData, path: byGet('mutation cop { __typename }') }],
  [
    'Queries by POST of a form',
    { init: { method: 'POST', headers: FORM_TYPE, body: new URLSearchParams({ query: TYPENAME }) }, finds: hasData },
  ],
  ['Tracing', { init: post({ query: TYPENAME }), finds: ({ text }) => text.includes('"tracing"') }],
  [
    'Unhandled errors',
    { init: post({ query: 'qwerty cop { abc }' }), finds: ({ text }) => /exception|stacktrace/i.test(text) },
  ],
  [
    'Alias overloading',
    { init: post({ query: `query cop { ${repeat(101, (index) => `alias${index}: __typename`)} }` }), finds: hasData },
  ],
  [
    'Array-based batching',
    {
      init: post(Array.from({ length: 10 }, () => ({ query: TYPENAME }))),
      finds: ({ text }) => text.includes('"data"'),
    },
  ],
  [
    'Directive overloading',
    {
      init: post({ query: `query cop { __typename ${'@aa'.repeat(10)} }` }),
      finds: ({ errors }) => errors.length >= 10,
    },
  ],
  ['Field duplication', { init: post({ query: `query cop { ${'__typename '.repeat(500)} }` }), finds: hasData }],
  ['Circular introspection', { init: post({ query: CIRCULAR }), finds: hasData }],
];

describe('graphql-cop', () => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth({ isProduction: true });
  });
  afterAll(() => server.stop());

  test.each(CHECKS)('%s is no finding in production', async (_name, { init, finds, path = '/graphql' }) => {
    const answer = await server.client.send(init, path);
    expect(finds(answer)).toBe(false);
    expect(answer.status).toBeLessThan(500);
    expect((await server.client.run(TYPENAME)).data).toEqual({ __typename: 'Query' });
  });
});
