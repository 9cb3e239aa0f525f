import { CallGroups, type Outcome } from './call-groups.ts';
import type { EntityManager } from './tables.ts';
import { connect, runPrepared } from './prepared-statements.ts';

const BEGIN = 'begin immediate';
const COMMIT = 'commit';
const ROLLBACK = 'rollback';
const SAVEPOINT = 'savepoint simplejwt';
const RELEASE = 'release simplejwt';
const UNDO = 'rollback to simplejwt';

/** What a transaction does. */
type Work = (em: EntityManager) => Promise<unknown>;

/**
 * Transactions of a database that has one writer. Those that wait anyway share one BEGIN and COMMIT, and so one wait for the
 * disk. Each of several is in a savepoint of its own, so one that fails undoes only its own changes. None is answered before
 * the COMMIT.
 */
export class GroupCommit {
  readonly #fork: () => EntityManager;
  readonly #startTimer: () => () => void;
  readonly #groups = new CallGroups<Work, unknown>(async (group) => this.#commit(group), null);

  /**
   * @param fork - makes the entity manager of a group.
   * @param startTimer - called when a group begins. It returns what is called before COMMIT, and throws if that is too late.
   */
  constructor(fork: () => EntityManager, startTimer: () => () => void) {
    this.#fork = fork;
    this.#startTimer = startTimer;
  }

  async transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#groups.call(work) as Promise<T>;
  }

  async #commit(group: readonly Work[]): Promise<Outcome<unknown>[]> {
    const em = this.#fork();
    await connect(em);
    return em
      .getKysely()
      .connection()
      .execute(async (connection) => {
        em.setTransactionContext(connection);
        return this.#runTogether(em, group);
      });
  }

  async #runTogether(em: EntityManager, group: readonly Work[]): Promise<Outcome<unknown>[]> {
    const checkTime = this.#startTimer();
    await runPrepared(em, BEGIN);
    try {
      const outcomes: Outcome<unknown>[] = [];
      for (const work of group)
        outcomes.push(group.length === 1 ? { answer: await work(em) } : await runInSavepoint(em, work));
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
async function runInSavepoint(em: EntityManager, work: Work): Promise<Outcome<unknown>> {
  await runPrepared(em, SAVEPOINT);
  try {
    const answer = await work(em);
    await runPrepared(em, RELEASE);
    return { answer };
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
