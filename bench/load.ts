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
  return run(options, (client) => client.setBody(JSON.stringify({ query })));
}

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';

/** Logs the first user in over and over. */
export async function login(options: LoadOptions): Promise<Load> {
  const body = JSON.stringify({ query: LOGIN, variables: { input: { email: EMAIL, password: PASSWORD } } });
  return run(options, (client) => {
    client.setRequests([{ method: 'POST', body, onResponse: expectToken }]);
  });
}

function expectToken(_status: number, answer: string): void {
  if (!answer.includes('"accessToken":"')) throw new Error(`A login failed: ${answer}`);
}

const REFRESH =
  'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { accessToken refreshToken accessTokenExpiresIn } }';

/** Exchanges the refresh token of one session on each connection, and keeps the successors in the given list. */
export async function refreshAll(tokens: string[], options: Omit<LoadOptions, 'connections'>): Promise<Load> {
  const sessions = tokens.keys();
  return run({ ...options, connections: tokens.length }, (client) => {
    const session = sessions.next().value ?? 0;
    client.setRequests([
      {
        method: 'POST',
        setupRequest: (request) => ({ ...request, body: refreshOf(tokens[session] ?? '') }),
        onResponse(_status, body) {
          const answer = JSON.parse(body) as { data?: { refreshToken?: { refreshToken: string } } };
          const successor = answer.data?.refreshToken?.refreshToken;
          if (successor === undefined) throw new Error(`A refresh failed: ${body}`);
          tokens[session] = successor;
        },
      },
    ]);
  });
}

function refreshOf(refreshToken: string): string {
  // An answer that the end of the last span cut off is asked for again.
  const idempotencyKey = createHash('sha256').update(refreshToken).digest('base64url');
  return JSON.stringify({ query: REFRESH, variables: { input: { refreshToken, idempotencyKey } } });
}

async function run(
  { url, connections, span, accessToken }: LoadOptions,
  setupClient: (client: Client) => void,
): Promise<Load> {
  const result = await autocannon({
    url: `${url}/graphql`,
    method: 'POST',
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
