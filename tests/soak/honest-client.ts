import { randomBytes } from 'node:crypto';
import type { GraphQLClient } from '../support/graphql-client.ts';

/** Answers that are neither a success nor a reason to give up. */
const AGAIN = ['SERVICE_UNAVAILABLE'];
/** Of so many acknowledged rotations one is followed by an attempt to use the old token once more. */
const PROBE_EVERY = 20;
/**
 * The longest time since the request for a rotation, in milliseconds: half of the reuse leeway. A later attempt would count
 * as theft.
 */
const PROBE_WITHIN = 5_000;

/** A client that retries each refresh with its key until it is answered, and then goes on from the answer. */
export class HonestClient {
  readonly sessionId: string;
  acknowledged = 0;
  retries = 0;
  /** Other codes than these were answered while the server or its database was away. */
  readonly codes = new Set<string>();
  /** What must not happen. */
  readonly faults: string[] = [];
  readonly #client: GraphQLClient;
  #refreshToken: string;

  constructor(client: GraphQLClient, sessionId: string, refreshToken: string) {
    this.#client = client;
    this.sessionId = sessionId;
    this.#refreshToken = refreshToken;
  }

  get isLost(): boolean {
    return this.faults.length > 0;
  }

  /** Refreshes without a pause until told to stop; never stops in the middle of a refresh that is still unanswered. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver() && !this.isLost) await this.#rotate();
  }

  async #rotate(): Promise<void> {
    const spent = this.#refreshToken;
    const key = randomBytes(24).toString('base64url');
    const begun = performance.now();
    for (;;) {
      const outcome = await this.#ask(spent, key);
      if (outcome.kind === 'again') {
        this.retries += 1;
        await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 40));
        continue;
      }
      if (outcome.kind === 'refused') {
        this.faults.push(`session ${this.sessionId} was lost: ${outcome.text}`);
        return;
      }
      this.#refreshToken = outcome.refreshToken;
      this.acknowledged += 1;
      const isProbed = this.acknowledged % PROBE_EVERY === 0 && performance.now() - begun < PROBE_WITHIN;
      if (isProbed) await this.#expectSpent(spent);
      return;
    }
  }

  /** A double-spend is a token that was exchanged, and is exchanged again for somebody without its key. */
  async #expectSpent(spent: string): Promise<void> {
    const outcome = await this.#ask(spent, undefined);
    if (outcome.kind === 'pair') this.faults.push(`session ${this.sessionId}: a token was spent twice`);
  }

  async #ask(refreshToken: string, key: string | undefined): Promise<Outcome> {
    try {
      const answer = await this.#client.tryRefresh(refreshToken, key);
      const pair = answer.data?.refreshToken;
      if (pair) return { kind: 'pair', refreshToken: pair.refreshToken };
      const code = answer.errors[0]?.extensions.code ?? `HTTP ${answer.status}`;
      this.codes.add(code);
      return { kind: AGAIN.includes(code) ? 'again' : 'refused', text: answer.text };
    } catch {
      // No answer: the server is being killed, or is not up yet.
      return { kind: 'again' };
    }
  }
}

type Outcome =
  | { readonly kind: 'pair'; readonly refreshToken: string }
  | { readonly kind: 'again'; readonly text?: string }
  | { readonly kind: 'refused'; readonly text: string };
