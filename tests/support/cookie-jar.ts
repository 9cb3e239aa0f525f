interface StoredCookie {
  readonly value: string;
  readonly isHttpOnly: boolean;
  /** Milliseconds since 1970; never for a session cookie. */
  readonly expiresAt: number;
}

/** What a browser does with the cookies of one origin, as far as ours need it. What it does not know it refuses. */
export class CookieJar {
  readonly #isTrustworthy: boolean;
  readonly #now: () => number;
  readonly #cookies = new Map<string, StoredCookie>();

  constructor(url: string, now: () => number) {
    const { protocol, hostname } = new URL(url);
    // Chromium and Firefox take Secure cookies over http from these.
    this.#isTrustworthy = protocol === 'https:' || /^(127\.0\.0\.1|localhost|.+\.localhost)$/.test(hostname);
    this.#now = now;
  }

  /** Takes over the `Set-Cookie` headers of an answer. */
  store(setCookieHeaders: readonly string[]): void {
    for (const header of setCookieHeaders) {
      const { name, value, attributes } = parseSetCookie(header);
      if (!this.#accepts(name, attributes)) continue;
      const maxAge = attributes.get('max-age');
      const expiresAt = maxAge === undefined ? Infinity : this.#now() + Number(maxAge) * 1000;
      this.#cookies.set(name, { value, isHttpOnly: attributes.has('httponly'), expiresAt });
    }
  }

  /** Puts a cookie in as whoever controls the browser could. */
  put(name: string, value: string): void {
    this.#cookies.set(name, { value, isHttpOnly: true, expiresAt: Infinity });
  }

  get(name: string): string | undefined {
    return this.#live().get(name)?.value;
  }

  /** The `Cookie` header of a request to the same origin; undefined where there is none. */
  header(): string | undefined {
    const pairs = [...this.#live()].map(([name, { value }]) => `${name}=${value}`);
    return pairs.length === 0 ? undefined : pairs.join('; ');
  }

  /** The names that script on a page can read. */
  readableNames(): string[] {
    return [...this.#live()].filter(([, { isHttpOnly }]) => !isHttpOnly).map(([name]) => name);
  }

  names(): string[] {
    return [...this.#live().keys()];
  }

  copy(): CookieJar {
    const jar = new CookieJar(this.#isTrustworthy ? 'https://copy' : 'http://copy', this.#now);
    for (const [name, cookie] of this.#cookies) jar.#cookies.set(name, cookie);
    return jar;
  }

  #accepts(name: string, attributes: ReadonlyMap<string, string>): boolean {
    const isSecure = attributes.has('secure');
    if (isSecure && !this.#isTrustworthy) return false;
    if (!/^__host-/i.test(name)) return true;
    return isSecure && attributes.get('path') === '/' && !attributes.has('domain');
  }

  #live(): Map<string, StoredCookie> {
    return new Map([...this.#cookies].filter(([, { expiresAt }]) => expiresAt > this.#now()));
  }
}

/** A `Set-Cookie` header taken apart; attributes by their names in lower case. */
export function parseSetCookie(header: string) {
  const [pair = '', ...rest] = header.split('; ');
  const [name, value] = splitAt(pair);
  return { name, value, attributes: new Map(rest.map(splitAt).map(([key, word]) => [key.toLowerCase(), word])) };
}

function splitAt(text: string): [string, string] {
  const at = text.indexOf('=');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
