import { nextTurn } from '../next-turn.ts';
import type { EntityManager } from './tables.ts';
import { connect, runPrepared } from './prepared-statements.ts';

/** Transactions that share a COMMIT, at most. */
const LARGEST_GROUP = 64;
/** Turns of the event loop that a group waits for, at most. */
const MOST_TURNS = 4;

const BEGIN = 'begin immediate';
const COMMIT = 'commit';
const ROLLBACK = 'rollback';
const SAVEPOINT = 'savepoint simplejwt';
const RELEASE = 'release simplejwt';
const UNDO = 'rollback to simplejwt';

/** A transaction that waits for its turn. */
interface Waiting {
  readonly work: (em: EntityManager) => Promise<unknown>;
  /** Called once the group is committed. */
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What a transaction will be told when the group is committed. */
type Outcome = { readonly result: unknown } | { readonly error: unknown };

/**
 * Transactions of a database that has one writer. Those that wait anyway share one BEGIN and COMMIT, and so one wait for the
 * disk. Each of several is in a savepoint of its own, so one that fails undoes only its own changes. None is answered before
 * the COMMIT.
 */
export class GroupCommit {
  readonly #fork: () => EntityManager;
  readonly #startTimer: () => () => void;
  #waiting: Waiting[] = [];
  #isScheduled = false;

  /**
   * @param fork - makes the entity manager of a group.
   * @param startTimer - called when a group begins. It returns what is called before COMMIT, and throws if that is too late.
   */
  constructor(fork: () => EntityManager, startTimer: () => () => void) {
    this.#fork = fork;
    this.#startTimer = startTimer;
  }

  async transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ work, resolve, reject });
    this.#schedule();
    return promise as Promise<T>;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return;
    this.#isScheduled = true;
    this.#gather(0, MOST_TURNS);
  }

  /** Begins the group in the first turn of the event loop that brings no transaction: requests that arrive together are read in several. */
  #gather(gathered: number, turnsLeft: number): void {
    nextTurn(() => {
      const { length } = this.#waiting;
      if (length > gathered && length < LARGEST_GROUP && turnsLeft > 1) {
        this.#gather(length, turnsLeft - 1);
        return;
      }
      void this.#commit(this.#waiting.splice(0, LARGEST_GROUP)).finally(() => {
        this.#isScheduled = false;
        this.#schedule();
      });
    });
  }

  /** Never throws: whatever goes wrong is the error of each member. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      const em = this.#fork();
      await connect(em);
      outcomes = await em
        .getKysely()
        .connection()
        .execute(async (connection) => {
          em.setTransactionContext(connection);
          return this.#runTogether(em, group);
        });
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('error' in outcome) reject(outcome.error);
      else resolve(outcome.result);
    }
  }

  async #runTogether(em: EntityManager, group: readonly Waiting[]): Promise<Outcome[]> {
    const checkTime = this.#startTimer();
    await runPrepared(em, BEGIN);
    try {
      const outcomes: Outcome[] = [];
      for (const { work } of group)
        outcomes.push(group.length === 1 ? { result: await work(em) } : await runInSavepoint(em, work));
      checkTime();
      await runPrepared(em, COMMIT);
      return outcomes;
    } catch (error) {
      // If this fails, nothing is left to roll back, and the earlier error is the one that matters.
      await runPrepared(em, ROLLBACK).catch(() => undefined);
      throw error;
    }
  }
}

/** @throws the error of a transaction after which SQLite has rolled back the whole group, as it does when the disk is full. */
async function runInSavepoint(em: EntityManager, work: Waiting['work']): Promise<Outcome> {
  await runPrepared(em, SAVEPOINT);
  try {
    const result = await work(em);
    await runPrepared(em, RELEASE);
    return { result };
  } catch (error) {
    try {
      await runPrepared(em, UNDO);
      await runPrepared(em, RELEASE);
    } catch {
      throw error;
    }
    return { error };
  }
}
