import { type Answer, GraphQLClient, PASSWORD } from '../support/graphql-client.ts';
import type { TestDatabase } from '../support/databases.ts';
import { refusalOf } from '../support/outcomes.ts';
import { ACCESS, CSRF, REFRESH } from '../support/page.ts';
import { parseSetCookie } from '../support/cookie-jar.ts';
import { type startTestAuth, type TestAuth, type TestAuthOptions } from '../support/start-test-auth.ts';
import { TOKEN_PART } from '../support/tokens.ts';

/** How a client sends its tokens. */
export type Mode = 'Bearer' | 'cookies';

/** A hostile case. It fails if an answer is unsafe. */
type Case = (world: World) => Promise<void>;
export type Cases = Readonly<Record<string, Case>>;

/** A session, as its owner or a thief holds it. */
export interface Held {
  readonly access: string;
  readonly refresh: string;
  readonly csrf: string;
  readonly email: string;
  readonly userId: string;
  readonly sessionId: string;
}

const PAIR = '{ accessToken refreshToken csrfToken session { id } user { id email } }';
let people = 0;

/** The passwords and e-mails of the cases. No log may contain them. */
export const WRONG_PASSWORD = 'wrong horse battery';
export const SECRETS = new RegExp(`${TOKEN_PART.source}|horse battery|@hostile\\.test|__Host-`);

/** A server, and clients that send their tokens in one way. */
export class World {
  readonly mode: Mode;
  readonly server: TestAuth;
  readonly #database: TestDatabase;
  readonly #start: typeof startTestAuth;

  constructor(mode: Mode, server: TestAuth, database: TestDatabase, start: typeof startTestAuth) {
    this.mode = mode;
    this.server = server;
    this.#database = database;
    this.#start = start;
  }

  /** The same with a server of its own, which is stopped after the case. */
  async apart(options: TestAuthOptions = {}): Promise<World> {
    const databaseUrl = options.databaseUrl ?? (await this.#database.fresh());
    const server = await this.#start({ isProduction: true, ...options, databaseUrl });
    return new World(this.mode, server, this.#database, this.#start);
  }

  /** Another process on the same database. */
  async beside(options: TestAuthOptions = {}): Promise<World> {
    const { databaseUrl, keys, clock } = this.server;
    return this.apart({ databaseUrl, keys, clock, ...options });
  }

  get client(): GraphQLClient {
    return this.server.client;
  }

  email(): string {
    people += 1;
    return `person${people}@hostile.test`;
  }

  /** Headers of a page of the server's own origin. */
  get page(): Record<string, string> {
    return { origin: this.server.url, 'sec-fetch-site': 'same-origin' };
  }

  /** The headers that carry an access token. */
  carry(access: string): Record<string, string> {
    return this.mode === 'Bearer'
      ? { authorization: `Bearer ${access}` }
      : { ...this.page, cookie: `${ACCESS}=${access}` };
  }

  /** The headers of a request of a session's owner. */
  headersOf({ access, refresh, csrf }: Held): Record<string, string> {
    return this.mode === 'Bearer'
      ? { authorization: `Bearer ${access}` }
      : { ...this.page, cookie: `${ACCESS}=${access}; ${REFRESH}=${refresh}; ${CSRF}=${csrf}`, 'x-csrf-token': csrf };
  }

  async run(query: string, variables: Record<string, unknown> = {}, headers: Record<string, string> = {}) {
    return this.client.run(query, variables, undefined, headers);
  }

  async me(access: string): Promise<Answer> {
    return this.run('{ me { id email } }', {}, this.carry(access));
  }

  async currentToken(access: string): Promise<Answer> {
    return this.run('{ currentToken { id } }', {}, this.carry(access));
  }

  async register(email = this.email(), password = PASSWORD): Promise<Held> {
    const answer = await this.tryRegister({ email, password });
    return this.#take(answer, 'register');
  }

  async tryRegister(input: Record<string, unknown>): Promise<Answer> {
    const query = `mutation ($input: RegisterInput!) { register(input: $input) ${PAIR} }`;
    return this.run(query, { input: { ...this.#delivery, ...input } }, this.page);
  }

  async login(email: string, password = PASSWORD): Promise<Held> {
    return this.#take(await this.tryLogin({ email, password }), 'login');
  }

  async tryLogin(input: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Answer> {
    const query = `mutation ($input: LoginInput!) { login(input: $input) ${PAIR} }`;
    return this.run(query, { input: { ...this.#delivery, ...input } }, { ...this.page, ...headers });
  }

  /** Presents a refresh token. */
  async tryRefresh({ refresh, csrf }: Pick<Held, 'refresh' | 'csrf'>, idempotencyKey?: string): Promise<Answer> {
    const query = `mutation ($input: RefreshTokenInput) { refreshToken(input: $input) ${PAIR} }`;
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    if (this.mode === 'Bearer') return this.run(query, { input: { refreshToken: refresh, ...key } });
    return this.run(query, { input: key }, { ...this.page, cookie: `${REFRESH}=${refresh}`, 'x-csrf-token': csrf });
  }

  async refresh(held: Pick<Held, 'refresh' | 'csrf'>, idempotencyKey?: string): Promise<Held> {
    return this.#take(await this.tryRefresh(held, idempotencyKey), 'refreshToken');
  }

  /** The pair of an answer, wherever it is. */
  pairOf(answer: Answer, field = 'refreshToken'): Held {
    return this.#take(answer, field);
  }

  async logout(held: Held, input?: Record<string, unknown>): Promise<Answer> {
    return this.run(
      'mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }',
      input === undefined ? {} : { input },
      this.headersOf(held),
    );
  }

  async changePassword(held: Held, currentPassword: string, newPassword: string): Promise<Answer> {
    const query = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { session { id } } }`;
    return this.run(query, { input: { currentPassword, newPassword } }, this.headersOf(held));
  }

  get #delivery(): Record<string, string> {
    return this.mode === 'Bearer' ? {} : { delivery: 'COOKIES' };
  }

  #take(answer: Answer, field: string): Held {
    const pair = answer.data?.[field];
    if (!pair) throw new Error(`${field} gave no pair: ${answer.text}`);
    const cookies = new Map(
      answer.headers
        .getSetCookie()
        .map(parseSetCookie)
        .map(({ name, value }) => [name, value]),
    );
    return {
      access: pair.accessToken ?? cookies.get(ACCESS) ?? '',
      refresh: pair.refreshToken ?? cookies.get(REFRESH) ?? '',
      csrf: pair.csrfToken ?? '',
      email: pair.user.email,
      userId: pair.user.id,
      sessionId: pair.session.id,
    };
  }
}

/** U: a guarded field refuses the token. */
export async function expectUnauthenticated(world: World, tokens: readonly string[]): Promise<void> {
  for (const token of tokens) {
    const answer = await world.currentToken(token);
    expect([token, answer.status, answer.data]).toEqual([token, 200, { currentToken: null }]);
    expect(refusalOf(answer)).toMatch(/^UNAUTHENTICATED /);
  }
}

/** R: the refresh token is refused. */
export async function expectRefused(answer: Promise<Answer>, reason: string): Promise<void> {
  expect(refusalOf(await answer)).toBe(`INVALID_REFRESH_TOKEN ${reason}`);
}

/** The session of a pair is over, or goes on. */
export async function expectEnded(world: World, held: Held): Promise<void> {
  expect(refusalOf(await world.me(held.access))).toMatch(/^UNAUTHENTICATED TOKEN_(REVOKED|EXPIRED)/);
  expect(refusalOf(await world.tryRefresh(held))).toMatch(/^INVALID_REFRESH_TOKEN TOKEN_(REVOKED|EXPIRED)/);
}

export async function expectLive(world: World, held: Held): Promise<Held> {
  expect((await world.me(held.access)).data?.me?.id).toBe(held.userId);
  return world.refresh(held);
}

/** V: the request is refused as invalid, and ran nothing. */
export function expectInvalid(answer: Answer): void {
  const codes = answer.errors.map(({ extensions }) => extensions.code);
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes)
    expect(code).toMatch(
      /^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED|GRAPHQL_PARSE_FAILED|BAD_REQUEST|TOO_MANY_CREDENTIAL_OPERATIONS|OPERATION_RESOLUTION_FAILURE)$/,
    );
  expect(Object.values(answer.data ?? {}).every((value) => value === null)).toBe(true);
}

/** The same process answers an honest client rightly. */
export async function expectControl(world: World): Promise<void> {
  const held = await world.register();
  const { data } = await world.me(held.access);
  expect(data?.me?.email).toBe(held.email);
}
