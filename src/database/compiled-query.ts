import type { EntityMetadata, EntityProperty } from '@mikro-orm/core';
import { type AliasedExpression, type Compilable, expressionBuilder, type Kysely } from 'kysely';
import { type EntityManager, tablesOf } from './tables.ts';
import { runPrepared, type StatementResult } from './prepared-statements.ts';

/** A value that a compiled query can be given. */
type Bindable = string | number | Date | null;

type Bindings<Values> = { readonly [Name in keyof Values]: Bindable };

/** Stands for a value that is not known when the query is compiled. MikroORM takes it for a node of a query, and leaves it alone. */
class Slot {
  readonly kind = 'Slot';
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What a query gives as the value of each name. */
const SLOTS: unknown = new Proxy({}, { get: (_target, name) => new Slot(String(name)) });

/** All columns of the entities of a query. */
export type Columns = readonly AliasedExpression<unknown, string>[];

/**
 * Makes a statement that is compiled once for each ORM, and bound to other values with each call. To build and compile a
 * statement takes longer than to run it. The result is the number of rows that it changed, or returned if it returns any.
 *
 * @param build - builds the statement. Its values come from `given`, which has no value yet, so nothing may depend on one.
 */
export function compileChange<Tables, Values extends Bindings<Values>>(
  build: (tables: Kysely<Tables>, given: Values) => Compilable,
): (em: EntityManager, given: Values) => Promise<number> {
  const compile = oncePerOrm((em) => build(tablesOf<Tables>(em), SLOTS as Values).compile());
  return async (em, given) => (await run(em, compile(em), given)).count;
}

/** Makes the statement that inserts a row of an entity. It is compiled once, as that of `compileChange` is. */
export function compileInsert<Row extends Bindings<Row>>(
  entity: string,
): (em: EntityManager, row: Row) => Promise<void> {
  const compile = oncePerOrm((em) => {
    const { props } = em.getMetadata().getByClassName(entity);
    const values = Object.fromEntries(props.map(({ name }) => [name, new Slot(name)]));
    return tablesOf<Record<string, Record<string, unknown>>>(em).insertInto(entity).values(values).compile();
  });
  return async (em, row) => void (await run(em, compile(em), row));
}

/** What a query reads of an entity: all of its properties, or some. */
type Selection = string | { readonly entity: string; readonly properties: readonly string[] };

/**
 * Makes a query that is compiled once, as `compileChange` does.
 *
 * @param selections - the entity of each part of a row, by the property that holds it in the result.
 * @param build - builds the query, with `columns` as what it selects.
 */
export function compileQuery<Tables, Values extends Bindings<Values>, Result extends object>(
  selections: { readonly [Part in keyof Result]: Selection },
  build: (tables: Kysely<Tables>, columns: Columns, given: Values) => Compilable,
): (em: EntityManager, given: Values) => Promise<Result[]> {
  const compile = oncePerOrm((em) => {
    const parts = Object.entries<Selection>(selections).map(([name, selection]) => new Part(em, name, selection));
    const columns = parts.flatMap((part) => part.columns);
    return { ...build(tablesOf<Tables>(em), columns, SLOTS as Values).compile(), parts };
  });
  return async (em, given) => {
    const compiled = compile(em);
    const { rows } = await run(em, compiled, given);
    return rows.map((row) => {
      const result: Record<string, object> = {};
      for (const part of compiled.parts) result[part.name] = part.read(em, row);
      return result as Result;
    });
  };
}

/** The columns of one entity in the rows of a query. */
class Part {
  readonly name: string;
  readonly columns: Columns;
  readonly #meta: EntityMetadata;
  /** The column of the table, by its name in the row. */
  readonly #stored: readonly (readonly [inRow: string, inTable: string])[];
  readonly #converted: readonly EntityProperty[];

  constructor(em: EntityManager, name: string, selection: Selection) {
    const { entity, properties = null } = typeof selection === 'string' ? { entity: selection } : selection;
    this.name = name;
    this.#meta = em.getMetadata().getByClassName(entity);
    const props = this.#meta.props.filter((property) => properties === null || properties.includes(property.name));
    const row = expressionBuilder<Record<string, Record<string, unknown>>, string>();
    this.columns = props.map((property) => row.ref(`${entity}.${property.name}`).as(`${name}.${columnOf(property)}`));
    this.#stored = props.map((property) => [`${name}.${columnOf(property)}`, columnOf(property)]);
    this.#converted = props.filter(({ customType }) => customType !== undefined);
  }

  /** Reads a row as MikroORM reads one. Its comparator leaves the values of custom types as they are stored. */
  read(em: EntityManager, row: object): object {
    const stored: Record<string, unknown> = {};
    for (const [inRow, inTable] of this.#stored) stored[inTable] = (row as Record<string, unknown>)[inRow];
    const read = em.getComparator().mapResult(this.#meta, stored as never) as Record<string, unknown>;
    for (const { name, customType } of this.#converted)
      if (read[name] != null) read[name] = customType?.convertToJSValue(read[name], em.getPlatform());
    return read;
  }
}

/** The column of a property. No property of ours has two. */
const columnOf = ({ fieldNames }: EntityProperty): string => fieldNames[0] as string;

function oncePerOrm<T>(compile: (em: EntityManager) => T): (em: EntityManager) => T {
  const compiled = new WeakMap<object, T>();
  return (em) => {
    const metadata = em.getMetadata();
    let known = compiled.get(metadata);
    if (known === undefined) compiled.set(metadata, (known = compile(em)));
    return known;
  };
}

async function run<Values extends Bindings<Values>>(
  em: EntityManager,
  { sql, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] },
  given: Values,
): Promise<StatementResult> {
  const bound = parameters.map((value) => (value instanceof Slot ? given[value.name as keyof Values] : value));
  return runPrepared(
    em,
    sql,
    bound.map((value) => (value instanceof Date ? em.getPlatform().processDateProperty(value) : value)),
  );
}
