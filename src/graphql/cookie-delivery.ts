import { BadUserInputError, CsrfRejectedError, InputRefusalReason } from '../errors.ts';
import { type CookieValues, type CredentialCookies, setCookieHeaders } from '../request/cookies.ts';
import type { Csrf } from '../request/csrf.ts';
import { TokenDelivery } from '../sessions/delivery.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import type { Parts } from '../sessions/parts.ts';
import type { RequestCredentials } from './request-credentials.ts';

/** A pair as the answer's body has it: what is in a cookie is nowhere else. */
export interface DeliveredPair extends Omit<TokenPair, 'accessToken' | 'refreshToken'> {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly csrfToken: string | null;
}

/** The cookies of one request and its answer. */
export class CookieDelivery {
  readonly #parts: Parts;
  readonly #csrf: Csrf;
  readonly #credentials: RequestCredentials;
  readonly #values: CookieValues = {};

  constructor(parts: Parts, csrf: Csrf, credentials: RequestCredentials) {
    this.#parts = parts;
    this.#csrf = csrf;
    this.#credentials = credentials;
  }

  /**
   * Checks what a client asks for at login, before anything is done.
   *
   * @throws BadUserInputError if this deployment does not do it; CsrfRejectedError if another site asks for cookies.
   */
  check(delivery: TokenDelivery): void {
    if (!this.#parts.settings.tokenDelivery.includes(delivery)) {
      throw new BadUserInputError([{ path: 'input.delivery', reason: InputRefusalReason.DELIVERY_NOT_ALLOWED }]);
    }
    this.checkOrigin(delivery);
  }

  /** @throws CsrfRejectedError if another site would be answered in cookies. */
  checkOrigin(delivery: TokenDelivery): void {
    if (delivery !== TokenDelivery.BODY && !this.#credentials.mayReceiveCookies) throw new CsrfRejectedError('origin');
  }

  /** @throws CsrfRejectedError unless the request shows the CSRF token of this session. */
  requireToken(sessionId: string): void {
    if (!this.#csrf.matches(sessionId, this.#credentials.csrfToken)) throw new CsrfRejectedError('token');
  }

  /** The same for the session of a cookie; one that is not ours to read authenticates nothing. */
  requireTokenFor(cookie: string | null): void {
    const sessionId = this.#sessionOf(cookie);
    if (sessionId !== null) this.requireToken(sessionId);
  }

  /**
   * The cookies whose sessions the request's CSRF token proves to be meant.
   *
   * @throws CsrfRejectedError, where they must all be proven, unless they are.
   */
  proven(isRequired: boolean): CredentialCookies {
    const { access, refresh } = this.#credentials.cookies;
    if (isRequired) {
      this.requireTokenFor(refresh);
      this.requireTokenFor(access);
    }
    return { access: this.proves(access) ? access : null, refresh: this.proves(refresh) ? refresh : null };
  }

  /** Whether the request shows the CSRF token of this cookie's session. */
  proves(cookie: string | null): boolean {
    const sessionId = this.#sessionOf(cookie);
    return sessionId !== null && this.#csrf.matches(sessionId, this.#credentials.csrfToken);
  }

  /** The CSRF token that goes with the request's cookies. */
  csrfToken(): string | null {
    const { refresh, access } = this.#credentials.cookies;
    const sessionId = this.#sessionOf(refresh) ?? this.#sessionOf(access);
    return sessionId === null ? null : this.#csrf.tokenFor(sessionId);
  }

  /** Puts into cookies what belongs there, and leaves the rest for the body. */
  deliver(pair: TokenPair): DeliveredPair {
    const { delivery, id } = pair.session;
    if (delivery === TokenDelivery.BODY) {
      this.#clearUnreadable();
      return { ...pair, csrfToken: null };
    }
    const isAll = delivery === TokenDelivery.COOKIES;
    const csrfToken = this.#csrf.tokenFor(id);
    const until = pair.refreshTokenExpiresAt;
    Object.assign(this.#values, {
      // Of a session before this one, an access cookie would be taken for the new one's.
      access: isAll ? { value: pair.accessToken, expiresAt: pair.accessTokenExpiresAt } : null,
      refresh: { value: pair.refreshToken, expiresAt: until },
      csrf: { value: csrfToken, expiresAt: until },
    } satisfies CookieValues);
    return { ...pair, accessToken: isAll ? null : pair.accessToken, refreshToken: null, csrfToken };
  }

  /** Clears what the request came with. */
  clear(): void {
    const { access, refresh } = this.#credentials.cookies;
    if (access !== null || refresh !== null) Object.assign(this.#values, { access: null, refresh: null, csrf: null });
  }

  /** The same, but for an answer that has set cookies of its own: one document may log in and refresh. */
  clearUnlessSet(): void {
    if (!this.#values.refresh) this.clear();
  }

  /** The `Set-Cookie` headers of the answer. */
  headers(): string[] {
    return setCookieHeaders(this.#values, this.#parts.settings.cookieSameSite, this.#parts.clock.now());
  }

  /** A cookie that cannot be verified is of no session, nor is a CSRF token that goes with none. */
  #clearUnreadable(): void {
    if (this.#values.refresh) return;
    const { access, refresh } = this.#credentials.cookies;
    if (this.csrfToken() === null) return this.clear();
    if (access !== null && this.#sessionOf(access) === null) this.#values.access = null;
    if (refresh !== null && this.#sessionOf(refresh) === null) this.#values.refresh = null;
  }

  #sessionOf(cookie: string | null): string | null {
    const reading = cookie === null ? null : this.#parts.codec.read(cookie);
    return reading === null || reading.status === 'invalid' ? null : reading.claims.sid;
  }
}
