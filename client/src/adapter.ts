import type { AuthClient } from './auth-client.ts';
import type { GraphQLErrorLike } from './errors.ts';
import type { Credentials } from './transport.ts';

/** What an adapter for a GraphQL client needs of an `AuthClient`. Apps do not need it. */
export interface AuthAdapter {
  /** The credentials of the next request, as they are at this moment. */
  credentials(): Credentials;
  /** Whether `prepare` has to wait for a refresh. */
  isDue(): boolean;
  /**
   * Returns credentials for a request: it waits for the storage, and refreshes if that is due.
   *
   * @param startedBy the `userId` of the credentials at the time when the operation was started.
   * @throws AuthUnavailableError if no answer arrives, or if another user has logged in since.
   */
  prepare(startedBy?: string | null): Promise<Credentials>;
  /**
   * Examines the errors of an answer. Ask once per operation, and repeat a mutation only if nothing of it was done.
   *
   * @param used the credentials of the request.
   * @returns whether the same request may succeed once it is prepared again.
   */
  isWorthRetrying(errors: readonly GraphQLErrorLike[] | undefined, used: Credentials): boolean;
}

const adapters = /* @__PURE__ */ new WeakMap<AuthClient, AuthAdapter>();

export function registerAdapter(client: AuthClient, adapter: AuthAdapter): void {
  adapters.set(client, adapter);
}

/**
 * Returns what an adapter needs of a client. The adapters for Apollo Client and urql are built on it.
 *
 * @throws TypeError if `createAuthClient` did not make the client.
 *
 * @example
 * ```ts
 * import type { AuthClient } from 'graphql-simplejwt-client';
 * import { adapterOf } from 'graphql-simplejwt-client/adapter';
 *
 * export async function send(client: AuthClient, url: string, body: string): Promise<Response> {
 *   const { headers } = await adapterOf(client).prepare();
 *   return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
 * }
 * ```
 */
export function adapterOf(client: AuthClient): AuthAdapter {
  const adapter = adapters.get(client);
  if (adapter === undefined) throw new TypeError('Pass the client that `createAuthClient` returned.');
  return adapter;
}

export type { Credentials } from './transport.ts';
