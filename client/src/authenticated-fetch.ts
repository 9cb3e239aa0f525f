import { isSameOrigin } from './page.ts';
import type { Parts } from './options.ts';
import type { Refresher } from './refresher.ts';
import type { Credentials, GraphQLAnswer } from './transport.ts';

/** Makes a `fetch` that recognises itself to the server, and to no other. */
export function createFetch({ url, transport }: Parts, refresher: Refresher, ready: Promise<unknown>): typeof fetch {
  return async (input, init = {}) => {
    const target = input instanceof Request ? input.url : String(input);
    if (!isSameOrigin(target, url)) return transport.fetch(input, init);
    await ready;
    const given = init.headers ?? (input instanceof Request ? input.headers : {});
    const send = async ({ headers, mode }: Credentials): Promise<Response> => {
      const recognised = new Headers(given);
      for (const [name, value] of Object.entries(headers)) recognised.set(name, value);
      const credentials = mode === undefined ? {} : { credentials: mode };
      const once = input instanceof Request ? input.clone() : input;
      return transport.fetch(once, { ...init, ...credentials, headers: recognised });
    };

    const isQuery = typeof init.body === 'string' && !/\bmutation\b/.test(init.body);
    return refresher.attempt(send, async (response) => {
      const { errors, data } = await peek(response);
      // What a query has answered may be asked for again.
      return { ...(errors && { errors }), data: isQuery ? null : (data ?? null) };
    });
  };
}

async function peek(response: Response): Promise<GraphQLAnswer<object>> {
  if (!response.headers.get('content-type')?.includes('json')) return {};
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return answer ?? {};
}
