import type { EntityMetadata, EntityProperty } from '@mikro-orm/core';
import { type AliasedExpression, type Compilable, expressionBuilder, type Kysely } from 'kysely';
import { type EntityManager, tablesOf } from './tables.ts';
import { runPrepared, type StatementResult } from './prepared-statements.ts';

/** A value that a compiled query can be given. */
type Bindable = string | number | Date | null;

export type Bindings<Values> = { readonly [Name in keyof Values]: Bindable };

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
 * statement takes longer than to run it.
 *
 * @param build - builds the statement. Its values come from `given`, which has no value yet, so nothing may depend on one.
 */
export function compileStatement<Tables, Values extends Bindings<Values>>(
  build: (tables: Kysely<Tables>, given: Values, em: EntityManager) => Compilable,
): (em: EntityManager, given: Values) => Promise<StatementResult> {
  const compile = oncePerOrm((em) => build(tablesOf<Tables>(em), SLOTS as Values, em).compile());
  return async (em, given) => run(em, compile(em), given);
}

/** As `compileStatement`. The result is the number of rows that were changed, or returned if any are returned. */
export function compileChange<Tables, Values extends Bindings<Values>>(
  build: (tables: Kysely<Tables>, given: Values) => Compilable,
): (em: EntityManager, given: Values) => Promise<number> {
  const statement = compileStatement(build);
  return async (em, given) => (await statement(em, given)).count;
}

/** Makes the statement that inserts a row of an entity. It is compiled once, as that of `compileStatement` is. */
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

/** The entities of a query, by the properties that hold them in its results. */
export type Selections<Result> = { readonly [Part in keyof Result]: Selection };

/**
 * Makes a query that is compiled once, as that of `compileStatement` is.
 *
 * @param build - builds the query, with `columns` as what it selects.
 */
export function compileQuery<Tables, Values extends Bindings<Values>, Result extends object>(
  selections: Selections<Result>,
  build: (tables: Kysely<Tables>, columns: Columns, given: Values, em: EntityManager) => Compilable,
): (em: EntityManager, given: Values) => Promise<Result[]> {
  const query = compileRows(selections, build);
  return async (em, given) => (await query(em, given)).map(({ read }) => read());
}

/** A row of a query. */
interface QueriedRow<Result> {
  /** What the driver returned. */
  readonly raw: object;
  /** Makes objects of their own each time. */
  readonly read: () => Result;
}

/** As `compileQuery`, with rows that have not been read yet. */
export function compileRows<Tables, Values extends Bindings<Values>, Result extends object>(
  selections: Selections<Result>,
  build: (tables: Kysely<Tables>, columns: Columns, given: Values, em: EntityManager) => Compilable,
): (em: EntityManager, given: Values) => Promise<QueriedRow<Result>[]> {
  const partsOf = oncePerOrm((em) =>
    Object.entries<Selection>(selections).map(([name, selection]) => new Part(em, name, selection)),
  );
  const statement = compileStatement<Tables, Values>((tables, given, em) => {
    const columns = partsOf(em).flatMap((part) => part.columns);
    return build(tables, columns, given, em);
  });
  return async (em, given) => {
    const { rows } = await statement(em, given);
    const parts = partsOf(em);
    return rows.map((raw) => ({
      raw,
      read() {
        const result: Record<string, object> = {};
        for (const part of parts) result[part.name] = part.read(em, raw);
        return result as Result;
      },
    }));
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

/** The type of a property's column, such as `uuid`. */
export function typeOf(em: EntityManager, entity: string, property: string): string {
  const { columnTypes } = em.getMetadata().getByClassName(entity).properties[property] as EntityProperty;
  return columnTypes[0] as string;
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
  const platform = em.getPlatform();
  const bound = parameters.map((parameter) => {
    const value = parameter instanceof Slot ? given[parameter.name as keyof Values] : parameter;
    return value instanceof Date ? platform.processDateProperty(value) : value;
  });
  return runPrepared(em, sql, bound);
}
