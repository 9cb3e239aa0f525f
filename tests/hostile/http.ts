import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { PASSWORD } from '../support/graphql-client.ts';
import { accessOf, refusalOf } from '../support/outcomes.ts';
import { type Cases, type World } from './world.ts';

const TYPENAME = '{"query":"{ __typename }"}';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Sends what `fetch` refuses to. */
export async function requestOf(
  { server }: World,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
) {
  const { hostname, port } = new URL(server.url);
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject).end(body);
  });
}

/** Writes bytes, and returns the statuses that came back. */
async function statusesOf({ server }: World, text: string): Promise<number[]> {
  const { hostname, port } = new URL(server.url);
  const answer = await new Promise<string>((resolve) => {
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.end(Buffer.from(text, 'latin1')));
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(received));
  });
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
}

function rawPost(...lines: readonly string[]): string {
  const head = ['POST /graphql HTTP/1.1', ...lines, 'Content-Type: application/json', 'Connection: close'];
  return `${head.join('\r\n')}\r\nContent-Length: ${TYPENAME.length}\r\n\r\n${TYPENAME}`;
}

async function addressSeen(world: World, forwarded: string): Promise<string> {
  const input = { email: world.email(), password: PASSWORD };
  const query = 'mutation ($input: RegisterInput!) { register(input: $input) { session { ipAddress } } }';
  const answer = await world.run(query, { input }, { 'x-forwarded-for': forwarded });
  return answer.data.register.session.ipAddress;
}

/** Cases of HTTP, headers and proxies. */
export const httpCases: Cases = {
  'HT-01': async (world) => {
    const text =
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await statusesOf(world, text)).toEqual([400]);
  },
  'HT-03': async (world) => {
    const malformed = [
      'GET /graphql HTTP/1.1\nHost: x\n\n',
      'GET /graphql HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n',
      'GET /graphql HTTP/1.1\r\n\r\n',
      'GET /graphql HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n',
    ];
    for (const text of malformed) expect(await statusesOf(world, text)).toEqual([400]);
  },
  'HT-05': async (world) => {
    const headers = Array.from({ length: 2_000 }, (_, index) => `A${index}: b`);
    expect(await statusesOf(world, rawPost('Host: x', ...headers))).toEqual([431]);
  },
  'HT-07': async (world) => {
    const { access } = await world.register();
    const outcome = async (authorization: string) => accessOf(await world.run('{ me { id } }', {}, { authorization }));
    for (const scheme of ['bearer', 'BEARER']) expect(await outcome(`${scheme} ${access}`)).toBe('good');
    for (const value of [
      `Bearer  ${access}`,
      `Bearer\t${access}`,
      `Bearer ${access},y`,
      'Bearer',
      `Basic ${access}`,
      `Bearer ${access} b`,
    ])
      expect(await outcome(value)).toMatch(/^UNAUTHENTICATED TOKEN_(MISSING|INVALID)$/);
  },
  'HT-09': async (world) => {
    const { access } = await world.register();
    const body = `access_token=${access}&query=%7Bme%7Bid%7D%7D`;
    const answer = await world.client.send({ method: 'POST', headers: FORM, body });
    expect([answer.status, answer.data]).toEqual([415, null]);
    const inUrl = await world.client.send(
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{ me { id } }"}' },
      `/graphql?access_token=${access}`,
    );
    expect(refusalOf(inUrl)).toBe('UNAUTHENTICATED TOKEN_MISSING');
  },
  'HT-11': async (world) => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE']) {
      const answer = await requestOf(world, method, '/graphql');
      expect([method, answer.status, answer.headers['allow']]).toEqual([method, 405, 'GET, POST']);
    }
  },
  'HT-13': async (world) => {
    expect(
      await statusesOf(world, rawPost('Host: x', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA')),
    ).toEqual([200]);
    expect(await statusesOf(world, rawPost('Host: x', 'Expect: 100-continue'))).toEqual([100, 200]);
  },
  'HT-15': async (world) => {
    expect(await addressSeen(world, '203.0.113.7')).toBe('127.0.0.1');
  },
  'HT-17': async (world) => {
    for (const junk of ['', '::ffff:1.2.3.4', 'a'.repeat(8_000), '1.2.3.4:99'])
      expect(await addressSeen(world, junk)).toBe('127.0.0.1');
    const apart = await world.apart({ loginBudget: '3/15m' });
    const codes = [];
    for (const junk of ['', '::ffff:1.2.3.4', 'a'.repeat(8_000), '1.2.3.4:99'])
      codes.push(refusalOf(await apart.tryLogin({ email: world.email(), password: 'x' }, { 'x-forwarded-for': junk })));
    expect(codes).toEqual([...Array.from({ length: 3 }, () => 'INVALID_CREDENTIALS'), 'RATE_LIMITED']);
  },
  'HT-19': async (world) => {
    const injection = 'a\r\nset-cookie: evil=1';
    const input = { email: injection, password: injection };
    const body = JSON.stringify({
      query: 'mutation a($input: LoginInput!) { login(input: $input) { accessToken } }',
      operationName: injection,
      variables: { input },
    });
    const headers = { 'content-type': 'application/json' };
    const answers = [
      await world.client.send({ method: 'POST', headers, body }),
      await world.client.send({ method: 'POST', headers, body: body.replace(JSON.stringify(injection), '"a"') }),
      await world.client.send({}, `/graphql?query=${encodeURIComponent(injection)}`),
    ];
    for (const { headers: answered } of answers) {
      expect(answered.getSetCookie()).toEqual([]);
      expect(JSON.stringify([...answered])).not.toContain('evil');
    }
    const origin = 'POST /graphql HTTP/1.1\r\nHost: x\r\nOrigin: https://a\rX: b\r\n\r\n';
    expect(await statusesOf(world, origin)).toEqual([400]);
  },
  'HT-21': async (world) => {
    for (const { headers } of [await world.run('{ __typename }'), await world.client.send({}, '/nothing')]) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'strict-transport-security': expect.stringMatching(/^max-age=\d+/),
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    }
  },
};
