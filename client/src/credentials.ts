import { CSRF_TOKEN } from './documents.ts';
import { readableCookies } from './page.ts';
import type { ClientServices } from './services.ts';
import { heldPairId } from './session-store.ts';
import { ask, type Credentials } from './transport.ts';

/** The deployment chooses the middle of the name. */
const CSRF_COOKIE = /^__Host-[\w-]+-csrf$/;

/** The credentials of the next request. */
export function credentialsOf(services: ClientServices): Credentials {
  const { session } = services.store;
  return {
    pairId: heldPairId(services.store),
    sessionId: session?.sessionId ?? null,
    userId: session?.user.id ?? null,
    headers: headersOf(session?.accessToken ?? null, csrfTokenOf(services)),
    mode: modeOf(services),
  };
}

export function headersOf(accessToken: string | null, csrfToken: string | null): Record<string, string> {
  return {
    ...(accessToken === null ? {} : { authorization: `Bearer ${accessToken}` }),
    ...(csrfToken === null ? {} : { 'x-csrf-token': csrfToken }),
  };
}

export function modeOf({ usesCookies }: ClientServices): RequestCredentials | undefined {
  return usesCookies ? 'include' : undefined;
}

/** The CSRF token of the held session. The readable cookie may belong to another session if another tab has logged in. */
export function csrfTokenOf({ store, usesCookies }: ClientServices): string | null {
  return usesCookies ? (store.session?.csrfToken ?? null) : null;
}

/** Whether there may be cookies of a session. They may also belong to another deployment on the same host. */
export function hasCsrfCookie({ url }: ClientServices): boolean {
  return readableCookies(url, CSRF_COOKIE).length > 0;
}

/** The CSRF token that belongs to the cookies: the readable cookie, or what the server says if there are several. */
export async function findCsrfToken(services: ClientServices): Promise<string | null> {
  const [first = null, ...others] = readableCookies(services.url, CSRF_COOKIE);
  return others.length === 0 ? first : fetchCsrfToken(services);
}

export function lacksCsrfToken(services: ClientServices): boolean {
  return services.usesCookies && services.store.session !== null && csrfTokenOf(services) === null;
}

/** Asks the server for the CSRF token that belongs to the cookies. */
export async function fetchCsrfToken(services: ClientServices): Promise<string | null> {
  const cookiesAlone = { headers: {}, mode: modeOf(services) };
  const { data } = await ask<{ csrfToken: string | null }>(services.transport, CSRF_TOKEN, {}, cookiesAlone);
  return data?.csrfToken ?? null;
}
