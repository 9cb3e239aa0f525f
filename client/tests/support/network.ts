/** A network that can lose answers, delay them, and fail. */
export interface Network {
  readonly fetch: typeof fetch;
  /** The operations that have reached the server. */
  readonly sent: readonly SentOperation[];
  /** How many refreshes have reached the server. */
  refreshes(): number;
  goAway(): void;
  comeBack(): void;
  /** Loses the answers of the next refreshes after the server has done them. */
  loseAnswers(count: number): void;
  /** Holds back the answer of the next refresh. Resolves when the server has done it. */
  holdBackNextAnswer(): Promise<void>;
  /** Stops losing and holding back answers. */
  letThrough(): void;
  /** Answers the next refreshes in place of the server. */
  answerInstead(count: number, answer: () => Response): void;
}

const REFRESH = 'refreshToken(input';

interface SentOperation {
  readonly query: string;
  readonly variables: { readonly input?: Record<string, unknown> };
  readonly headers: Headers;
}

export function createNetwork(through: typeof fetch = fetch): Network {
  const sent: SentOperation[] = [];
  let isAway = false;
  let toLose = 0;
  let toReplace = 0;
  let replacement: (() => Response) | undefined;
  let heldBack: (() => void) | undefined;
  return {
    sent,
    async fetch(input, init) {
      if (isAway) throw new TypeError('fetch failed');
      const body = JSON.parse(init?.body as string) as { query: string; variables?: SentOperation['variables'] };
      const operation = { query: body.query, variables: body.variables ?? {}, headers: new Headers(init?.headers) };
      sent.push(operation);
      if (!isRefresh(operation)) return through(input, init);
      if (toReplace > 0) {
        toReplace -= 1;
        return replacement!();
      }
      const response = await through(input, init);
      if (heldBack !== undefined) {
        heldBack();
        heldBack = undefined;
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
        });
      }
      if (toLose > 0) {
        toLose -= 1;
        throw new TypeError('terminated');
      }
      return response;
    },
    refreshes: () => sent.filter(isRefresh).length,
    goAway: () => void (isAway = true),
    comeBack: () => void (isAway = false),
    loseAnswers: (count) => void (toLose = count),
    holdBackNextAnswer: () => new Promise((resolve) => (heldBack = resolve)),
    letThrough() {
      heldBack = undefined;
      toLose = 0;
    },
    answerInstead(count, answer) {
      toReplace = count;
      replacement = answer;
    },
  };
}

/** The answer of a server that refuses a refresh. */
export function refusal(extensions: object): Response {
  return Response.json({ data: { pair: null }, errors: [{ message: 'No.', extensions }] });
}

/** A network on which the answers of refreshes come late. */
export function holdBackRefreshes(through: typeof fetch, until: Promise<void>): typeof fetch {
  return async (input, init) => {
    const response = await through(input, init);
    if (typeof init?.body === 'string' && init.body.includes(REFRESH)) await until;
    return response;
  };
}

function isRefresh({ query }: SentOperation): boolean {
  return query.includes(REFRESH);
}
