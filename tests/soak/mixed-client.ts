import { setTimeout as pause } from 'node:timers/promises';
import { type Answer, type GraphQLClient, type Pair, PASSWORD } from '../support/graphql-client.ts';

/** Milliseconds between two requests of a client, at most. */
const LONGEST_PAUSE = 100;

type Step = (client: MixedClient) => Promise<void>;
type Weighted = readonly [weight: number, step: Step];

/** What clients do, and how many of a hundred times. */
const STEPS: readonly [Weighted, ...Weighted[]] = [
  [37.5, async (client) => client.readToken()],
  [20, async (client) => client.readUser()],
  [20, async (client) => client.refresh()],
  [5, async (client) => client.listSessions()],
  [5, async (client) => client.verify()],
  [2, async (client) => client.logInAgain()],
  [5, async (client) => client.sendBadToken()],
  [5, async (client) => client.sendBadDocument()],
  [0.5, async (client) => client.register()],
];

/** A client that does everything in turn, at random, and says which answer was not as it should be. */
export class MixedClient {
  requests = 0;
  readonly faults: string[] = [];
  readonly #client: GraphQLClient;
  readonly #name: string;
  #registered = 0;
  #email = '';
  #pair!: Pair;

  constructor(client: GraphQLClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  async run(isOver: () => boolean): Promise<void> {
    await this.register();
    while (!isOver()) {
      await pick()(this);
      await pause(Math.random() * LONGEST_PAUSE);
    }
  }

  async register(): Promise<void> {
    const email = `${this.#name}-${this.#registered}@example.com`;
    const answer = await this.#expect('register', this.#client.tryRegister(email));
    if (answer.data?.register === undefined) return;
    this.#registered += 1;
    this.#email = email;
    this.#pair = answer.data.register;
  }

  async readToken(): Promise<void> {
    await this.#expect('currentToken', this.#client.currentToken(this.#pair.accessToken));
  }

  async readUser(): Promise<void> {
    await this.#expect('me', this.#client.me(this.#pair.accessToken));
  }

  async listSessions(): Promise<void> {
    await this.#expect('sessions', this.#client.sessions(this.#pair.accessToken));
  }

  async refresh(): Promise<void> {
    const { data } = await this.#expect('refreshToken', this.#client.tryRefresh(this.#pair.refreshToken));
    if (data) this.#pair = data.refreshToken;
  }

  async verify(): Promise<void> {
    this.requests += 1;
    const result = await this.#client.verify(this.#pair.accessToken);
    if (result?.isValid !== true) this.faults.push(`verifyToken: ${JSON.stringify(result)}`);
  }

  /** Ends the session, looks whether its token is refused at once, and opens another. */
  async logInAgain(): Promise<void> {
    const { accessToken } = this.#pair;
    await this.#expect('logout', this.#client.logout(accessToken));
    await this.#expectCode('UNAUTHENTICATED', this.#client.currentToken(accessToken));
    const { data } = await this.#expect('login', this.#client.tryLogin(this.#email, PASSWORD));
    if (data) this.#pair = data.login;
  }

  async sendBadToken(): Promise<void> {
    await this.#expectCode('UNAUTHENTICATED', this.#client.currentToken(`${this.#pair.accessToken}A`));
  }

  async sendBadDocument(): Promise<void> {
    await this.#expectCode('GRAPHQL_VALIDATION_FAILED', this.#client.run('{ nothing }'));
  }

  async #expect(field: string, request: Promise<Answer>): Promise<Answer> {
    this.requests += 1;
    const answer = await request;
    if (!answer.data?.[field] || answer.errors.length > 0) this.faults.push(`${field}: ${answer.text}`);
    return answer;
  }

  async #expectCode(code: string, request: Promise<Answer>): Promise<void> {
    this.requests += 1;
    const { errors, text } = await request;
    if (errors[0]?.extensions.code !== code) this.faults.push(`expected ${code}: ${text}`);
  }
}

function pick(): Step {
  let left = Math.random() * 100;
  const found = STEPS.find(([weight]) => (left -= weight) < 0);
  return (found ?? STEPS[0])[1];
}
