import { request as httpRequest } from 'node:http';
import type { Answer } from './support/graphql-client.ts';
import { REFRESH } from './support/page.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { COOKIE_DELIVERIES, Page, setCookiesOf } from './support/page.ts';
import { ISSUER, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const ALLOWED = 'https://app.example.com';
const EVIL = 'https://evil.test';
const JSON_TYPE = { 'content-type': 'application/json' };

const start = useServers();

/** Sends what `fetch` refuses to: any method, a body with a GET, a Host of choice. */
async function sendRaw(
  { url }: Pick<TestAuth, 'url'>,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
) {
  const { hostname, port } = new URL(url);
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject).end(body);
  });
}

describe('CORS', () => {
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-csrf-token' },
  });
  const corsHeadersOf = ({ headers }: Answer) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
  const query = { method: 'POST', body: '{"query":"{ csrfToken }"}' };

  test('a page of an allowed origin may read answers, with cookies', async () => {
    const { client } = await start({ allowedOrigins: [ALLOWED, 'http://localhost:5173'] });

    for (const origin of [ALLOWED, 'http://localhost:5173']) {
      const answer = await client.send({ ...query, headers: { ...JSON_TYPE, origin } });
      expect(corsHeadersOf(answer)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      });
      expect(answer.headers.get('vary')).toContain('Origin');
    }
  });

  test('the preflight of an allowed origin is answered with everything that it needs', async () => {
    const { client } = await start({ allowedOrigins: [ALLOWED] });

    const answer = await client.send(preflight(ALLOWED));

    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(ALLOWED);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, POST');
    for (const name of ['authorization', 'content-type', 'x-csrf-token', 'apollographql-client-name', 'traceparent'])
      expect(answer.headers.get('access-control-allow-headers')).toContain(name);
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  test.each([EVIL, 'null', `${ALLOWED}.evil.test`, '*', 'https://APP.example.com'])(
    'an origin that is not allowed gets no CORS header and no preflight: %s',
    async (origin) => {
      for (const allowedOrigins of [[], [ALLOWED]]) {
        const { client } = await start({ allowedOrigins });
        const asked = await client.send(preflight(origin));
        const answered = await client.send({ ...query, headers: { ...JSON_TYPE, origin } });
        const refused = await client.send({ ...query, headers: { ...JSON_TYPE, origin, cookie: `${REFRESH}=x` } });

        for (const answer of [asked, answered, refused]) {
          expect(corsHeadersOf(answer)).toEqual({});
          expect(answer.headers.get('vary')).toContain('Origin');
        }
        expect(asked.status).toBe(405);
        expect(refused.status).toBe(403);
      }
    },
  );

  test('a page of an allowed origin can read why it was refused', async () => {
    const { client } = await start({ allowedOrigins: [ALLOWED] });
    const headers = { ...JSON_TYPE, origin: ALLOWED };

    for (const init of [
      { method: 'POST', headers, body: '{' },
      { method: 'POST', headers: { origin: ALLOWED, 'content-type': 'text/html' }, body: '{}' },
      { method: 'DELETE', headers },
    ]) {
      expect((await client.send(init)).headers.get('access-control-allow-origin')).toBe(ALLOWED);
    }
  });

  test.each([
    '*',
    'https://*.example.com',
    'https://app.example.com/',
    'https://app.example.com/page',
    'app.test',
    'null',
  ])('the allowed origin %s is a fault of the settings', async (origin) => {
    await expect(start({ allowedOrigins: [origin] })).rejects.toThrow('allowedOrigins');
  });
});

const LOGIN_BY_COOKIE = JSON.stringify({
  query:
    'mutation { register(input: { email: "a@b.test", password: "correct horse", delivery: COOKIES }) { csrfToken } }',
});

describe('a proxy', () => {
  const FORWARDED = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'api.example.com',
    'x-forwarded-for': '203.0.113.7',
  };
  const addressOf = async (own: Page) => {
    const { accessToken } = await own.refresh();
    const headers = { authorization: accessToken === null ? undefined : `Bearer ${accessToken}` };
    return (await own.run('{ sessions { ipAddress } }', {}, headers)).data.sessions[0].ipAddress as string;
  };

  test.each(COOKIE_DELIVERIES)('that is not trusted does not change the address, with %s', async (delivery) => {
    for (const trustedProxies of [[], ['203.0.113.0/24', '::1']]) {
      const own = new Page(await start({ trustedProxies }), { origin: ISSUER, ...FORWARDED });
      const answer = await own.tryRegister(delivery);
      expect(answer.errors).toEqual([]);
      for (const cookie of setCookiesOf(answer)) expect(cookie).toContain('; Secure');
      expect(await addressOf(own)).toBe('127.0.0.1');
    }
  });

  test('that is trusted says which address the client has', async () => {
    const server = await start({ trustedProxies: ['127.0.0.0/8'] });
    const own = new Page(server, { origin: ISSUER, ...FORWARDED });
    await own.register('COOKIES');
    expect(await addressOf(own)).toBe('203.0.113.7');
  });

  test.each([[[]], [['127.0.0.0/8']]])(
    'and the Host header do not decide which origin is our own, with the trusted proxies %j',
    async (trustedProxies) => {
      const server = await start({ trustedProxies });
      for (const origin of ['https://api.example.com', server.url, 'http://evil.test']) {
        const claimed = { ...FORWARDED, host: new URL(origin).host };
        const forged = await sendRaw(server, 'POST', '/graphql', { origin, ...claimed, ...JSON_TYPE }, LOGIN_BY_COOKIE);
        expect(forged.text).toContain('CSRF_REJECTED');
        expect(forged.headers['set-cookie']).toBeUndefined();
      }
    },
  );

  test('that is trusted vouches for the last address before it, not for the addresses that the client wrote', async () => {
    const server = await start({ trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    const own = new Page(server, { origin: ISSUER, 'x-forwarded-for': '198.51.100.9, 203.0.113.7, 10.1.2.3' });
    await own.register('COOKIES');

    expect((await own.run('{ sessions { ipAddress } }')).data.sessions[0].ipAddress).toBe('203.0.113.7');
  });
});

describe('the form of a request', () => {
  test.each(['HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'OPTIONS'])(
    'the method %s is answered with 405 and the methods that are allowed',
    async (method) => {
      const answer = await sendRaw(await start(), method, '/graphql', { origin: EVIL });

      expect(answer.status).toBe(405);
      expect(answer.headers['allow']).toBe('GET, POST');
      expect(answer.text).toMatch(method === 'HEAD' ? /^$/ : /"code":"METHOD_NOT_ALLOWED"/);
    },
  );

  test.each(['/graphql%zz', '/%', '/graphql/%E0%A4%A'])(
    'the path %s is refused in the form of every other refusal',
    async (path) => {
      const answer = await sendRaw(await start(), 'GET', path);

      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toEqual({
        errors: [{ message: 'The request cannot be read.', extensions: { code: 'BAD_REQUEST' } }],
      });
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Origin' });
    },
  );

  test.each(['subscription { a }', 'subscription S { a b: a }'])('%s is not a valid document', async (query) => {
    const server = await start();

    const answer = await server.client.run(query);

    expect([answer.status, refusalOf(answer)]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    expect(server.log()).toBe('');
  });

  test.each(COOKIE_DELIVERIES)('a GET whose Content-Type is not JSON runs nothing, with %s', async (delivery) => {
    const server = await start();
    const own = new Page(server);
    await own.register(delivery);

    for (const [type, status] of [
      ['message/rfc822', 415],
      ['application/json, message/rfc822', 415],
      ['text/plain', 400],
      ['application/x-www-form-urlencoded', 400],
    ] as const) {
      const answer = await sendRaw(server, 'GET', '/graphql?query=%7BcsrfToken%7D', {
        'content-type': type,
        'sec-fetch-site': 'same-origin',
        cookie: String(own.jar.header()),
      });
      expect([type, answer.status]).toEqual([type, status]);
      expect(answer.text).not.toContain('"data"');
    }
  });

  test('a request that is refused for its origin is refused before its body is read', async () => {
    const server = await start();
    const headers = { ...JSON_TYPE, origin: EVIL, cookie: `${REFRESH}=x` };

    for (const body of ['{', JSON.stringify({ query: ' '.repeat(200_000) })]) {
      const answer = await server.client.send({ method: 'POST', headers, body });
      expect([answer.status, errorOf(answer).extensions]).toEqual([403, { code: 'CSRF_REJECTED' }]);
    }
  });
});
