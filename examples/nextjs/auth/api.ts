import { headers } from 'next/headers';

const API_URL = process.env['API_URL'] ?? 'http://127.0.0.1:4000/graphql';

export interface ApiError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly reason?: string };
}

export interface ApiAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly ApiError[];
}

/**
 * Asks the API from the Next server.
 *
 * @throws if no answer arrives.
 */
export async function askApi<Data>(
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  accessToken?: string,
): Promise<ApiAnswer<Data>> {
  const sent = new Headers({ 'content-type': 'application/json' });
  if (accessToken !== undefined) sent.set('authorization', `Bearer ${accessToken}`);
  // The API counts failed logins by the address of the browser, not by that of this server.
  const address = (await headers()).get('x-forwarded-for');
  if (address !== null) sent.set('x-forwarded-for', address);
  const body = JSON.stringify({ query, variables });
  const answer = await fetch(API_URL, { method: 'POST', headers: sent, body, cache: 'no-store' });
  return (await answer.json()) as ApiAnswer<Data>;
}
