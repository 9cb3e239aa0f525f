import type { TokenPair } from './tokens';

const PREFIX = process.env['NODE_ENV'] === 'production' ? '__Host-' : '';
const ACCESS = `${PREFIX}access`;
const REFRESH = `${PREFIX}refresh`;

interface SessionCookie {
  readonly name: string;
  readonly value: string;
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: 'lax';
  readonly path: '/';
  /** Seconds. */
  readonly maxAge: number;
}

interface CookieJar {
  get(name: string): { readonly value: string } | undefined;
}

/** The tokens of a request. Next shows a cookie that the proxy has just deleted as an empty one. */
export function sessionTokens(jar: CookieJar): { readonly accessToken?: string; readonly refreshToken?: string } {
  return { accessToken: jar.get(ACCESS)?.value || undefined, refreshToken: jar.get(REFRESH)?.value || undefined };
}

/** The cookies of a pair, or those that end the session in the browser. */
export function sessionCookies(pair: TokenPair | null): readonly SessionCookie[] {
  if (pair === null) return [cookie(ACCESS, '', 0), cookie(REFRESH, '', 0)];
  const { accessTokenExpiresIn } = pair;
  // Both moments are of the API's clock, so the clock of this server does not matter.
  const longer = (Date.parse(pair.refreshTokenExpiresAt) - Date.parse(pair.accessTokenExpiresAt)) / 1000;
  return [
    // It ends before its token: without it, a refresh is due, and with it, there is time left for the requests of a page.
    cookie(ACCESS, pair.accessToken, Math.floor(accessTokenExpiresIn * 0.9)),
    cookie(REFRESH, pair.refreshToken, Math.floor(accessTokenExpiresIn + longer)),
  ];
}

function cookie(name: string, value: string, maxAge: number): SessionCookie {
  return { name, value, maxAge, httpOnly: true, secure: PREFIX !== '', sameSite: 'lax', path: '/' };
}
