import { USER_FIELDS } from './documents.ts';
import { authErrorOf, AuthRequestError, AuthUnavailableError, type GraphQLErrorLike } from './errors.ts';

/** The answer of a GraphQL server. */
export interface GraphQLAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphQLErrorLike[];
}

/** What a request carries so that the server knows who sends it. */
export interface Credentials {
  /** Identifies the pair; null if nobody is logged in. */
  readonly pairId: string | null;
  readonly sessionId: string | null;
  readonly userId: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The `credentials` option of `fetch`: `include` if cookies are used. */
  readonly mode: RequestCredentials | undefined;
}

export interface Transport {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly headers: Readonly<Record<string, string>>;
  /** The fields of a user. */
  readonly userFields: string;
  /** Milliseconds to wait for an answer. */
  readonly timeout: number;
  /** Aborted when the client is closed. */
  readonly closing: AbortSignal;
}

/**
 * Sends one operation of the kit's own.
 *
 * @throws AuthUnavailableError if no GraphQL answer arrives, or the server says that it cannot answer now.
 */
export async function ask<Data>(
  transport: Transport,
  query: string,
  variables: unknown,
  credentials: Pick<Credentials, 'headers' | 'mode'>,
): Promise<GraphQLAnswer<Data>> {
  const body = { query: query.replace(USER_FIELDS, transport.userFields), variables };
  const answer = await post<Data>(transport, JSON.stringify(body), credentials);
  if (authErrorOf(answer)?.code === 'SERVICE_UNAVAILABLE') throw new AuthUnavailableError(answer);
  return answer;
}

async function post<Data>(
  transport: Transport,
  body: string,
  { headers, mode }: Pick<Credentials, 'headers' | 'mode'>,
): Promise<GraphQLAnswer<Data>> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, transport.timeout);
  transport.closing.addEventListener('abort', abort);
  if (transport.closing.aborted) abort();
  try {
    const response = await transport.fetch(transport.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...transport.headers, ...headers },
      body,
      signal: controller.signal,
      // The cookies of the answer arrive even if the page that asked is gone.
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
    transport.closing.removeEventListener('abort', abort);
  }
}

/** The data of an operation of the kit's own whose root field is named `result`. */
export interface ResultAnswer<Result> {
  readonly result: Result | null;
}

/** @throws AuthRequestError if the server refused. */
export function expectResult<Result>({ data, errors = [] }: GraphQLAnswer<ResultAnswer<Result>>): Result {
  if (data?.result == null) throw new AuthRequestError(errors);
  return data.result;
}
