import { bearerToken } from '../request/bearer.ts';
import { type CredentialCookies, readCredentialCookies } from '../request/cookies.ts';
import { isTrustedOrigin } from '../request/origin.ts';

/** What the context function has to know of a request. */
export interface AuthRequest {
  /** By name in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client's address, if it is to be shown in the list of sessions. */
  readonly ipAddress?: string | null;
  /** Scheme and host that the client reached, such as `https://api.example.com`. For old browsers that say no more. */
  readonly ownOrigin?: string | null;
}

/** What a request shows of itself. */
export interface RequestCredentials {
  readonly bearer: string | null;
  /** None where the request was not made by a page of ours. */
  readonly cookies: CredentialCookies;
  /** Of the header `X-CSRF-Token`. */
  readonly csrfToken: string | null;
  readonly userAgent: string | null;
  /** Whether the answer may set cookies: the request was made by a page of ours. */
  readonly mayReceiveCookies: boolean;
  /** It comes with our cookies and nothing else, and not from a page of ours. */
  readonly isForged: boolean;
}

export const NO_COOKIES: CredentialCookies = { access: null, refresh: null };

export function readCredentials(request: AuthRequest, allowedOrigins: readonly string[]): RequestCredentials {
  const header = (name: string) => headerOf(request.headers, name);
  const bearer = bearerToken(header('authorization'));
  const carried = readCredentialCookies(header('cookie'));
  const mayReceiveCookies = isTrustedOrigin(
    { secFetchSite: header('sec-fetch-site'), origin: header('origin'), ownOrigin: request.ownOrigin ?? null },
    allowedOrigins,
  );
  const carriesAny = carried.access !== null || carried.refresh !== null;
  return {
    bearer,
    cookies: mayReceiveCookies ? carried : NO_COOKIES,
    csrfToken: header('x-csrf-token'),
    userAgent: header('user-agent'),
    mayReceiveCookies,
    isForged: carriesAny && !mayReceiveCookies && bearer === null,
  };
}

function headerOf(headers: AuthRequest['headers'], name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}
