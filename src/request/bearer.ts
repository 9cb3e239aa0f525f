/**
 * Takes the token out of an Authorization header (RFC 6750 section 2.1; the scheme in any case, RFC 9110 section 11.1).
 *
 * @returns null if there is no header or it has another scheme. Otherwise everything after the scheme, however malformed:
 * the codec refuses it.
 */
export function bearerToken(authorization: string | null): string | null {
  const match = /^bearer(?: (.*))?$/i.exec(authorization ?? '');
  return match === null ? null : (match[1] ?? '');
}
