import { setTimeout as sleep } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/core';
import { CompiledQuery } from 'kysely';
import type { Clock } from '../clock.ts';
import { driverCode, isAway, isConflict, isForgotten, isLocked } from './driver-errors.ts';
import { isAuthError, ServiceUnavailableError } from '../errors.ts';
import { GroupCommit } from './group-commit.ts';
import { type EntityManager, hasOneWriter } from './tables.ts';

/** What transactions report once they are committed. */
const reports = new WeakMap<EntityManager, unknown[]>();

/** Reports something when the transaction has been committed. In a transaction of the host's, nothing is reported. */
export function reportAfterCommit(em: EntityManager, things: readonly unknown[]): void {
  reports.get(em)?.push(...things);
}

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

/** A transaction that takes longer does not commit, because the mirrors of other processes do not look back far enough. */
const TRANSACTION_LIMIT = 10_000;

const MOST_CONFLICTS = 3;
/** With the pauses between them, about five seconds. Counted and not timed, because a test's clock may stand still. */
const MOST_LOCKS = 60;

const IN_TRANSACTION =
  'graphql-simplejwt was called inside a transaction of your ORM. Call it before or after the transaction: its own commits ' +
  'must not be undone by your rollback. Only `createUser` may join: pass `{ em }` with the entity manager of the transaction.';

/** The part of a host's entity manager that is used to join its transaction. */
export type HostEntityManager = Pick<MikroORM['em'], 'isInTransaction' | 'fork'>;

/** The only access to the database. It retries conflicts and reports an unavailable database as ServiceUnavailableError. */
export class Database {
  readonly #orm: MikroORM;
  readonly #clock: Clock;
  readonly #onCommit: (reported: readonly unknown[]) => void;
  /** Queries are built by its query builder and keep nothing in it, so one will do. */
  readonly #reader: EntityManager;
  readonly #group: GroupCommit;

  /** @param onCommit - receives what a transaction has reported, once it is committed. */
  constructor(orm: MikroORM, clock: Clock, onCommit: (reported: readonly unknown[]) => void = () => undefined) {
    this.#orm = orm;
    this.#clock = clock;
    this.#onCommit = onCommit;
    this.#reader = this.#fork();
    this.#group = new GroupCommit(
      () => this.#fork(),
      () => this.#limitTime(),
    );
  }

  /** Whether the ORM has an entity of this name, with this property if one is named. */
  has(entity: string, property?: string): boolean {
    const metadata = this.#orm.getMetadata().getByClassName(entity, false);
    return metadata !== undefined && (property === undefined || property in metadata.properties);
  }

  /** Runs queries that change nothing. */
  async read<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#patiently(async () => work(this.#reader));
  }

  /** Runs `work` in one transaction. It may run again, so it changes nothing but the database. */
  async transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#patiently(async () => {
      const reported: unknown[] = [];
      const reporting = async (em: EntityManager): Promise<T> => {
        reports.set(em, reported);
        return work(em);
      };
      const result = await (hasOneWriter(this.#reader)
        ? this.#group.transaction(reporting)
        : this.#transactionOfItsOwn(reporting));
      this.#onCommit(reported);
      return result;
    });
  }

  /**
   * Runs `work`, whose changes are one statement on a database where a statement can change several tables. Such a statement
   * commits itself, in one round trip. On SQLite `work` runs in a transaction.
   */
  async statement<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return hasOneWriter(this.#reader) ? this.transaction(work) : this.read(work);
  }

  async #transactionOfItsOwn<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    const checkTime = this.#limitTime();
    const em = this.#fork();
    // Not `em.transactional`: it never releases the connection if BEGIN, or the ROLLBACK after a failure, fails.
    return em
      .getKysely()
      .connection()
      .execute(async (connection) => {
        em.setTransactionContext(connection);
        await connection.executeQuery(BEGIN);
        try {
          const result = await work(em);
          checkTime();
          await connection.executeQuery(COMMIT);
          return result;
        } catch (error) {
          // If this fails, nothing is left to roll back, and the earlier error is the one that matters.
          await connection.executeQuery(ROLLBACK).catch(() => undefined);
          throw error;
        }
      });
  }

  /** @returns a check that throws once a transaction which begins now has taken too long. */
  #limitTime(): () => void {
    const begun = this.#clock.monotonic();
    return () => {
      if (this.#clock.monotonic() - begun > TRANSACTION_LIMIT) throw new ServiceUnavailableError();
    };
  }

  /**
   * The same database within a host's transaction, which the host commits or rolls back.
   *
   * @throws TypeError if the entity manager has no transaction.
   */
  within(em: HostEntityManager): Pick<Database, 'transaction'> {
    if (!em.isInTransaction()) throw new TypeError('The given entity manager is not in a transaction.');
    const joined = em.fork({ keepTransactionContext: true }) as unknown as EntityManager;
    return { transaction: (work) => work(joined) };
  }

  #fork(): EntityManager {
    return this.#orm.em.fork() as unknown as EntityManager;
  }

  /** On SQLite, which has one connection, the host's transaction and this one would wait for each other forever. */
  #refuseInTransaction(): void {
    if (this.#orm.em.isInTransaction()) throw new TypeError(IN_TRANSACTION);
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    this.#refuseInTransaction();
    for (let failures = 1; ; failures += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (isAuthError(error)) throw error;
        const code = driverCode(error);
        const again =
          ((isConflict(code) || isForgotten(code)) && failures <= MOST_CONFLICTS) ||
          (isLocked(code) && failures <= MOST_LOCKS);
        if (again) await pause(Math.min(5 * 2 ** failures, 100));
        else if (isAway(code, error)) throw new ServiceUnavailableError(error);
        else throw error;
      }
    }
  }
}

async function pause(milliseconds: number): Promise<void> {
  await sleep(milliseconds * (0.5 + Math.random() / 2));
}
