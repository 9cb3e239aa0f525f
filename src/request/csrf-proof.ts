import { CsrfRejectedError } from '../errors.ts';
import type { TokenCodec } from '../tokens/token-codec.ts';
import type { CredentialCookies } from './cookies.ts';
import type { RequestCredentials } from './credentials.ts';
import type { Csrf } from './csrf.ts';

/** Tells which of a request's cookies its CSRF token proves. */
export class CsrfProof {
  readonly #codec: TokenCodec;
  readonly #csrf: Csrf;
  readonly #credentials: RequestCredentials;

  constructor(codec: TokenCodec, csrf: Csrf, credentials: RequestCredentials) {
    this.#codec = codec;
    this.#csrf = csrf;
    this.#credentials = credentials;
  }

  /** @throws CsrfRejectedError unless the request shows the CSRF token of this session. */
  requireFor(sessionId: string): void {
    if (!this.#csrf.matches(sessionId, this.#credentials.csrfToken)) throw new CsrfRejectedError('token');
  }

  /**
   * Checks the CSRF token for the session of a cookie. A cookie that does not verify authenticates nothing and needs none.
   *
   * @throws CsrfRejectedError if the token does not belong to the cookie's session.
   */
  requireForCookie(cookie: string | null): void {
    const sessionId = this.sessionOf(cookie);
    if (sessionId !== null) this.requireFor(sessionId);
  }

  /**
   * Checks the CSRF token for the cookies of a logout. The cookies of two users may be mixed: it has to prove one of them.
   *
   * @throws CsrfRejectedError if a cookie verifies and none is proved.
   */
  requireForAnyCookie(): void {
    const { access, refresh } = this.#credentials.cookies;
    const isAnyVerified = this.sessionOf(access) !== null || this.sessionOf(refresh) !== null;
    if (isAnyVerified && !this.proves(access) && !this.proves(refresh)) throw new CsrfRejectedError('token');
  }

  /** Whether the request shows the CSRF token of this cookie's session. */
  proves(cookie: string | null): boolean {
    const sessionId = this.sessionOf(cookie);
    return sessionId !== null && this.#csrf.matches(sessionId, this.#credentials.csrfToken);
  }

  /** The request's cookies, without those that its CSRF token does not prove. */
  provenCookies(): CredentialCookies {
    const { access, refresh } = this.#credentials.cookies;
    return { access: this.proves(access) ? access : null, refresh: this.proves(refresh) ? refresh : null };
  }

  /** The CSRF token that belongs to the request's cookies; null if they belong to no session of ours. */
  expectedToken(): string | null {
    const { refresh, access } = this.#credentials.cookies;
    const sessionId = this.sessionOf(refresh) ?? this.sessionOf(access);
    return sessionId === null ? null : this.#csrf.tokenFor(sessionId);
  }

  /** The session of a token; null if the token does not verify. */
  sessionOf(token: string | null): string | null {
    const reading = token === null ? null : this.#codec.read(token);
    return reading === null || reading.status === 'invalid' ? null : reading.claims.sid;
  }
}
