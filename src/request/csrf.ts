import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { deriveKey } from '../derive-key.ts';

/** Makes and checks CSRF tokens. Such a token proves that the page that made a request can read our answers. */
export interface Csrf {
  /** The token of a session. It stays the same as long as the session lives. */
  tokenFor(sessionId: string): string;
  /** Whether this is the session's token. Compares in constant time. */
  matches(sessionId: string, token: string | null): boolean;
}

/**
 * A CSRF token is an HMAC of the session's id (OWASP's signed double-submit cookie, bound to the session). Its keys are
 * derived from the refresh keys (RFC 5869).
 *
 * @param secrets The first makes tokens. All of them verify tokens.
 */
export function createCsrf([first, ...others]: readonly [KeyObject, ...KeyObject[]]): Csrf {
  const signing = deriveKey(first, 'csrf');
  const verifying = [signing, ...others.map((secret) => deriveKey(secret, 'csrf'))];
  return Object.freeze({
    tokenFor: (sessionId) => sign(signing, sessionId),
    matches: (sessionId, token) => token !== null && verifying.some((key) => isEqual(sign(key, sessionId), token)),
  } satisfies Csrf);
}

function sign(key: KeyObject, sessionId: string): string {
  return createHmac('sha256', key).update(sessionId).digest('base64url');
}

function isEqual(expected: string, given: string): boolean {
  const [left, right] = [Buffer.from(expected), Buffer.from(given)];
  return left.length === right.length && timingSafeEqual(left, right);
}
