/** Where a request comes from, as the browser says. */
export interface RequestOrigin {
  readonly secFetchSite: string | null;
  readonly origin: string | null;
  /** The scheme and host that the client reached, such as `https://api.example.com`; null if unknown. */
  readonly ownOrigin: string | null;
}

/**
 * Whether the browser says that a trusted page made the request: one of the API's own origin or of an allowed origin. If
 * the browser says nothing, the request is not trusted.
 */
export function isTrustedOrigin(request: RequestOrigin, allowedOrigins: readonly string[]): boolean {
  const { secFetchSite, origin, ownOrigin } = request;
  if (origin !== null && allowedOrigins.includes(origin)) return true;
  if (secFetchSite !== null) return secFetchSite === 'same-origin';
  return origin !== null && origin === ownOrigin;
}
