/** One error of an answer. */
export interface AnsweredError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly reason?: string;
    readonly refreshable?: boolean;
    readonly fields?: readonly { readonly path: string; readonly reason: string }[];
  };
}

/** An answer, as it came over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the tests state what they expect
  readonly data: any;
  readonly errors: readonly AnsweredError[];
}

/** The pair that `login`, `register` and `refreshToken` answer. */
export interface Pair {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly accessTokenExpiresIn: number;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: string;
  readonly session: { readonly id: string; readonly isCurrent: boolean };
  readonly user: { readonly id: string; readonly email: string; readonly lastLoginAt: string | null };
}

const PAIR = `accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt
  session { id createdAt lastUsedAt expiresAt userAgent ipAddress isCurrent }
  user { id email roles createdAt lastLoginAt }`;

export const EMAIL = 'ada@example.com';
export const PASSWORD = 'correct horse battery';

/** A client of the API, over real HTTP. */
export class GraphQLClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Sends any body by any method. */
  async send(init: RequestInit, path = '/graphql'): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}`, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') && text !== '';
    const body = isJson ? JSON.parse(text) : {};
    return {
      status: response.status,
      headers: response.headers,
      text,
      data: body.data ?? null,
      errors: body.errors ?? [],
    };
  }

  /** Runs an operation, with a Bearer token if one is given. */
  async run(
    query: string,
    variables: Record<string, unknown> = {},
    accessToken?: string,
    headers: Record<string, string> = {},
  ) {
    const authorization: Record<string, string> =
      accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
    return this.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization, ...headers },
      body: JSON.stringify({ query, variables }),
    });
  }

  async tryRegister(email = EMAIL, password = PASSWORD): Promise<Answer> {
    return this.run(`mutation ($input: RegisterInput!) { register(input: $input) { ${PAIR} } }`, {
      input: { email, password },
    });
  }

  async register(email = EMAIL, password = PASSWORD): Promise<Pair> {
    return expectPair(await this.tryRegister(email, password), 'register');
  }

  async tryLogin(email = EMAIL, password = PASSWORD, headers: Record<string, string> = {}): Promise<Answer> {
    return this.run(
      `mutation ($input: LoginInput!) { login(input: $input) { ${PAIR} } }`,
      { input: { email, password } },
      undefined,
      headers,
    );
  }

  async login(email = EMAIL, password = PASSWORD): Promise<Pair> {
    return expectPair(await this.tryLogin(email, password), 'login');
  }

  async tryRefresh(refreshToken: string, idempotencyKey?: string, accessToken?: string): Promise<Answer> {
    return this.run(
      `mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { ${PAIR} } }`,
      { input: { refreshToken, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) } },
      accessToken,
    );
  }

  async refresh(refreshToken: string, idempotencyKey?: string): Promise<Pair> {
    return expectPair(await this.tryRefresh(refreshToken, idempotencyKey), 'refreshToken');
  }

  async verify(token: string) {
    const answer = await this.run(
      `mutation ($token: String!) {
        verifyToken(input: { token: $token }) { isValid reason token { id type userId sessionId roles issuedAt expiresAt } }
      }`,
      { token },
    );
    return answer.data?.verifyToken;
  }

  async logout(accessToken?: string, input?: Record<string, unknown>): Promise<Answer> {
    return this.run(
      'mutation ($input: LogoutInput) { logout(input: $input) { endedSessions endedSessionIds } }',
      input === undefined ? {} : { input },
      accessToken,
    );
  }

  async me(accessToken?: string): Promise<Answer> {
    return this.run('{ me { id email roles lastLoginAt } }', {}, accessToken);
  }

  async currentToken(accessToken?: string): Promise<Answer> {
    return this.run('{ currentToken { id type userId sessionId roles issuedAt expiresAt } }', {}, accessToken);
  }

  async sessions(accessToken: string): Promise<Answer> {
    return this.run(
      '{ sessions { id createdAt lastUsedAt expiresAt userAgent ipAddress isCurrent } }',
      {},
      accessToken,
    );
  }

  async endSession(accessToken: string, id: string): Promise<Answer> {
    return this.run(
      'mutation ($id: ID!) { endSession(input: { id: $id }) { endedSessions endedSessionIds } }',
      { id },
      accessToken,
    );
  }
}

function expectPair(answer: Answer, field: string): Pair {
  if (!answer.data?.[field]) throw new Error(`${field} gave no pair: ${answer.text}`);
  return answer.data[field];
}
