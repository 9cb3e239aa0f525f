import { isIP } from 'node:net';
import { type Settings, TokenDelivery } from 'graphql-simplejwt';

/** The relation of a page to the API, as browsers see it. */
type Relation = 'same-origin' | 'sub-domain' | 'cross-site';

/** One way for a page to use the API, and whether it works. */
export interface ClientSetup {
  readonly relation: Relation;
  /** The origin of the page; null if none is configured. */
  readonly origin: string | null;
  readonly delivery: TokenDelivery;
  readonly outcome: 'works' | 'works in part' | 'breaks' | 'off';
  /** The reason; empty if it works. */
  readonly reason: string;
}

type Rules = Pick<Settings, 'allowedOrigins' | 'cookieSameSite' | 'tokenDelivery'>;

/** Every setup of a browser client: from the API's own origin, from each allowed origin, and from another origin. */
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
  if (!tokenDelivery.includes(delivery)) return off(`AUTH_TOKEN_DELIVERY does not include ${delivery}`);
  if (origin === null) return off(`AUTH_ALLOWED_ORIGINS includes no such origin`);
  if (new URL(origin).protocol === 'https:' && !isTrustworthy(apiUrl))
    return breaks('browsers block calls from an https page to an http address (mixed content)');
  if (delivery === TokenDelivery.BODY) return { outcome: 'works', reason: '' };
  if (!isTrustworthy(apiUrl))
    return breaks('over http, browsers accept Secure cookies from localhost only: put TLS in front');
  if (relation === 'cross-site') {
    if (cookieSameSite !== 'None')
      return breaks(
        `browsers do not send SameSite=${cookieSameSite} cookies from another site: set AUTH_COOKIE_SAME_SITE=None, or serve the page from a sub-domain`,
      );
    return inPart('only in browsers that accept third-party cookies: Safari rejects them, Firefox partitions them');
  }
  if (apiUrl.protocol === 'http:') return inPart('in Chromium and Firefox; Safari rejects Secure cookies over http');
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

/** Names under which anybody can register: the entries of the Public Suffix List that apps use most. */
const SHARED =
  /(^|\.)(github\.io|gitlab\.io|vercel\.app|netlify\.app|pages\.dev|workers\.dev|web\.app|onrender\.com|fly\.dev|herokuapp\.com|azurewebsites\.net|cloudfront\.net|run\.app)$/;
const COUNTRY = /\.(ac|co|com|edu|gov|net|ne|or|org)\.[a-z]{2}$/;

/** The registered name, as far as it can be determined without the whole Public Suffix List. */
function siteOf(hostname: string): string {
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return hostname;
  const labels = hostname.split('.');
  return labels.slice(SHARED.test(hostname) || COUNTRY.test(hostname) ? -3 : -2).join('.');
}
