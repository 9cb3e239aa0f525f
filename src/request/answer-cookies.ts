import { TokenDelivery } from '../delivery.ts';
import type { TokenPair } from '../sessions/issue-tokens.ts';
import type { Settings } from '../settings.ts';
import { type CookieValues, type CredentialCookies, setCookieHeaders } from './cookies.ts';
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
      this.clear();
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

  /**
   * Clears the useless cookies of the request: those that do not verify, and those that `isUseless` names. A cookie that
   * still works stays, and so does its CSRF token. Does nothing if this answer has set new cookies: one document may log in
   * and refresh.
   */
  clear(isUseless: (kind: keyof CredentialCookies, cookie: string, sessionId: string) => boolean = () => false): void {
    if (this.#values.refresh) return;
    const kept = (['access', 'refresh'] as const).filter((kind) => {
      const cookie = this.#credentials.cookies[kind];
      if (cookie === null) return false;
      // Two cookies came with this name, and one of them may work.
      if (cookie === '') return true;
      const sessionId = this.#proof.sessionOf(cookie);
      if (sessionId !== null && !isUseless(kind, cookie, sessionId)) return true;
      this.#values[kind] = null;
      return false;
    });
    const { access, refresh } = this.#credentials.cookies;
    if (kept.length === 0 && (access !== null || refresh !== null))
      Object.assign(this.#values, { access: null, refresh: null, csrf: null });
  }

  /** The `Set-Cookie` headers of the answer. */
  headers(settings: Settings, now: number): string[] {
    return setCookieHeaders(this.#values, settings, now);
  }
}
