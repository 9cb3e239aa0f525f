/** Where a browser says that a request comes from. */
export interface RequestOrigin {
  readonly secFetchSite: string | null;
  readonly origin: string | null;
  /** Scheme and host that the client reached, such as `https://api.example.com`; null where it is not known. */
  readonly ownOrigin: string | null;
}

/**
 * Whether a request comes from a page of ours: from the same origin by what the browser says of it, or from an origin
 * that is allowed. Where the browser says nothing, nobody can tell.
 */
export function isTrustedOrigin(request: RequestOrigin, allowedOrigins: readonly string[]): boolean {
  const { secFetchSite, origin, ownOrigin } = request;
  if (origin !== null && allowedOrigins.includes(origin)) return true;
  if (secFetchSite !== null) return secFetchSite === 'same-origin';
  return origin !== null && origin === ownOrigin;
}
