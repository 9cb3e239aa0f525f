import { createHash } from 'node:crypto';
import autocannon, { type Client } from 'autocannon';
import { EMAIL, PASSWORD } from '../tests/support/graphql-client.ts';

/** What one span of load did. */
export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Milliseconds in which 99 % are answered. */
  readonly p99: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  /** Seconds. */
  readonly span: number;
  readonly accessToken?: string;
}

/** Sends one document over and over. */
export async function ask(query: string, options: LoadOptions): Promise<Load> {
  return post(options, (client) => client.setBody(JSON.stringify({ query })));
}

/** Asks for a resource over and over. */
export async function get(options: LoadOptions): Promise<Load> {
  return run({ ...options, method: 'GET' }, () => undefined);
}

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';

/** Logs the first user in over and over. */
export async function login(options: LoadOptions): Promise<Load> {
  const body = JSON.stringify({ query: LOGIN, variables: { input: { email: EMAIL, password: PASSWORD } } });
  return post(options, (client) => {
    client.setRequests([{ method: 'POST', body, onResponse: expectToken }]);
  });
}

function expectToken(_status: number, answer: string): void {
  if (!answer.includes('"accessToken":"')) throw new Error(`A login failed: ${answer}`);
}

const REFRESH =
  'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { accessToken refreshToken accessTokenExpiresIn } }';

/** Exchanges the refresh token of one session on each connection, and keeps the successors in the given list. */
export async function refreshAll(tokens: string[], { url, span }: Pick<LoadOptions, 'url' | 'span'>): Promise<Load> {
  return exchangeAll(tokens, {
    url: `${url}/graphql`,
    span,
    bodyOf(refreshToken) {
      // An answer that the end of the last span cut off is asked for again.
      const idempotencyKey = createHash('sha256').update(refreshToken).digest('base64url');
      return { query: REFRESH, variables: { input: { refreshToken, idempotencyKey } } };
    },
    successorOf: (answer) =>
      (answer as { data?: { refreshToken?: { refreshToken: string } } }).data?.refreshToken?.refreshToken,
  });
}

export interface Exchange extends Pick<LoadOptions, 'url' | 'span'> {
  readonly bodyOf: (token: string) => object;
  readonly successorOf: (answer: unknown) => string | undefined;
}

/** Exchanges one token on each connection, in the way of any server, and keeps the successors in the given list. */
export async function exchangeAll(tokens: string[], { url, span, bodyOf, successorOf }: Exchange): Promise<Load> {
  const places = tokens.keys();
  return run({ url, span, method: 'POST', connections: tokens.length }, (client) => {
    const place = places.next().value ?? 0;
    client.setRequests([
      {
        method: 'POST',
        setupRequest: (request) => ({ ...request, body: JSON.stringify(bodyOf(tokens[place] ?? '')) }),
        onResponse(_status, body) {
          const successor = successorOf(JSON.parse(body));
          if (successor === undefined) throw new Error(`An exchange failed: ${body}`);
          tokens[place] = successor;
        },
      },
    ]);
  });
}

async function post(options: LoadOptions, setupClient: (client: Client) => void): Promise<Load> {
  return run({ ...options, url: `${options.url}/graphql`, method: 'POST' }, setupClient);
}

async function run(
  { url, method, connections, span, accessToken }: LoadOptions & { readonly method: 'GET' | 'POST' },
  setupClient: (client: Client) => void,
): Promise<Load> {
  const result = await autocannon({
    url,
    method,
    connections,
    duration: span,
    // The server closes a connection after 1,000 requests, and autocannon does not heed `Connection: close`.
    reconnectRate: 900,
    headers: {
      'content-type': 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    setupClient,
  });
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${failed} of ${result.requests.total} requests failed.`);
  return { requests: result.requests.total, requestsPerSecond: result.requests.average, p99: result.latency.p99 };
}
