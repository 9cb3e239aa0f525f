import { TokenDelivery } from '../delivery.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import type { Settings } from '../settings.ts';
import { type CookieValues, setCookieHeaders } from './cookies.ts';
import type { RequestCredentials } from './credentials.ts';
import type { Csrf } from './csrf.ts';
import type { CsrfProof } from './csrf-proof.ts';

/** A token pair as the body of an answer holds it. A token that is in a cookie is null here. */
export interface DeliveredTokenPair extends Omit<TokenPair, 'accessToken' | 'refreshToken'> {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  /** To be sent back as `X-CSRF-Token`; null if no token is in a cookie. */
  readonly csrfToken: string | null;
}

/** Collects the cookies of one answer while its document runs. */
export class AnswerCookies {
  readonly #csrf: Csrf;
  readonly #credentials: RequestCredentials;
  readonly #proof: CsrfProof;
  readonly #values: CookieValues = {};

  constructor(csrf: Csrf, credentials: RequestCredentials, proof: CsrfProof) {
    this.#csrf = csrf;
    this.#credentials = credentials;
    this.#proof = proof;
  }

  /** Puts the tokens of a pair into cookies as its session requires, and leaves the rest for the body. */
  deliver(pair: TokenPair): DeliveredTokenPair {
    const { delivery, id } = pair.session;
    if (delivery === TokenDelivery.BODY) {
      this.#clearUnreadable();
      return { ...pair, csrfToken: null };
    }
    const isAll = delivery === TokenDelivery.COOKIES;
    const csrfToken = this.#csrf.tokenFor(id);
    const until = pair.refreshTokenExpiresAt;
    Object.assign(this.#values, {
      // An access cookie of an earlier session would be taken for the new session's.
      access: isAll ? { value: pair.accessToken, expiresAt: pair.accessTokenExpiresAt } : null,
      refresh: { value: pair.refreshToken, expiresAt: until },
      csrf: { value: csrfToken, expiresAt: until },
    } satisfies CookieValues);
    return { ...pair, accessToken: isAll ? null : pair.accessToken, refreshToken: null, csrfToken };
  }

  /** Clears the cookies that the request carried. */
  clear(): void {
    const { access, refresh } = this.#credentials.cookies;
    if (access !== null || refresh !== null) Object.assign(this.#values, { access: null, refresh: null, csrf: null });
  }

  /** Clears them unless this answer has set new ones: one document may log in and refresh. */
  clearUnlessSet(): void {
    if (!this.#values.refresh) this.clear();
  }

  /** The `Set-Cookie` headers of the answer. */
  headers({ cookieSameSite }: Settings, now: number): string[] {
    return setCookieHeaders(this.#values, cookieSameSite, now);
  }

  /** Clears cookies that do not verify, and a CSRF token without a session. */
  #clearUnreadable(): void {
    if (this.#values.refresh) return;
    const { access, refresh } = this.#credentials.cookies;
    if (this.#proof.expectedToken() === null) return this.clear();
    if (access !== null && this.#proof.sessionOf(access) === null) this.#values.access = null;
    if (refresh !== null && this.#proof.sessionOf(refresh) === null) this.#values.refresh = null;
  }
}
