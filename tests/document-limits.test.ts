import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { newAdministrator } from './support/accounts.ts';
import { heapGrowth } from './support/heap-growth.ts';
import { errorOf } from './support/outcomes.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

let server: TestAuth;
let accessToken: string;
beforeAll(async () => {
  server = await startTestAuth({ isProduction: true });
  ({ accessToken } = await newAdministrator(server));
});
afterAll(() => server.stop());

const repeat = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');
const EVENTS = 'securityEvents(first: 100) { edges { node { id type createdAt } } }';

test.each([
  ['aliases', 50, `{ ${repeat(51, (index) => `a${index}: me { id }`)} }`],
  ['aliases', 50, `{ ${repeat(51, (index) => `a${index}: __typename`)} }`],
  ['aliases', 50, `{ ...A ...A } fragment A on Query { ${repeat(26, (index) => `a${index}: __typename`)} }`],
  ['aliases', 50, `{ me { ${repeat(51, (index) => `a${index}: id`)} } }`],
  ['rootFields', 20, `{ ${repeat(21, () => 'me { id }')} }`],
  ['rootFields', 20, `{ ...A ...A } fragment A on Query { ${repeat(11, () => '__typename')} }`],
  ['directives', 50, `{ me { ${repeat(51, () => 'id @include(if: true)')} } }`],
  ['directives', 50, `{ me { id ${repeat(51, () => '@include(if: true)')} } }`],
  ['depth', 20, `{ __schema { types { ${'fields { type { '.repeat(10)} name ${'} }'.repeat(10)} } } }`],
  ['cost', 5_000, `{ ${repeat(20, (index) => `a${index}: ${EVENTS}`)} }`],
  ['cost', 5_000, `query ($n: Int!) { ${repeat(20, (index) => `a${index}: ${EVENTS.replace('100', '$n')}`)} }`],
  ['cost', 5_000, `{ ${repeat(12, (index) => `a${index}: sessions { id createdAt expiresAt userAgent ipAddress }`)} }`],
  ['cost', 5_000, '{ users(first: 999999) { edges { node { id } } } }'],
])('a document with too many %s, more than %i, is refused before it runs', async (limit, max, query) => {
  const before = server.log();
  const answer = await server.client.run(query, { n: 1 }, accessToken);

  expect(answer.status).toBe(400);
  const [error] = answer.errors;
  expect(error).toMatchObject({
    message: expect.stringMatching(/^The document has more than \d+ [a-z ]+\.$/),
    locations: [{ line: 1, column: 1 }],
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', limit, max },
  });
  expect(server.log()).toBe(before);
});

test('a document of more than 2,000 tokens is not even parsed', async () => {
  const answer = await server.client.run(`{ ${repeat(4_000, (index) => `a${index}: me { id }`)} }`, {}, accessToken);
  expect(errorOf(answer)).toMatchObject({
    message: 'The document has more than 2000 tokens.',
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
});

test('documents with many comments do not fill the memory', async () => {
  const comments = '#\n'.repeat(30_000);
  const growth = await heapGrowth(async () => {
    for (let index = 0; index < 60; index += 1)
      expect((await server.client.run(`${comments}{ a${index}: __typename }`)).errors).toEqual([]);
  });
  expect(growth).toBeLessThan(80);
});

test('fragments within fragments are measured in linear time', async () => {
  const fragments = repeat(60, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`);
  const begun = performance.now();
  const answer = await server.client.run(
    `{ ...F0 } ${fragments} fragment F60 on Query { a: __typename }`,
    {},
    accessToken,
  );
  expect(answer.errors[0]?.extensions).toMatchObject({ limit: 'aliases' });
  expect(performance.now() - begun).toBeLessThan(5_000);
});

test('a fragment that contains itself is refused by graphql', async () => {
  const answer = await server.client.run('{ ...A } fragment A on Query { __typename ...A }', {}, accessToken);
  expect(answer.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
});

test('the operations of the client kit and the introspection of tools are far below the limits', async () => {
  const folder = join(import.meta.dirname, '../client/operations');
  const operations = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const development = await startTestAuth();
  for (const query of [...operations, getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true })]) {
    const { errors } = await development.client.run(query);
    for (const { extensions } of errors) expect(extensions).not.toHaveProperty('limit');
  }
  await development.stop();
});
