import { bearerToken } from './bearer.ts';
import { type CredentialCookies, readCredentialCookies } from './cookies.ts';
import { isTrustedOrigin } from './origin.ts';

/** What the context function needs to know about a request. */
export interface AuthRequest {
  /** The headers, by name in lower case, as Node provides them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The client's address, to be shown in the list of sessions. */
  readonly ipAddress?: string | null;
  /** The scheme and host that the client reached, such as `https://api.example.com`. Old browsers need it. */
  readonly ownOrigin?: string | null;
}

/** The credentials that a request carries. */
export interface RequestCredentials {
  readonly bearer: string | null;
  /** Empty unless a trusted page made the request. */
  readonly cookies: CredentialCookies;
  /** From the `X-CSRF-Token` header. */
  readonly csrfToken: string | null;
  /** Whether a trusted page made the request. Only then may the answer set cookies. */
  readonly isTrusted: boolean;
  /** Whether the request carries our cookies and no Bearer token, and no trusted page made it. */
  readonly isForged: boolean;
}

export const NO_COOKIES: CredentialCookies = Object.freeze({ access: null, refresh: null });

export function readCredentials(request: AuthRequest, allowedOrigins: readonly string[]): RequestCredentials {
  const header = (name: string) => readHeader(request, name);
  const bearer = bearerToken(header('authorization'));
  const carried = readCredentialCookies(header('cookie'));
  const isTrusted = isTrustedOrigin(
    { secFetchSite: header('sec-fetch-site'), origin: header('origin'), ownOrigin: request.ownOrigin ?? null },
    allowedOrigins,
  );
  const carriesAny = carried.access !== null || carried.refresh !== null;
  return {
    bearer,
    cookies: isTrusted ? carried : NO_COOKIES,
    csrfToken: header('x-csrf-token'),
    isTrusted,
    isForged: carriesAny && !isTrusted && bearer === null,
  };
}

export function readHeader({ headers }: AuthRequest, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}
