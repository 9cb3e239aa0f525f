import { nextTurn, startTimer, stopTimer } from '../timers.ts';

/** Calls of one group, at most. */
const LARGEST_GROUP = 64;
/** Turns of the event loop that a group waits for, at most. */
const MOST_TURNS = 4;

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What a call of a group is told. */
export type Outcome<Answer> = { readonly answer: Answer } | { readonly error: unknown };

/** How the calls of a group are made: the outcomes are in the order of the calls. If it throws, each call fails with that error. */
type CallTogether<Call, Answer> = (calls: readonly Call[]) => Promise<readonly Outcome<Answer>[]>;

/** Makes calls together that arrive while others are made, or in the same turns of the event loop. */
export class CallGroups<Call, Answer> {
  readonly #callTogether: CallTogether<Call, Answer>;
  readonly #patience: number | null;
  #waiting: Waiting<Call, Answer>[] = [];
  #isBusy = false;

  /** @param patience - the milliseconds after which a group no longer waits for the one before it; null if it waits until that has ended. */
  constructor(callTogether: CallTogether<Call, Answer>, patience: number | null) {
    this.#callTogether = callTogether;
    this.#patience = patience;
  }

  async call(call: Call): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.#waiting.push({ call, resolve, reject });
    this.#schedule();
    return promise;
  }

  #schedule(): void {
    if (this.#isBusy || this.#waiting.length === 0) return;
    this.#isBusy = true;
    this.#gather(0, MOST_TURNS);
  }

  /** Begins a group in the first turn of the event loop that brings no call: requests that arrive together are read in several. */
  #gather(gathered: number, turnsLeft: number): void {
    nextTurn(() => {
      const { length } = this.#waiting;
      if (length > gathered && length < LARGEST_GROUP && turnsLeft > 1) this.#gather(length, turnsLeft - 1);
      else this.#begin(this.#waiting.splice(0, LARGEST_GROUP));
    });
  }

  #begin(group: readonly Waiting<Call, Answer>[]): void {
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      stopTimer(timer);
      this.#isBusy = false;
      this.#schedule();
    };
    const timer = this.#patience === null ? undefined : startTimer(release, this.#patience);
    void this.#answer(group).finally(release);
  }

  /** Never throws: whatever goes wrong is the error of each call. */
  async #answer(group: readonly Waiting<Call, Answer>[]): Promise<void> {
    let outcomes: readonly Outcome<Answer>[];
    try {
      outcomes = await this.#callTogether(group.map(({ call }) => call));
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index] as Outcome<Answer>;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.answer);
    }
  }
}
