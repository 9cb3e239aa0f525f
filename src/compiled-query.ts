import type { EntityMetadata, EntityProperty } from '@mikro-orm/core';
import { type Compilable, CompiledQuery, type Kysely } from 'kysely';
import { type EntityManager, tablesOf } from './database.ts';

/** A value that a compiled query can be given. */
type Bindable = string | number | Date | null;

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

/**
 * Makes a query that is compiled once for each ORM, and bound to other values with each call. To build and compile a query takes
 * longer than to run it.
 *
 * @param entity - the entity whose columns the query returns.
 * @param build - builds the query. Its values come from `given`, which has no value yet, so nothing may depend on one.
 */
export function compileOnce<Tables, Values extends { readonly [Name in keyof Values]: Bindable }, Row = unknown>(
  entity: string,
  build: (tables: Kysely<Tables>, given: Values) => Compilable<Row>,
): (em: EntityManager, given: Values) => Promise<{ readonly rows: Row[]; readonly changed: number }> {
  const compiledFor = new WeakMap<object, CompiledStatement>();
  return async (em, given) => {
    const metadata = em.getMetadata();
    let compiled = compiledFor.get(metadata);
    if (compiled === undefined) {
      const meta = metadata.getByClassName(entity);
      const converted = meta.props.filter(({ customType }) => customType !== undefined);
      compiled = { query: build(tablesOf<Tables>(em), SLOTS as Values).compile(), meta, converted };
      compiledFor.set(metadata, compiled);
    }
    const { query, meta, converted } = compiled;
    const parameters = query.parameters.map((value) =>
      value instanceof Slot ? toDatabase(em, given[value.name as keyof Values]) : value,
    );
    const { rows, numAffectedRows = 0n } = await em.getKysely().executeQuery(CompiledQuery.raw(query.sql, parameters));
    return {
      rows: rows.map((row) => toRow(em, meta, converted, row as object) as Row),
      changed: Number(numAffectedRows),
    };
  };
}

/** A compiled query, and what its rows are read by. */
interface CompiledStatement {
  readonly query: CompiledQuery;
  readonly meta: EntityMetadata;
  readonly converted: readonly EntityProperty[];
}

function toDatabase(em: EntityManager, value: Bindable): unknown {
  return value instanceof Date ? em.getPlatform().processDateProperty(value) : value;
}

/** Reads a row as MikroORM reads one. Its comparator leaves the values of custom types as they are stored. */
function toRow(em: EntityManager, meta: EntityMetadata, converted: readonly EntityProperty[], row: object): object {
  const read = em.getComparator().mapResult(meta, row as never) as Record<string, unknown>;
  for (const { name, customType } of converted)
    if (read[name] != null) read[name] = customType?.convertToJSValue(read[name], em.getPlatform());
  return read;
}
