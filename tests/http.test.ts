import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Answer } from './support/graphql-client.ts';
import { keyRingFor } from './support/key-rings.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const TYPENAME = '{"query":"{ __typename }"}';
const start = useServers();

let server: TestAuth;
beforeAll(async () => {
  server = await startTestAuth();
});
afterAll(() => server.stop());

/** After whatever was sent, the same process still serves, and has logged nothing. */
afterEach(async () => {
  const { data } = await post(TYPENAME);
  expect(data).toEqual({ __typename: 'Query' });
  expect(server.log()).toBe('');
});

async function post(body: BodyInit, headers: Record<string, string> = {}): Promise<Answer> {
  return server.client.send({ method: 'POST', headers: { ...JSON_TYPE, ...headers }, body });
}

/** Writes bytes to the server. Returns what came back until it closed the connection. */
async function sendRaw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.end(Buffer.from(text, 'latin1')));
    socket.setTimeout(5_000, () => reject(new Error(`no end of the answer to ${text}: ${answer}`)));
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    // The server may hang up while we are still writing.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(answer));
  });
}

const statusesOf = (answer: string) => [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

function rawPost(lines: readonly string[], body = TYPENAME): string {
  const head = ['POST /graphql HTTP/1.1', ...lines, 'Content-Type: application/json', 'Connection: close'];
  return `${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

describe('a body', () => {
  test.each([
    ['empty', ''],
    ['not JSON', '{"query": {'],
    ['a word', 'query'],
    ['JSON after a byte order mark', `\u{feff}${TYPENAME}`],
    ['JSON with bytes that are not UTF-8', Buffer.from('{"query":"{ __typename }","x":"\xff"}', 'latin1')],
    ['JSON in UTF-16', Buffer.from(TYPENAME, 'utf16le')],
    ['JSON with a __proto__', '{"__proto__":{"query":"{ __typename }"},"query":"{ __typename }"}'],
    ['null', 'null'],
    ['a string', '"query"'],
    ['an object without a query', '{}'],
    ['a batch', `[${TYPENAME}]`],
    ['a query that is not a string', '{"query":{"a":1}}'],
    ['variables that are a string', '{"query":"{ __typename }","variables":"{}"}'],
    ['variables that are a list', '{"query":"{ __typename }","variables":[]}'],
    ['extensions that are a number', '{"query":"{ __typename }","extensions":7}'],
    ['an operationName that is a number', '{"query":"{ __typename }","operationName":7}'],
  ])('is refused with 400 and BAD_REQUEST: %s', async (_name, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(refusalOf(answer)).toBe('BAD_REQUEST');
  });

  test.each([
    ['a document that does not parse', '{"query":"{"}', 'GRAPHQL_PARSE_FAILED'],
    [
      'a document that is nested 5,000 deep',
      JSON.stringify({ query: '{a'.repeat(5_000) }),
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['a document that asks for an unknown field', '{"query":"{ nope }"}', 'GRAPHQL_VALIDATION_FAILED'],
    ['an unknown operation', '{"query":"{ __typename }","operationName":"X"}', 'OPERATION_RESOLUTION_FAILURE'],
    [
      'two operations and no name',
      '{"query":"query A { __typename } query B { __typename }"}',
      'OPERATION_RESOLUTION_FAILURE',
    ],
  ])('is refused with 400 and the code of the fault: %s', async (_name, body, code) => {
    const answer = await post(body);
    expect([answer.status, refusalOf(answer)]).toEqual([400, code]);
  });

  test('may have members that GraphQL does not know, which are ignored', async () => {
    const answer = await post('{"query":"{ __typename }","id":7,"operations":[],"nested":{"query":"{ nope }"}}');
    expect(answer.data).toEqual({ __typename: 'Query' });
  });

  test('is read or refused when its JSON is nested as deeply as its size allows', async () => {
    const deep = (open: string, close: string, count: number) => `${open.repeat(count)}1${close.repeat(count)}`;
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
    for (const value of [deep('[', ']', 45_000), deep('{"a":', '}', 15_000)]) {
      expect((await post(`{"query":"{ __typename }","nested":${value}}`)).status).toBe(200);
      const refused = await post(`{"query":"${query}","variables":{"input":${value}}}`);
      expect(refused.status).toBe(400);
      expect(new Set(refused.errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']));
    }
  });

  test.each([
    ['of 1 MB', 'x'.repeat(1_000_000)],
    ['of one byte too many', `{"query":"{ __typename }","x":"${'x'.repeat(99_969)}"}`],
    ['with an operationName of 1 MB', JSON.stringify({ query: '{ __typename }', operationName: 'x'.repeat(1e6) })],
  ])('%s is refused with 413, as JSON', async (_name, body) => {
    const answer = await post(body);
    expect(answer.status).toBe(413);
    expect(refusalOf(answer)).toBe('PAYLOAD_TOO_LARGE');
    expect(answer.text.length).toBeLessThan(200);
  });

  test('of 100,000 bytes is the largest that is read', async () => {
    const body = `{"query":"{ __typename }","x":"${'x'.repeat(99_967)}"}`;
    expect(Buffer.byteLength(body)).toBe(100_000);
    expect((await post(body)).data).toEqual({ __typename: 'Query' });
  });

  test.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain',
    'text/html',
    'application/graphql',
    'application/jsonx',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset=x',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json;CHARSET="UTF-7"',
    'nothing at all',
  ])('of the type %s is refused with 415, as JSON', async (type) => {
    const answer = await post(TYPENAME, { 'content-type': type });
    expect(answer.status).toBe(415);
    expect(refusalOf(answer)).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  test('without a type is refused with 415', async () => {
    const answer = await server.client.send({ method: 'POST', body: Buffer.from(TYPENAME) });
    expect([answer.status, refusalOf(answer)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'APPLICATION/JSON',
  ])('of the type %s is read', async (type) => {
    expect((await post(TYPENAME, { 'content-type': type })).data).toEqual({ __typename: 'Query' });
  });

  test('that is compressed is refused with 415, and is not unpacked', async () => {
    for (const encoding of ['gzip', 'deflate', 'br', 'x']) {
      const answer = await post(gzipSync(TYPENAME), { 'content-encoding': encoding });
      expect([answer.status, refusalOf(answer)]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
  });

  test('that is a form authenticates nobody by its token, and neither does the URL', async () => {
    const { accessToken } = await server.client.register(someEmail());
    const body = `access_token=${accessToken}&query={me{id}}`;
    const answer = await post(body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(answer.status).toBe(415);
    expect(
      refusalOf(
        await server.client.send({ headers: JSON_TYPE }, `/graphql?query={me{id}}&access_token=${accessToken}`),
      ),
    ).toBe('UNAUTHENTICATED TOKEN_MISSING');
  });
});

describe('a method', () => {
  const get = (query: string, headers: Record<string, string> = JSON_TYPE) =>
    server.client.send({ headers }, `/graphql?query=${encodeURIComponent(query)}`);

  test('GET runs a query', async () => {
    expect((await get('{ __typename }')).data).toEqual({ __typename: 'Query' });
  });

  test('GET is refused in the form that any page could send', async () => {
    const answer = await get('{ __typename }', {});
    expect([answer.status, refusalOf(answer)]).toEqual([400, 'BAD_REQUEST']);
  });

  test('GET runs no mutation', async () => {
    const { refreshToken } = await server.client.register(someEmail());
    const mutation = `mutation { logout(input: { refreshToken: "${refreshToken}" }) { endedSessions } }`;
    const answer = await get(mutation);
    expect([answer.status, refusalOf(answer)]).toEqual([405, 'BAD_REQUEST']);
    expect(answer.headers.get('allow')).toBe('POST');
    await server.client.refresh(refreshToken);
  });

  test.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'QUERY', 'SEARCH'])(
    '%s /graphql is answered with 405 and the methods that are allowed',
    async (method) => {
      const answer = await server.client.send({ method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
      expect(answer.text).toMatch(method === 'HEAD' ? /^$/ : /"code":"METHOD_NOT_ALLOWED"/);
    },
  );

  test('PUT is answered with 405, whatever the body is', async () => {
    for (const type of ['application/json', 'text/html']) {
      const answer = await server.client.send({ method: 'PUT', headers: { 'content-type': type }, body: '{' });
      expect([answer.status, refusalOf(answer)]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    }
  });

  test('TRACE is answered with 405, and no header is repeated', async () => {
    const answer = await sendRaw(
      'TRACE /graphql HTTP/1.1\r\nHost: x\r\nX-Secret: hunter2\r\nConnection: close\r\n\r\n',
    );
    expect(statusesOf(answer)).toEqual([405]);
    expect(answer).toMatch(/\r\nallow: GET, POST\r\n/i);
    expect(answer).not.toContain('hunter2');
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    '%s of the public keys is answered with 405',
    async (method) => {
      const answer = await server.client.send({ method }, '/.well-known/jwks.json');
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    },
  );
});

describe('the public keys', () => {
  test('are those of the asymmetric access keys, by GET and HEAD, without anything private', async () => {
    const { client, keys } = await start({ keys: keyRingFor('ES256') });
    const answer = await client.send({}, '/.well-known/jwks.json');
    expect(answer.headers.get('content-type')).toBe('application/jwk-set+json; charset=utf-8');
    const { x, y, kid } = keys.keys[0] as unknown as Record<string, string>;
    expect(JSON.parse(answer.text)).toEqual({
      keys: [{ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }],
    });
    const head = await client.send({ method: 'HEAD' }, '/.well-known/jwks.json');
    expect([head.status, head.text]).toEqual([200, '']);
  });

  test('are an empty list when all keys are symmetric', async () => {
    expect((await server.client.send({}, '/.well-known/jwks.json')).text).toBe('{"keys":[]}');
  });
});

test('the path / says what this is and where GraphQL is, as load balancers and people ask', async () => {
  const answer = await server.client.send({}, '/');
  expect([answer.status, answer.text]).toEqual([200, 'graphql-simplejwt serves GraphQL at /graphql.\n']);
  expect((await server.client.send({ method: 'HEAD' }, '/')).status).toBe(200);
  expect((await server.client.send({ method: 'POST' }, '/')).status).toBe(405);
});

test.each(['/graphql/', '/graphqlx', '/healthz?token=x', '/../etc/passwd', '/.well-known/'])(
  'the path %s is answered with 404, and not repeated',
  async (path) => {
    const answer = await server.client.send(
      { method: 'POST', headers: { 'content-type': 'text/html' }, body: 'x' },
      path,
    );
    expect([answer.status, errorOf(answer)]).toEqual([
      404,
      { message: 'There is nothing here.', extensions: { code: 'NOT_FOUND' } },
    ]);
  },
);

describe('the Authorization header', () => {
  let accessToken: string;
  beforeAll(async () => {
    ({ accessToken } = await server.client.register(someEmail()));
  });

  async function accessBy(authorization: string): Promise<string> {
    return accessOf(await server.client.run('{ me { id } }', {}, undefined, { authorization }));
  }

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('takes the scheme in any case: %s', async (scheme) => {
    expect(await accessBy(`${scheme} ${accessToken}`)).toBe('good');
  });

  test.each(['Bearer', 'Bearer  T', 'Bearer T,U', 'Bearer T T', 'Bearer "T"', 'Bearer T;', 'bearer bearer T'])(
    'is refused as TOKEN_INVALID: %s',
    async (header) => {
      expect(await accessBy(header.replace('T', accessToken))).toBe('UNAUTHENTICATED TOKEN_INVALID');
    },
  );

  test.each(['Basic T', 'Token T', 'JWT T', 'BearerT', 'Bearer\tT', 'T'])(
    'counts as another scheme, and so as no token: %s',
    async (header) => {
      expect(await accessBy(header.replace('T', accessToken))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    },
  );

  test('counts only as the first of two', async () => {
    const body = '{"query":"{ me { id } }"}';
    const bad = await sendRaw(
      rawPost(['Host: x', 'Authorization: Bearer x', `Authorization: Bearer ${accessToken}`], body),
    );
    expect(bad).toContain('TOKEN_INVALID');
  });
});

describe('HTTP', () => {
  test.each([
    [
      'both lengths',
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`],
    ['bare line feeds', 'GET /graphql HTTP/1.1\nHost: x\n\n'],
    ['a NUL in a header', 'GET /graphql HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
    ['a folded header', 'GET /graphql HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n'],
    ['no Host', 'GET /graphql HTTP/1.1\r\n\r\n'],
    ['not a request', 'hunter2\r\n\r\n'],
  ])('that is malformed gets one answer, with 400: %s', async (_name, text) => {
    expect(statusesOf(await sendRaw(text))).toEqual([400]);
  });

  test.each(['a b', '[', '%', '', 'x/y', 'x#y', 'user@x', 'a,b', '\xe4', 'x:port', '"'])(
    'with the invalid Host <%s> is refused with 400',
    async (host) => {
      const answer = await sendRaw(rawPost([`Host: ${host}`]));
      expect(statusesOf(answer)).toEqual([400]);
    },
  );

  test('of version 1.0 is refused with 400 without a Host', async () => {
    const answer = await sendRaw(
      `POST /graphql HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n${TYPENAME}`,
    );
    expect(statusesOf(answer)).toEqual([400]);
  });

  test.each(['x', 'api.example.com', 'api_1:4000', '127.0.0.1:80', '[::1]:4000'])(
    'with the Host %s is accepted',
    async (host) => {
      expect(statusesOf(await sendRaw(rawPost([`Host: ${host}`])))).toEqual([200]);
    },
  );

  test('with thousands of headers is refused with 431', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `a${index}: b`);
    expect(statusesOf(await sendRaw(rawPost(['Host: x', ...many])))).toEqual([431]);
  });

  test('is not upgraded to h2c, and handles 100-continue', async () => {
    const upgrade = ['Host: x', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    expect(statusesOf(await sendRaw(rawPost(upgrade)))).toEqual([200]);
    expect(statusesOf(await sendRaw(rawPost(['Host: x', 'Expect: 100-continue'])))).toEqual([100, 200]);
    expect(statusesOf(await sendRaw(rawPost(['Host: x', 'Expect: something']))).at(-1)).toBe(417);
  });
});

describe('the headers of an answer', () => {
  const everyKind = ({ client }: TestAuth): Promise<Answer[]> =>
    Promise.all([
      client.send({ method: 'POST', headers: JSON_TYPE, body: TYPENAME }),
      client.send({ method: 'POST', headers: JSON_TYPE, body: '{' }),
      client.send({ method: 'PUT' }),
      client.send({}, '/nothing'),
      client.send({}, '/%zz'),
      client.send({}, '/.well-known/jwks.json'),
    ]);

  test('forbid browsers to sniff, frame, run, refer to or cache it', async () => {
    for (const { headers } of await everyKind(server)) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect(headers.has('strict-transport-security')).toBe(false);
    }
  });

  test('ask browsers for TLS in production', async () => {
    for (const { headers } of await everyKind(await start({ isProduction: true })))
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('name no product and no version', async () => {
    for (const { headers } of await everyKind(server)) {
      for (const name of ['x-powered-by', 'server', 'via']) expect(headers.has(name)).toBe(false);
      expect(JSON.stringify([...headers])).not.toMatch(/fastify|apollo|node|\d+\.\d+\.\d+/i);
    }
  });

  test('contain nothing that was sent', async () => {
    const query = '{ __typename }';
    const answers = [
      await post(JSON.stringify({ query, operationName: 'a\r\nx-injected: 1' })),
      await post(TYPENAME, { origin: 'https://injected.example', 'x-request-id': 'injected' }),
      await server.client.send(
        { headers: JSON_TYPE },
        '/graphql?query={__typename}&operationName=a%0d%0ax-injected:%201',
      ),
      await server.client.send({}, '/%0d%0ax-injected:%201'),
    ];
    for (const { headers } of answers) expect(JSON.stringify([...headers])).not.toContain('injected');
  });
});

test.each(['9.9.9.9', '', '::ffff:1.2.3.4', 'a'.repeat(8_000), '1.2.3.4:99', "'; drop table simplejwt_session; --"])(
  'the address of a client is that of its socket, whatever X-Forwarded-For says: %.40j',
  async (forwarded) => {
    const email = someEmail();
    await server.client.register(email);
    const answer = await server.client.tryLogin(email, undefined, {
      'x-forwarded-for': forwarded,
      forwarded: 'for=9.9.9.9',
    });
    expect(answer.data.login.session.ipAddress).toBe('127.0.0.1');
  },
);

describe('the query language', () => {
  test('has @include and @skip, as GraphQL defines them', async () => {
    const query = 'query ($yes: Boolean!) { a: __typename @include(if: $yes) b: __typename @skip(if: $yes) }';
    expect((await server.client.run(query, { yes: true })).data).toEqual({ a: 'Query' });
    expect((await server.client.run(query, { yes: false })).data).toEqual({ b: 'Query' });
  });

  test('has no @defer, no @stream and no tracing', async () => {
    expect(refusalOf(await server.client.run('{ ... @defer { __typename } }'))).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(refusalOf(await server.client.run('{ sessions @stream { id } }'))).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(JSON.parse((await post(TYPENAME)).text)).not.toHaveProperty('extensions');
  });

  test('reveals nothing of the schema in production, by introspection or by suggestion', async () => {
    const { client } = await start({ isProduction: true });
    const documents = [
      '{ __schema { types { name } } }',
      '{ __type(name: "User") { name } }',
      '{ sesions { id } }',
      '{ users(frist: 1) { edges { cursor } } }',
      'mutation { logout(input: { scope: SESION }) { endedSessions } }',
    ];
    for (const document of documents) {
      const answer = await client.run(document);
      expect(errorOf(answer)).toMatchObject({ message: 'The document is not valid.' });
    }
  });
});

test('a request that is sent a byte at a time is answered with 408 within 30 seconds', async () => {
  const { hostname, port } = new URL(server.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write('POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n');
  const dripping = setInterval(() => socket.write(' '), 500);
  const begun = performance.now();
  const text = await new Promise<string>((resolve) => {
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('close', () => resolve(received));
    socket.on('error', () => resolve(received));
  });
  clearInterval(dripping);
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(performance.now() - begun).toBeLessThan(30_000);
}, 40_000);

test('an address gets 429 for a connection too many, and another one once it has closed some', async () => {
  const limited = await start({ maxConnections: 3 });
  const { hostname, port } = new URL(limited.url);
  const open = async () => {
    const socket = connect(Number(port), hostname);
    const text = new Promise<string>((resolve) => {
      let received = '';
      socket.on('data', (chunk) => (received += String(chunk)));
      socket.on('close', () => resolve(received));
    });
    await once(socket, 'connect');
    return { socket, text };
  };
  const held = [await open(), await open(), await open()];

  const refused = await open();
  expect(await refused.text).toMatch(
    /^HTTP\/1\.1 429 .*\r\nretry-after: 1\r\n.*\r\n\r\n\{"errors":.*TOO_MANY_CONNECTIONS/is,
  );

  for (const { socket } of held) socket.destroy();
  await Promise.all(held.map(({ text }) => text));
  await waitUntil(async () => (await limited.client.run('{ __typename }').catch(() => null))?.status === 200);
});

test('a trusted proxy may have any number of connections', async () => {
  const limited = await start({ maxConnections: 1, trustedProxies: ['127.0.0.0/8'] });
  const { hostname, port } = new URL(limited.url);
  const held = [connect(Number(port), hostname), connect(Number(port), hostname)];
  await Promise.all(held.map(async (socket) => once(socket, 'connect')));
  expect((await limited.client.run('{ __typename }')).status).toBe(200);
  for (const socket of held) socket.destroy();
});

test('of requests that are sent without waiting for answers, the first thousand of a connection are answered', async () => {
  const one = 'GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: x\r\nApollo-Require-Preflight: 1\r\n\r\n';
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += String(chunk);
  });
  // It stays open: Node drops the answers to a client that has ended its half of the connection.
  socket.write(one.repeat(1_500));
  await waitUntil(() => statusesOf(answer).length === 1_500);
  socket.destroy();
  const statuses = statusesOf(answer);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1_000);
  expect(new Set(statuses.slice(1_000))).toEqual(new Set([503]));
});

test('an invalid document or invalid variables get five errors at most', async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `x${index}`);
  const query = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
  const input = Object.fromEntries(names.map((name) => [name, 1]));
  for (const answer of [await server.client.run(`{ ${names.join(' ')} }`), await server.client.run(query, { input })]) {
    expect([answer.status, answer.errors.length]).toEqual([400, 5]);
    expect(answer.text.length).toBeLessThan(2_000);
  }
});
