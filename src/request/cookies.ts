import { parseCookie, stringifySetCookie } from 'cookie';

/** The prefix makes browsers reject such a cookie from another host, path or scheme (RFC 6265bis section 4.1.3.2). */
const NAMES = { access: '__Host-access', refresh: '__Host-refresh', csrf: '__Host-csrf' } as const;
type CookieName = keyof typeof NAMES;

/** The `SameSite` attribute (RFC 6265bis section 4.1.2.7). */
export type SameSite = 'Lax' | 'Strict' | 'None';

/** The credential cookies that a request carries. */
export interface CredentialCookies {
  readonly access: string | null;
  readonly refresh: string | null;
}

/** The cookies of an answer: each has a value and an end. Null clears the cookie. */
export type CookieValues = Partial<Record<CookieName, { readonly value: string; readonly expiresAt: Date } | null>>;

export function readCredentialCookies(cookieHeader: string | null): CredentialCookies {
  const cookies = parseCookie(cookieHeader ?? '');
  return { access: cookies[NAMES.access] ?? null, refresh: cookies[NAMES.refresh] ?? null };
}

/** Makes `Set-Cookie` headers. Clearing uses the same attributes, because a browser deletes only a matching cookie. */
export function setCookieHeaders(values: CookieValues, sameSite: SameSite, now: number): string[] {
  return (Object.keys(NAMES) as CookieName[])
    .filter((name) => values[name] !== undefined)
    .map((name) => {
      const cookie = values[name] ?? { value: '', expiresAt: new Date(now) };
      return stringifySetCookie({
        name: NAMES[name],
        value: cookie.value,
        maxAge: Math.max(0, Math.floor((cookie.expiresAt.getTime() - now) / 1000)),
        path: '/',
        secure: true,
        httpOnly: name !== 'csrf',
        sameSite: sameSite.toLowerCase() as Lowercase<SameSite>,
      });
    });
}
