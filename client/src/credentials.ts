import { CSRF_TOKEN } from './documents.ts';
import type { Parts } from './options.ts';
import { readableCookie } from './page.ts';
import { heldPairId } from './session-keeper.ts';
import { ask, type Credentials } from './transport.ts';

const CSRF_COOKIE = '__Host-csrf';

/** What a request needs, from what is held at this moment. */
export function credentialsOf(parts: Parts): Credentials {
  const { held } = parts.keeper;
  return {
    pairId: heldPairId(parts.keeper),
    sessionId: held?.sessionId ?? null,
    userId: held?.user.id ?? null,
    headers: headersOf(held?.accessToken ?? null, csrfTokenOf(parts)),
    mode: modeOf(parts),
  };
}

export function headersOf(accessToken: string | null, csrfToken: string | null): Record<string, string> {
  return {
    ...(accessToken === null ? {} : { authorization: `Bearer ${accessToken}` }),
    ...(csrfToken === null ? {} : { 'x-csrf-token': csrfToken }),
  };
}

export function modeOf({ usesCookies }: Parts): RequestCredentials | undefined {
  return usesCookies ? 'include' : undefined;
}

/** Of the session that is held: that of the cookie may be another's, where another tab has just logged in. */
export function csrfTokenOf({ keeper, usesCookies }: Parts): string | null {
  return usesCookies ? (keeper.held?.csrfToken ?? null) : null;
}

export function csrfCookie({ url }: Parts): string | null {
  return readableCookie(url, CSRF_COOKIE);
}

export function lacksCsrfToken(parts: Parts): boolean {
  return parts.usesCookies && parts.keeper.held !== null && csrfTokenOf(parts) === null;
}

/** Asks for the CSRF token that goes with the cookies. */
export async function fetchCsrfToken(parts: Parts): Promise<string | null> {
  const bare = { headers: {}, mode: modeOf(parts) };
  const { data } = await ask<{ csrfToken: string | null }>(parts.transport, CSRF_TOKEN, {}, bare);
  return data?.csrfToken ?? null;
}
