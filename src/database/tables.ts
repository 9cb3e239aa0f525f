import type { InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Kysely } from 'kysely';

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

/** Whether the database has one writer and one connection, as SQLite has. Such a database has no statement that changes two tables. */
export function hasOneWriter(em: EntityManager): boolean {
  return em.getConnection().getClient().getExecutor().adapter.supportsMultipleConnections === false;
}

/** Splits a list into portions that one INSERT each can take. */
export function inPortions<T>(rows: readonly T[]): T[][] {
  const count = Math.ceil(rows.length / PORTION);
  return Array.from({ length: count }, (_, index) => rows.slice(index * PORTION, (index + 1) * PORTION));
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
  const key = em.getMetadata().getByClassName(entity).primaryKeys[0] as string;
  const result = await tablesOf<AgedTables>(em)
    .deleteFrom(entity)
    .where(key, 'in', (row) =>
      row.selectFrom(entity).select(key).where(age, '<', new Date(before)).orderBy(age).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
