/** A browser's cookies, and the headers that it sends for a page on the API's own origin. */
export interface CookieJar {
  readonly fetch: typeof fetch;
  readonly cookies: ReadonlyMap<string, string>;
  /** Replaces its content. */
  restore(cookies: ReadonlyMap<string, string>): void;
}

export function createCookieJar(through: typeof fetch = fetch): CookieJar {
  const cookies = new Map<string, string>();
  return {
    cookies,
    restore(earlier) {
      const copy = [...earlier];
      cookies.clear();
      for (const [name, value] of copy) cookies.set(name, value);
    },
    async fetch(input, init) {
      const headers = new Headers(init?.headers);
      headers.set('sec-fetch-site', 'same-origin');
      if (init?.credentials === 'include' && cookies.size > 0) {
        headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
      }
      const response = await through(input, { ...init, headers });
      for (const line of response.headers.getSetCookie()) keep(cookies, line);
      return response;
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (/; Max-Age=0\b/i.test(line)) cookies.delete(name);
  else cookies.set(name, value);
}
