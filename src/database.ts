import type { InferEntity, MikroORM } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { CompiledQuery, type Kysely } from 'kysely';
import type { Clock } from './clock.ts';
import { driverCode, isAway, isConflict, isLocked } from './driver-errors.ts';
import { isAuthError, ServiceUnavailableError } from './errors.ts';

/** An entity manager inside, or outside, of a transaction. */
export type EntityManager = SqlEntityManager;

/** A row as its entity file describes it. A nullable column is null, never missing. */
export type Row<Entity> = {
  readonly [Property in keyof InferEntity<Entity> & string]-?: Exclude<InferEntity<Entity>[Property], undefined>;
};

/** The typed query builder names tables by entity and columns by property, as the entity files do. */
const byProperty = Object.freeze({
  tableNamingStrategy: 'entity',
  columnNamingStrategy: 'property',
  convertValues: true,
} as const);
export type ByProperty = typeof byProperty;

/** Where the tables of the entities are. */
export interface TableOptions {
  readonly tablePrefix: string;
  /** Undefined for the schema of the ORM. */
  readonly schema: string | undefined;
}

/** How the ids of users are stored: ours are UUIDs, a host's are text. */
export interface UserIdOptions {
  readonly userId: 'uuid' | 'text';
}

/** The tables of the library, for queries. They are in the schema of their entities, or else in that of the ORM. */
export function tablesOf<Tables>(em: EntityManager): Kysely<Tables> {
  const tables = em.getKysely<Tables, ByProperty>(byProperty) as unknown as Kysely<Tables>;
  const schema = em.getMetadata().getByClassName('AuthUser', false)?.schema ?? em.config.getSchema(true);
  return schema === undefined ? tables : tables.withSchema(schema);
}

/** The most rows of one INSERT: databases limit the number of parameters of a statement. */
const PORTION = 1_000;

/** Splits a list into portions that one INSERT each can take. */
export function inPortions<T>(rows: readonly T[]): T[][] {
  const count = Math.ceil(rows.length / PORTION);
  return Array.from({ length: count }, (_, index) => rows.slice(index * PORTION, (index + 1) * PORTION));
}

/** What transactions report once they are committed. */
const reports = new WeakMap<EntityManager, unknown[]>();

/** Reports something when the transaction has been committed. In a transaction of the host's, nothing is reported. */
export function reportAfterCommit(em: EntityManager, things: readonly unknown[]): void {
  reports.get(em)?.push(...things);
}

/** A transaction that takes longer does not commit, because the mirrors of other processes do not look back far enough. */
const TRANSACTION_LIMIT = 10_000;

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

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

  /** @param onCommit - receives what a transaction has reported, once it is committed. */
  constructor(orm: MikroORM, clock: Clock, onCommit: (reported: readonly unknown[]) => void = () => undefined) {
    this.#orm = orm;
    this.#clock = clock;
    this.#onCommit = onCommit;
  }

  /** Whether the ORM has an entity of this name, with this property if one is named. */
  has(entity: string, property?: string): boolean {
    const metadata = this.#orm.getMetadata().getByClassName(entity, false);
    return metadata !== undefined && (property === undefined || property in metadata.properties);
  }

  /** Runs queries that change nothing. */
  async read<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#patiently(() => work(this.#fork()));
  }

  /**
   * Runs `work` in one transaction. Its first statement must write: SQLite then takes the write lock before it reads, and
   * two writers wait for each other instead of failing.
   */
  async transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#patiently(async () => {
      const begun = this.#clock.monotonic();
      const em = this.#fork();
      const reported: unknown[] = [];
      reports.set(em, reported);
      // Not `em.transactional`: it never releases the connection if BEGIN, or the ROLLBACK after a failure, fails.
      return em
        .getKysely()
        .connection()
        .execute(async (connection) => {
          em.setTransactionContext(connection);
          await connection.executeQuery(BEGIN);
          try {
            const result = await work(em);
            await em.flush();
            if (this.#clock.monotonic() - begun > TRANSACTION_LIMIT) throw new ServiceUnavailableError();
            await connection.executeQuery(COMMIT);
            this.#onCommit(reported);
            return result;
          } catch (error) {
            // If this fails, nothing is left to roll back, and the earlier error is the one that matters.
            await connection.executeQuery(ROLLBACK).catch(() => undefined);
            throw error;
          }
        });
    });
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
    // On SQLite, which has one connection, the host's transaction and this one would wait for each other forever.
    if (this.#orm.em.isInTransaction()) throw new TypeError(IN_TRANSACTION);
    return this.#orm.em.fork() as unknown as EntityManager;
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (isAuthError(error)) throw error;
        const code = driverCode(error);
        const again = (isConflict(code) && failures <= MOST_CONFLICTS) || (isLocked(code) && failures <= MOST_LOCKS);
        if (again) await pause(Math.min(5 * 2 ** failures, 100));
        else if (isAway(code, error)) throw new ServiceUnavailableError(error);
        else throw error;
      }
    }
  }
}

/** Rows that are deleted when they are old enough: an entity's name, and the property that says how old they are. */
export interface AgedRows {
  readonly entity: string;
  readonly age: string;
}

/** The columns that the purge uses, of any table. */
type AgedTables = Record<string, Record<string, string | Date>>;

/** Deletes the oldest rows before a moment, at most so many, and returns how many they were. */
export async function deleteOldest(
  em: EntityManager,
  { entity, age }: AgedRows,
  before: number,
  most: number,
): Promise<number> {
  const result = await tablesOf<AgedTables>(em)
    .deleteFrom(entity)
    .where('id', 'in', (row) =>
      row.selectFrom(entity).select('id').where(age, '<', new Date(before)).orderBy(age).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds * (0.5 + Math.random() / 2)));
}
