import { isIP } from 'node:net';
import { type Settings, TokenDelivery } from 'graphql-simplejwt';

/** Where a page stands to the API, as browsers see it. */
type Relation = 'same-origin' | 'sub-domain' | 'cross-site';

/** One way for a page to use the API, and what will come of it. */
export interface ClientSetup {
  readonly relation: Relation;
  /** The origin of the page; null where none is set up. */
  readonly origin: string | null;
  readonly delivery: TokenDelivery;
  readonly outcome: 'works' | 'works in part' | 'breaks' | 'off';
  /** Why; empty where it simply works. */
  readonly reason: string;
}

type Rules = Pick<Settings, 'allowedOrigins' | 'cookieSameSite' | 'tokenDelivery'>;

/** Every set-up of a client in a browser: from the API's own origin, from each allowed one, and from none that is. */
export function judgeClientSetups(apiUrl: URL, settings: Rules): ClientSetup[] {
  const pages = settings.allowedOrigins.map((origin) => ({ origin, relation: relationOf(new URL(origin), apiUrl) }));
  const missing = (['sub-domain', 'cross-site'] as const)
    .filter((relation) => !pages.some((page) => page.relation === relation))
    .map((relation) => ({ origin: null, relation }));
  const others = pages.filter(({ relation }) => relation !== 'same-origin');
  return [{ origin: apiUrl.origin, relation: 'same-origin' as const }, ...others, ...missing].flatMap((page) =>
    Object.values(TokenDelivery).map((delivery) => ({ ...page, delivery, ...judge(page, delivery, apiUrl, settings) })),
  );
}

type Judgement = Pick<ClientSetup, 'outcome' | 'reason'>;

function judge(
  { origin, relation }: Pick<ClientSetup, 'origin' | 'relation'>,
  delivery: TokenDelivery,
  apiUrl: URL,
  { cookieSameSite, tokenDelivery }: Rules,
): Judgement {
  if (!tokenDelivery.includes(delivery)) return off(`AUTH_TOKEN_DELIVERY does not have ${delivery}`);
  if (origin === null) return off(`AUTH_ALLOWED_ORIGINS has no such origin`);
  if (new URL(origin).protocol === 'https:' && !isTrustworthy(apiUrl))
    return breaks('browsers let no https page call an http address (mixed content)');
  if (delivery === TokenDelivery.BODY) return { outcome: 'works', reason: '' };
  if (!isTrustworthy(apiUrl))
    return breaks('the cookies are Secure, and over http browsers take them from localhost only: put TLS in front');
  if (relation === 'cross-site') {
    if (cookieSameSite !== 'None')
      return breaks(
        `browsers send no SameSite=${cookieSameSite} cookie from another site: set AUTH_COOKIE_SAME_SITE=None, or serve the page from a sub-domain`,
      );
    return inPart('only where the browser lets another site keep cookies: Safari never does, Firefox keeps them apart');
  }
  if (apiUrl.protocol === 'http:') return inPart('in Chromium and Firefox; Safari takes no Secure cookie over http');
  return { outcome: 'works', reason: '' };
}

function off(reason: string): Judgement {
  return { outcome: 'off', reason };
}

function breaks(reason: string): Judgement {
  return { outcome: 'breaks', reason };
}

function inPart(reason: string): Judgement {
  return { outcome: 'works in part', reason };
}

/** Whether browsers treat an address as safe from eavesdroppers. */
export function isTrustworthy({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || isLocal(hostname);
}

export function isLocal(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function relationOf(page: URL, api: URL): Relation {
  if (page.origin === api.origin) return 'same-origin';
  return page.protocol === api.protocol && siteOf(page.hostname) === siteOf(api.hostname) ? 'sub-domain' : 'cross-site';
}

/** Below these anybody can have a name: what the Public Suffix List says of those that apps are most often put under. */
const SHARED =
  /(^|\.)(github\.io|gitlab\.io|vercel\.app|netlify\.app|pages\.dev|workers\.dev|web\.app|onrender\.com|fly\.dev|herokuapp\.com|azurewebsites\.net|cloudfront\.net|run\.app)$/;
const COUNTRY = /\.(ac|co|com|edu|gov|net|ne|or|org)\.[a-z]{2}$/;

/** The name that somebody has registered, as well as can be told without the whole Public Suffix List. */
function siteOf(hostname: string): string {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return hostname;
  const labels = hostname.split('.');
  return labels.slice(SHARED.test(hostname) || COUNTRY.test(hostname) ? -3 : -2).join('.');
}
