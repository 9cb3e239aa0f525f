import { type AuthAdapter, adapters } from './adapter-registry.ts';
import type { AuthClient } from './auth-client.ts';
import type { KnownUser } from './storage.ts';

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
export function adapterOf(client: AuthClient<KnownUser>): AuthAdapter {
  const adapter = adapters.get(client);
  if (adapter === undefined) throw new TypeError('Pass the client that `createAuthClient` returned.');
  return adapter;
}

export type { AuthAdapter } from './adapter-registry.ts';
export type { Credentials } from './transport.ts';
