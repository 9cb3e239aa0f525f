/**
 * Takes the token out of an Authorization header (RFC 6750 section 2.1, with the scheme in any case as RFC 9110 section
 * 11.1 says).
 *
 * @returns the token; null where there is no header or another scheme; what follows the scheme, however malformed, is
 * for the codec to refuse.
 */
export function bearerToken(authorization: string | null): string | null {
  const match = /^bearer(?: (.*))?$/i.exec(authorization ?? '');
  return match === null ? null : (match[1] ?? '');
}
