import { AuthUnavailableError, authErrorOf, type GraphQLErrorLike } from './errors.ts';

/** The answer of a GraphQL server. */
export interface GraphQLAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphQLErrorLike[];
}

/** What a request needs to be recognised. */
export interface Credentials {
  /** Of the pair they come from; null where nobody is logged in. */
  readonly pairId: string | null;
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** To be handed to `fetch`: `include` where cookies are used. */
  readonly mode: RequestCredentials | undefined;
}

export interface Transport {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds that an answer may take. */
  readonly patience: number;
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal;
}

/**
 * Asks the server one thing.
 *
 * @throws AuthUnavailableError if there is no answer of GraphQL's, or it says that the server cannot answer now.
 */
export async function ask<Data>(
  transport: Transport,
  query: string,
  variables: unknown,
  credentials: Pick<Credentials, 'headers' | 'mode'>,
): Promise<GraphQLAnswer<Data>> {
  const answer = await post<Data>(transport, JSON.stringify({ query, variables }), credentials);
  const details = authErrorOf(answer);
  if (details?.code === 'SERVICE_UNAVAILABLE') throw new AuthUnavailableError(answer);
  if (details?.code === 'RATE_LIMITED') throw new AuthUnavailableError(answer, details.retryAfterSeconds);
  return answer;
}

async function post<Data>(
  transport: Transport,
  body: string,
  { headers, mode }: Pick<Credentials, 'headers' | 'mode'>,
): Promise<GraphQLAnswer<Data>> {
  const abort = new AbortController();
  const giveUp = () => abort.abort();
  const timer = setTimeout(giveUp, transport.patience);
  transport.closing.addEventListener('abort', giveUp);
  if (transport.closing.aborted) giveUp();
  try {
    const response = await transport.fetch(transport.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...transport.headers, ...headers },
      body,
      signal: abort.signal,
      // The answer brings cookies even where the page that asked is gone.
      keepalive: true,
      ...(mode === undefined ? {} : { credentials: mode }),
    });
    const answer = (await response.json()) as GraphQLAnswer<Data> | null;
    if (response.status >= 500 || (answer?.data === undefined && answer?.errors === undefined)) {
      throw new Error(`The server answered ${response.status}.`);
    }
    return answer;
  } catch (error) {
    throw new AuthUnavailableError(error);
  } finally {
    clearTimeout(timer);
    transport.closing.removeEventListener('abort', giveUp);
  }
}

/** Whether every field of an answer has failed. What has been done is not done twice. */
export function isNothingDone(data: object | null | undefined): boolean {
  return Object.values(data ?? {}).every((field) => field === null);
}
