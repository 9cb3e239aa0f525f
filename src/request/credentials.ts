import { bearerToken } from './bearer.ts';
import { type CredentialCookies, readCredentialCookies } from './cookies.ts';
import type { Settings } from '../settings.ts';
import { isTrustedOrigin } from './origin.ts';

/** What the context function needs to know about a request. */
export interface AuthRequest {
  /**
   * The headers, by name in lower case. Node's `headersDistinct` is best: it shows a second `Authorization` header, which
   * `headers` hides.
   */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /**
   * The client's address, for the rate limits and the list of sessions. Behind a proxy, take it from the header that your proxy
   * sets, and from no header that a client can set. All clients without an address share one budget.
   * @defaultValue the remote address of `socket`
   */
  readonly ipAddress?: string | null;
  /** The connection, if you pass Node's own request. */
  readonly socket?: { readonly remoteAddress?: string | undefined };
  /**
   * Whether you send `setCookieHeaders()` with the answer. If not, cookies are ignored, and a client that asks for them is
   * refused.
   * @defaultValue `false`
   */
  readonly sendsCookies?: boolean;
}

/** The credentials that a request carries. */
export interface RequestCredentials {
  readonly bearer: string | null;
  /** Empty unless a trusted page made the request. */
  readonly cookies: CredentialCookies;
  /** From the `X-CSRF-Token` header. */
  readonly csrfToken: string | null;
  /** Whether the answer may set cookies: a trusted page made the request, and the host sends cookies. */
  readonly mayReceiveCookies: boolean;
  /** Whether the request carries our cookies and no Bearer token, and no trusted page made it. */
  readonly isForged: boolean;
}

export const NO_COOKIES: CredentialCookies = Object.freeze({ access: null, refresh: null });

export function readCredentials(request: AuthRequest, settings: Settings): RequestCredentials {
  const header = (name: string) => readHeader(request, name);
  const bearer = bearerToken(header('authorization'));
  const cookies = request.sendsCookies === true ? header('cookie') : null;
  const carried = cookies === null ? NO_COOKIES : readUsableCookies(cookies, settings);
  const isTrusted = isTrustedOrigin(header('sec-fetch-site'), header('origin'), settings);
  const carriesAny = carried.access !== null || carried.refresh !== null;
  return {
    bearer,
    cookies: isTrusted ? carried : NO_COOKIES,
    csrfToken: header('x-csrf-token'),
    mayReceiveCookies: isTrusted && request.sendsCookies === true,
    isForged: carriesAny && !isTrusted && bearer === null,
  };
}

/** The cookies of the deliveries that the settings allow. Others are not looked at. */
function readUsableCookies(header: string, { cookiePrefix, tokenDelivery }: Settings): CredentialCookies {
  const { access, refresh } = readCredentialCookies(header, cookiePrefix);
  const mayHaveAccess = tokenDelivery.includes('COOKIES');
  return {
    access: mayHaveAccess ? access : null,
    refresh: mayHaveAccess || tokenDelivery.includes('REFRESH_COOKIE') ? refresh : null,
  };
}

export function addressOf({ ipAddress, socket }: AuthRequest): string | null {
  return ipAddress === undefined ? (socket?.remoteAddress ?? null) : ipAddress;
}

/** Joins the values of a repeated header, which then verifies as nothing. */
export function readHeader({ headers }: AuthRequest, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.join(name === 'cookie' ? '; ' : ', ') ?? null);
}
