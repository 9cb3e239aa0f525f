import { isNativeError } from 'node:util/types';
import type { InferEntity, MikroORM } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { CompiledQuery } from 'kysely';
import type { Clock } from './clock.ts';
import { isAuthError, ServiceUnavailableError } from './errors.ts';

/** An entity manager inside, or outside, of a transaction. */
export type EntityManager = SqlEntityManager;

/** A row as its entity file describes it; what may be null is null, never left out. */
export type Row<Entity> = {
  readonly [Property in keyof InferEntity<Entity> & string]-?: Exclude<InferEntity<Entity>[Property], undefined>;
};

/** How the typed query builder names things: by entity and property, as the entity files do. */
export const byProperty = Object.freeze({
  tableNamingStrategy: 'entity',
  columnNamingStrategy: 'property',
  convertValues: true,
} as const);

/** As many rows as one INSERT may hold: what a statement may have of parameters is bounded. */
const PORTION = 1_000;

/** Takes a list apart for as many INSERTs as it needs. */
export function inPortions<T>(rows: readonly T[]): T[][] {
  const count = Math.ceil(rows.length / PORTION);
  return Array.from({ length: count }, (_, index) => rows.slice(index * PORTION, (index + 1) * PORTION));
}

/** A transaction that took longer than this does not commit: the mirrors of other processes look back no further. */
const TRANSACTION_LIMIT = 10_000;

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

const MOST_CONFLICTS = 3;
/** With the pauses between them, some five seconds. Not timed, for a test's clock may stand still. */
const MOST_LOCKS = 60;

/** The one way to the database: work is retried where nothing was done, and a database that is away has one name. */
export class Database {
  readonly #orm: MikroORM;
  readonly #clock: Clock;

  constructor(orm: MikroORM, clock: Clock) {
    this.#orm = orm;
    this.#clock = clock;
  }

  /** Runs queries that change nothing. */
  async read<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#patiently(() => work(this.#fork()));
  }

  /**
   * Runs `work` in one transaction. Its first statement must write, so that SQLite takes the write lock before it has
   * read anything and two writers wait for each other instead of failing.
   */
  async transaction<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    return this.#patiently(async () => {
      const begun = this.#clock.monotonic();
      const em = this.#fork();
      // Not `em.transactional`: it keeps the connection for ever where BEGIN, or the ROLLBACK after a failure, fails.
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
            return result;
          } catch (error) {
            // Where this fails there is nothing to roll back any more; what went wrong before is what matters.
            await connection.executeQuery(ROLLBACK).catch(() => undefined);
            throw error;
          }
        });
    });
  }

  #fork(): EntityManager {
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

/** Whether a row was refused because one with the same unique value is there. */
export function isUniqueViolation(error: unknown): boolean {
  const code = driverCode(error);
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

/** The database rolled the transaction back, and asks for it again: serialisation failure, deadlock. */
function isConflict(code: string): boolean {
  return code === '40001' || code === '40P01';
}

/** Another process is writing to the SQLite file. */
function isLocked(code: string): boolean {
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

const AWAY_SQLITE = /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|NOMEM|PROTOCOL|CORRUPT|NOTADB)/;
// PostgreSQL's classes: connection, authorisation, insufficient resources, intervention, system error; then single
// conditions: no such database, read-only after a failover, and the time-outs of a lock, a statement, an idle or a whole
// transaction.
const AWAY_POSTGRESQL = /^(08...|28...|53...|57P..|58...|3D000|25006|25P03|25P04|55P03|57014|40001|40P01)$/;
const AWAY_SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)/;
const AWAY_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|driver has already been destroyed|Cannot use a pool after)/;

function isAway(code: string, error: unknown): boolean {
  if (isLocked(code) || AWAY_SQLITE.test(code) || AWAY_POSTGRESQL.test(code) || AWAY_SOCKET.test(code)) return true;
  return isNativeError(error) && AWAY_MESSAGE.test(error.message);
}

/**
 * SQLSTATE, SQLite's extended result code or the socket's errno, wherever the driver and the ORM left it. The socket's
 * errors are Node's own, which are no `instanceof Error` to a program that runs in a context of its own.
 */
function driverCode(error: unknown): string {
  for (let link = error; isNativeError(link); link = link.cause) {
    if ('code' in link && typeof link.code === 'string') return link.code;
  }
  return '';
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds * (0.5 + Math.random() / 2)));
}
