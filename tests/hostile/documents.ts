import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import type { Answer } from '../support/graphql-client.ts';
import { type Cases, expectInvalid, type World } from './world.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const TYPENAME = '{"query":"{ __typename }"}';

const repeat = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

/** V, and soon: no document blocks the process. */
async function expectRefusedSoon(world: World, query: string): Promise<Answer> {
  const { access } = await world.register();
  const begun = performance.now();
  const answer = await world.run(query, {}, world.carry(access));
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect([400, 413]).toContain(answer.status);
  expect(answer.text.length).toBeLessThan(10_000);
  if (answer.status === 400) expectInvalid(answer);
  return answer;
}

const refuses = (query: string) => async (world: World) => void (await expectRefusedSoon(world, query));

/** A chain of fragments, each of which uses the next one twice. */
const fragmentBomb = (levels: number) =>
  `{ ...F0 } ${repeat(levels, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)}
  fragment F${levels} on Query { __typename }`;

async function post(world: World, body: BodyInit, headers: Record<string, string> = {}): Promise<Answer> {
  return world.client.send({ method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
}

async function expectStatus(answer: Promise<Answer>, ...statuses: readonly number[]): Promise<void> {
  const { status, errors, data } = await answer;
  expect(statuses).toContain(status);
  expect(data).toBeNull();
  expect(errors.length).toBeGreaterThan(0);
}

/** Cases of denial of service by documents, and of what the schema reveals. */
export const documentCases: Cases = {
  'GQ-02': refuses(`{ ${'me { '.repeat(2_400)} id ${' }'.repeat(2_400)} }`),
  'GQ-04': refuses(`{ ${repeat(101, (index) => `a${index}: __typename`)} }`),
  'GQ-06': async (world) => {
    const { access } = await world.register();
    const answer = await world.run(`{ me { ${'id '.repeat(500)} } }`, {}, world.carry(access));
    expect(answer.data).toEqual({ me: { id: expect.any(String) } });
    await expectRefusedSoon(world, `{ ${'me { id } '.repeat(500)} }`);
  },
  'GQ-08': refuses(`{ ${repeat(1_500, (index) => `x: me { id } x: sessions { id a${index}: id }`).slice(0, 90_000)} }`),
  'GQ-10': refuses(fragmentBomb(20)),
  'GQ-12': refuses(`{ me { id ${repeat(10_000, () => '@include(if: true)')} } }`.slice(0, 99_000)),
  'GQ-14': async (world) => {
    for (const query of ['{ __type(name: "User") { name } }', '{ __schema { queryType { name } } }'])
      expectInvalid(await world.run(query));
    expect((await world.run('{ __typename }')).data).toEqual({ __typename: 'Query' });
  },
  'GQ-16': async (world) => {
    const login = (input: string) => `mutation { login(input: ${input}) { accessToken } }`;
    const queries = [
      '{ hell }',
      '{ m }',
      '{ me(i: 1) { id } }',
      '{ me { emial } }',
      '{ sessions { idd } }',
      login('{ emial: "x", password: "y" }'),
      login('{ email: "x", password: "y", delivery: COOKIE }'),
      login('{ email: 1, password: "y" }'),
      'query ($a: LoginInptu) { me { id } }',
      '{ ... on Usr { id } }',
    ];
    for (const query of queries) {
      const answer = await world.run(query);
      expectInvalid(answer);
      expect(answer.text).not.toMatch(/did you mean|suggest|"email|LoginInput|User/i);
    }
  },
  'GQ-18': async (world) => {
    const answer = await expectRefusedSoon(world, `{ ${repeat(2_001, (index) => `a${index}`)} }`);
    expect(answer.status).toBe(400);
  },
  'GQ-20': async (world) => {
    const answer = await post(world, JSON.stringify({ query: `{ me { id } } #${'x'.repeat(1_000_000)}` }));
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.text).errors[0].extensions.code).toBe('PAYLOAD_TOO_LARGE');
  },
  'GQ-22': async (world) => {
    const answer = await expectRefusedSoon(world, `{ ${repeat(1_000, (index) => `f${index}`)} }`);
    expect(answer.errors.length).toBeLessThanOrEqual(5);
    const variables = { input: Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`f${index}`, 1])) };
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
    expect((await world.run(query, variables)).errors.length).toBeLessThanOrEqual(5);
  },
  'GQ-24': async (world) => {
    await expectStatus(
      post(world, JSON.stringify({ query: '{ __typename }', operationName: 'x'.repeat(1_000_000) })),
      413,
    );
    for (const operationName of ['nothing', 1, {}, ['a'], true])
      await expectStatus(post(world, JSON.stringify({ query: 'query a { __typename }', operationName })), 400);
  },
  'GQ-26': async (world) => {
    const { access } = await world.register();
    for (const query of ['{ ... @defer { me { id } } }', '{ sessions @stream { id } }'])
      expectInvalid(
        await world.run(query, {}, { accept: 'multipart/mixed, application/json', ...world.carry(access) }),
      );
  },
  'GQ-28': async (world) => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '), { level: 9 });
    const before = process.memoryUsage().rss;
    await expectStatus(post(world, new Uint8Array(bomb), { 'content-encoding': 'gzip' }), 413, 415);
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  },
  'GQ-30': async (world) => {
    for (const charset of ['utf-7', 'utf-16', 'x'])
      await expectStatus(post(world, TYPENAME, { 'content-type': `application/json; charset=${charset}` }), 415);
  },
  'GQ-32': async (world) => {
    const { hostname, port } = new URL(world.server.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /graphql HTTP/1.1\r\nHost: x\r\nX-A');
    const begun = performance.now();
    const text = await new Promise<string>((resolve) => {
      let received = '';
      socket.on('data', (chunk) => (received += String(chunk)));
      socket.on('close', () => resolve(received));
    });
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - begun).toBeLessThan(20_000);
  },
  'GQ-34': async (world) => {
    const nested = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;
    await expectStatus(post(world, nested), 400);
    await expectStatus(post(world, `{"query":"{ __typename }","variables":${nested}}`), 400);
    await expectStatus(post(world, `{"query":"{ __typename }","variables":${'['.repeat(99_000)}`), 400);
    await expectStatus(post(world, `\uFEFF${TYPENAME}`), 400);
    await expectStatus(post(world, new Uint8Array([...Buffer.from('{"query":"'), 0xff, ...Buffer.from('"}')])), 400);
    // JSON.parse takes the last one (RFC 8259 section 4), and nothing in front of it reads the body.
    const twice = await post(world, '{"query":"{ nothing }","query":"{ __typename }"}');
    expect(twice.data).toEqual({ __typename: 'Query' });
  },
  'GQ-36': async (world) => {
    const answer = await post(world, '{"query":"{ __typename }","isAdmin":true,"id":1,"__proto__x":{}}');
    expect(answer.data).toEqual({ __typename: 'Query' });
  },
  'GQ-38': async (world) => {
    const { access } = await world.register();
    for (const first of ['99999999', '-1', '0', '101', 'null', '1.5', '"1"']) {
      const query = `{ securityEvents(first: ${first}) { edges { node { id } } } }`;
      expectInvalid(await world.run(query, {}, world.carry(access)));
    }
  },
  'GQ-40': async (world) => {
    const answer = await post(world, '{"query":"{ __typename }","extensions":{"tracing":true}}', {
      'apollo-federation-include-trace': 'ftv1',
    });
    expect(JSON.parse(answer.text)).toEqual({ data: { __typename: 'Query' } });
  },
};
