import type { Clock } from '../../src/clock.ts';
import { resolveSettings, type TokenDelivery } from '../../src/index.ts';
import { CookieJar } from './cookie-jar.ts';
import { type Answer, EMAIL, type GraphQLClient, type Pair, PASSWORD } from './graphql-client.ts';
import { ISSUER, type TestAuth } from './start-test-auth.ts';

/** The part of the cookies' names that belongs to the issuer of the test servers. */
const { cookiePrefix: PREFIX } = resolveSettings({ issuer: ISSUER });
export const ACCESS = `__Host-${PREFIX}-access`;
export const REFRESH = `__Host-${PREFIX}-refresh`;
export const CSRF = `__Host-${PREFIX}-csrf`;

export const COOKIE_DELIVERIES = ['COOKIES', 'REFRESH_COOKIE'] as const satisfies readonly TokenDelivery[];
export type CookiePair = Omit<Pair, 'accessToken' | 'refreshToken'> & {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly csrfToken: string | null;
};

const PAIR = `{ accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt csrfToken
  session { id isCurrent } user { id email } }`;

type Headers = Readonly<Record<string, string | undefined>>;

/** A page in a browser that was served by the server's own origin, or by the one it is told. */
export class Page {
  readonly jar: CookieJar;
  /** In memory: what the last pair of the body held. */
  accessToken: string | null = null;
  readonly #client: GraphQLClient;
  readonly #site: Headers;

  constructor(
    { client, url, clock }: Pick<TestAuth, 'client' | 'url'> & { readonly clock: Pick<Clock, 'now'> },
    site?: Headers,
    jar?: CookieJar,
  ) {
    this.#client = client;
    this.jar = jar ?? new CookieJar(url, () => clock.now());
    this.#site = site ?? { origin: url, 'sec-fetch-site': 'same-origin' };
  }

  /** Sends whatever it is told, with the cookies; a header that is undefined is left out. */
  async send(init: Omit<RequestInit, 'headers'> & { readonly headers?: Headers }, path?: string): Promise<Answer> {
    const given: Headers = { cookie: this.jar.header(), ...this.#site, ...init.headers };
    const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const answer = await this.#client.send({ ...init, headers: headers as Record<string, string> }, path);
    this.jar.store(setCookiesOf(answer));
    return answer;
  }

  /** Runs an operation, with the CSRF token of the readable cookie and the access token in memory. */
  async run(query: string, variables: Record<string, unknown> = {}, headers: Headers = {}): Promise<Answer> {
    return this.send({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-csrf-token': this.jar.get(CSRF),
        ...(this.accessToken === null ? {} : { authorization: `Bearer ${this.accessToken}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
  }

  async tryRegister(delivery: TokenDelivery, email = EMAIL, headers: Headers = {}): Promise<Answer> {
    return this.run(
      `mutation ($input: RegisterInput!) { register(input: $input) ${PAIR} }`,
      { input: { email, password: PASSWORD, delivery } },
      headers,
    );
  }

  async register(delivery: TokenDelivery, email = EMAIL): Promise<CookiePair> {
    return this.#keep(await this.tryRegister(delivery, email), 'register');
  }

  async tryLogin(delivery: TokenDelivery, email = EMAIL, headers: Headers = {}, password = PASSWORD): Promise<Answer> {
    return this.run(
      `mutation ($input: LoginInput!) { login(input: $input) ${PAIR} }`,
      { input: { email, password, delivery } },
      headers,
    );
  }

  async login(delivery: TokenDelivery, email = EMAIL): Promise<CookiePair> {
    return this.#keep(await this.tryLogin(delivery, email), 'login');
  }

  async tryRefresh(input: Record<string, unknown> | null = null, headers: Headers = {}): Promise<Answer> {
    return this.run(
      `mutation ($input: RefreshTokenInput) { refreshToken(input: $input) ${PAIR} }`,
      input === null ? {} : { input },
      headers,
    );
  }

  async refresh(input: Record<string, unknown> | null = null): Promise<CookiePair> {
    return this.#keep(await this.tryRefresh(input), 'refreshToken');
  }

  async logout(input: Record<string, unknown> | null = null, headers: Headers = {}): Promise<Answer> {
    return this.run(
      'mutation ($input: LogoutInput) { logout(input: $input) { endedSessions endedSessionIds } }',
      input === null ? {} : { input },
      headers,
    );
  }

  async changePassword(currentPassword: string, newPassword: string, headers: Headers = {}): Promise<Answer> {
    return this.run(
      `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) ${PAIR} }`,
      { input: { currentPassword, newPassword } },
      headers,
    );
  }

  async me(headers: Headers = {}): Promise<Answer> {
    return this.run('{ me { id } }', {}, headers);
  }

  /** The same browser after a reload: what was in memory is gone. */
  reload(): void {
    this.accessToken = null;
  }

  #keep(answer: Answer, field: string): CookiePair {
    const pair: CookiePair | undefined = answer.data?.[field] ?? undefined;
    if (pair === undefined) throw new Error(`${field} gave no pair: ${answer.text}`);
    this.accessToken = pair.accessToken;
    return pair;
  }
}

export function setCookiesOf({ headers }: Answer): string[] {
  return headers.getSetCookie();
}
