import type { Settings } from '../settings.ts';

/**
 * Whether the browser says that a trusted page made the request: one of the API's own origin or of an allowed origin. If
 * the browser says nothing, the request is not trusted. The own origin is the issuer's and not what `Host` says, because a
 * client can send any `Host`.
 */
export function isTrustedOrigin(
  secFetchSite: string | null,
  origin: string | null,
  { issuer, allowedOrigins }: Pick<Settings, 'issuer' | 'allowedOrigins'>,
): boolean {
  if (origin !== null && allowedOrigins.includes(origin)) return true;
  if (secFetchSite !== null) return secFetchSite === 'same-origin';
  return origin !== null && origin === URL.parse(issuer)?.origin;
}
