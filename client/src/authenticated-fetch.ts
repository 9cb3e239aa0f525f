import { isSameOrigin } from './page.ts';
import type { Parts } from './options.ts';
import type { Refresher } from './refresher.ts';
import { type Credentials, type GraphQLAnswer, isNothingDone } from './transport.ts';

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

    const used = await refresher.prepare();
    const response = await send(used);
    const answer = await peek(response);
    const isQuery = typeof init.body === 'string' && !/\bmutation\b/.test(init.body);
    const isAgain = refresher.isWorthRetrying(answer?.errors, used) && (isQuery || isNothingDone(answer?.data));
    return isAgain ? send(await refresher.prepare()) : response;
  };
}

async function peek(response: Response): Promise<GraphQLAnswer<object> | null> {
  if (!response.headers.get('content-type')?.includes('json')) return null;
  return response
    .clone()
    .json()
    .catch(() => null) as Promise<GraphQLAnswer<object> | null>;
}
