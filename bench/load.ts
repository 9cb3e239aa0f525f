import autocannon, { type Client } from 'autocannon';
import { EMAIL, PASSWORD } from '../tests/support/graphql-client.ts';
import { exchangeAll, type Rate } from './exchanges.ts';

/** What one span of load did. */
export interface Load extends Rate {
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
export async function refreshAll(tokens: string[], { url, span }: Pick<LoadOptions, 'url' | 'span'>): Promise<Rate> {
  return exchangeAll(tokens, {
    url: `${url}/graphql`,
    span,
    bodyOf(refreshToken) {
      // Clients send one, so that they can ask again.
      const idempotencyKey = refreshToken.slice(-43);
      return { query: REFRESH, variables: { input: { refreshToken, idempotencyKey } } };
    },
    successorOf: (answer) =>
      (answer as { data?: { refreshToken?: { refreshToken: string } } }).data?.refreshToken?.refreshToken,
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
  const requests = result.requests.total;
  const failed = result.errors + result.non2xx;
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed.`);
  return { requests, requestsPerSecond: requests / result.duration, p99: result.latency.p99 };
}
