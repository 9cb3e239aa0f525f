import { isSameOrigin } from './page.ts';
import type { Refresher } from './refresher.ts';
import { isMutationRepeatable, onlyRootField } from './repeatable.ts';
import type { ClientServices } from './services.ts';
import type { Credentials, GraphQLAnswer } from './transport.ts';

/** Makes a `fetch` that sends the credentials to the API's own origin, and to no other. */
export function createFetch(
  { url, transport }: ClientServices,
  refresher: Refresher,
  ready: Promise<unknown>,
): typeof fetch {
  return async (input, init = {}) => {
    const target = input instanceof Request ? input.url : String(input);
    if (!isSameOrigin(target, url)) return transport.fetch(input, init);
    await ready;
    const givenHeaders = init.headers ?? (input instanceof Request ? input.headers : {});
    const send = async ({ headers: ownHeaders, mode }: Credentials): Promise<Response> => {
      const headers = new Headers(givenHeaders);
      for (const [name, value] of Object.entries(ownHeaders)) headers.set(name, value);
      const credentials = mode === undefined ? {} : { credentials: mode };
      const request = input instanceof Request ? input.clone() : input;
      return transport.fetch(request, { ...init, ...credentials, headers });
    };

    return refresher.sendWithRetry(send, async (response) => {
      const { errors, data } = await peek(response);
      return {
        errors,
        isRepeatable: isQuery(init.body) || isMutationRepeatable(errors, rootFieldsOf(data, init.body)),
      };
    });
  };
}

function isQuery(body: unknown): boolean {
  return typeof body === 'string' && !/\bmutation\b/.test(body);
}

/** The root fields that ran: those of the data, or the only one of the document. */
function rootFieldsOf(data: object | null | undefined, body: unknown): string[] | null {
  if (data != null) return Object.keys(data);
  const name = typeof body === 'string' ? onlyRootField(documentOf(body)) : null;
  return name === null ? null : [name];
}

function documentOf(body: string): string {
  try {
    return String((JSON.parse(body) as { query?: unknown } | null)?.query);
  } catch {
    return '';
  }
}

async function peek(response: Response): Promise<GraphQLAnswer<object>> {
  if (!response.headers.get('content-type')?.includes('json')) return {};
  const answer: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return answer ?? {};
}
