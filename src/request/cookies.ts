import { parseCookie, stringifySetCookie } from 'cookie';
import type { Settings } from '../settings.ts';

const KINDS = ['access', 'refresh', 'csrf'] as const;
type CookieKind = (typeof KINDS)[number];

/**
 * `__Host-` makes browsers reject such a cookie from another host, path or scheme (RFC 6265bis section 4.1.3.2). The prefix
 * keeps deployments apart that share a host, because cookies do not tell ports apart.
 */
function cookieName(prefix: string, kind: CookieKind): string {
  return `__Host-${prefix}-${kind}`;
}

/** The credential cookies that a request carries. */
export interface CredentialCookies {
  readonly access: string | null;
  readonly refresh: string | null;
}

/** The cookies of an answer: each has a value and an end. Null clears the cookie. */
export type CookieValues = Partial<Record<CookieKind, { readonly value: string; readonly expiresAt: Date } | null>>;

/** Reads the cookies of a request. Two cookies of one name are read as an empty one, which no token is. */
export function readCredentialCookies(cookieHeader: string, prefix: string): CredentialCookies {
  const cookies = parseCookie(cookieHeader);
  const names = cookieHeader.split(';').map((pair) => pair.split('=', 1)[0]?.trim());
  const read = (kind: CookieKind) => {
    const name = cookieName(prefix, kind);
    return names.indexOf(name) === names.lastIndexOf(name) ? (cookies[name] ?? null) : '';
  };
  return { access: read('access'), refresh: read('refresh') };
}

/** Makes `Set-Cookie` headers. Clearing uses the same attributes, because a browser deletes only a matching cookie. */
export function setCookieHeaders(
  values: CookieValues,
  { cookiePrefix, cookieSameSite }: Pick<Settings, 'cookiePrefix' | 'cookieSameSite'>,
  now: number,
): string[] {
  return KINDS.filter((kind) => values[kind] !== undefined).map((kind) => {
    const cookie = values[kind] ?? { value: '', expiresAt: new Date(now) };
    return stringifySetCookie({
      name: cookieName(cookiePrefix, kind),
      value: cookie.value,
      maxAge: Math.max(0, Math.floor((cookie.expiresAt.getTime() - now) / 1000)),
      path: '/',
      secure: true,
      httpOnly: kind !== 'csrf',
      sameSite: cookieSameSite.toLowerCase() as Lowercase<Settings['cookieSameSite']>,
    });
  });
}
