import { type Compilable, type Kysely, type QueryCreator, sql } from 'kysely';
import { CallGroups } from './call-groups.ts';
import {
  type Bindings,
  type Columns,
  compileQuery,
  compileRows,
  compileStatement,
  type Selections,
  typeOf,
} from './compiled-query.ts';
import { driverCode, isRefused, isUnsupported } from './driver-errors.ts';
import { type EntityManager, hasOneWriter } from './tables.ts';

/**
 * Milliseconds that a group waits for the one before it. While the database is quick, that makes groups larger. While it is slow,
 * nobody waits longer.
 */
const PATIENCE = 5;

/** The answer to a call that the group's statement did not make. */
const LEFT_OUT = Symbol('left out');
type LeftOut = typeof LEFT_OUT;

/**
 * Makes a query for the row with an id. On PostgreSQL, calls that arrive together share a statement.
 *
 * @param part - the property that holds the row with this id in the result.
 * @param build - builds the query, for rows whose id equals `id`.
 */
export function compileLookup<Tables, Result extends object>(
  part: keyof Result & string,
  selections: Selections<Result> & Readonly<Record<typeof part, string>>,
  build: (tables: Kysely<Tables>, columns: Columns, id: string) => Compilable,
): (em: EntityManager, id: string) => Promise<Result | null> {
  const alone = compileQuery<Tables, { id: string }, Result>(selections, (tables, columns, { id }) =>
    build(tables, columns, id),
  );
  const entity = selections[part];
  const key = sql.ref(`${entity}.id`).as('key');
  const together = compileRows<Tables, { ids: string }, Result>(selections, (tables, columns, { ids }, em) => {
    const type = sql.raw(typeOf(em, entity, 'id'));
    // An array, because PostgreSQL would not use the index for a list whose length it does not know.
    const some = sql`any(array(select id::${type} from json_array_elements_text(${ids}::json) as ids(id)))`;
    return build(tables, [...columns, key], some as unknown as string);
  });
  return inGroups(
    async (em, id) => (await alone(em, { id }))[0] ?? null,
    async (em, ids) => {
      const rows = await together(em, { ids: JSON.stringify(ids) });
      const rowOf = new Map(rows.map((row) => [(row.raw as { readonly key: string }).key, row]));
      return ids.map((id) => rowOf.get(id)?.read() ?? null);
    },
  );
}

/** The property whose column has the type of a value. */
interface TypeSource {
  readonly entity: string;
  readonly property: string;
}

/** The table of the calls of a group. */
export interface GroupTables {
  readonly given: { readonly call: number };
}

/** What the statement of a group returns of a call. */
interface Decision {
  /** The number of the call in its group. */
  readonly call: number;
  readonly isMade: boolean;
}

/**
 * Makes a change that PostgreSQL makes for several calls in one statement if they arrive together. The result says whether it was made.
 *
 * @param alone - makes it for one call, and returns how many rows it changed.
 * @param types - the types of the values.
 * @param build - builds the statement of a group. The table `given` has a row for each call, with the number of the call as `call`. What it
 *   returns of the calls are their decisions. A call without a decision is then made alone.
 */
export function compileGroupedChange<Tables, Values extends Bindings<Values>>(
  alone: (em: EntityManager, given: Values) => Promise<number>,
  types: { readonly [Name in keyof Values]: TypeSource },
  build: (tables: QueryCreator<Tables & GroupTables>, given: Values) => Compilable<Decision>,
): (em: EntityManager, given: Values) => Promise<boolean> {
  const together = compileStatement<Tables, { calls: string }>((tables, { calls }, em) => {
    const columns = Object.entries<TypeSource>(types).map(
      ([name, { entity, property }]) => sql`${sql.id(name)} ${sql.raw(typeOf(em, entity, property))}`,
    );
    const given = sql<
      GroupTables['given']
    >`(select * from json_to_recordset(${calls}::json) as calls(call int, ${sql.join(columns)}))`;
    return build(
      tables.with('given', () => given),
      GIVEN as Values,
    );
  });
  return inGroups(
    async (em, values) => (await alone(em, values)) === 1,
    async (em, all) => {
      const calls = JSON.stringify(all.map((values, call) => ({ ...values, call })));
      const { rows } = await together(em, { calls });
      const answers: (boolean | LeftOut)[] = all.map(() => LEFT_OUT);
      for (const { call, isMade } of rows as Decision[]) answers[call] = isMade;
      return answers;
    },
  );
}

/** What the statement of a group uses in the place of each value: its column. MikroORM would change the name of a plain reference. */
const GIVEN: unknown = new Proxy({}, { get: (_target, name) => sql`${sql.id('given', String(name))}` });

/** After so many in a row, an engine does not know the statement. The first may come from a column that has got another type. */
const MOST_REFUSALS = 2;

/** The groups of a pool. */
interface Pooled<Call, Answer> {
  readonly groups: CallGroups<Call, Answer | LeftOut>;
  refusals: number;
}

/** Gathers the calls on a database that can do several in one statement. Those of a transaction belong to it, and stay alone. */
function inGroups<Call, Answer>(
  alone: (em: EntityManager, call: Call) => Promise<Answer>,
  together: (em: EntityManager, calls: readonly Call[]) => Promise<(Answer | LeftOut)[]>,
): (em: EntityManager, call: Call) => Promise<Answer> {
  const pools = new WeakMap<object, Pooled<Call, Answer>>();

  const pooledOf = (em: EntityManager): Pooled<Call, Answer> => {
    const pool = em.getConnection().getClient();
    const known = pools.get(pool);
    if (known !== undefined) return known;
    const pooled: Pooled<Call, Answer> = {
      groups: new CallGroups<Call, Answer | LeftOut>(async (calls) => {
        const [first] = calls;
        const answers = calls.length === 1 ? [await alone(em, first as Call)] : await tryTogether(em, pooled, calls);
        return answers.map((answer) => ({ answer }));
      }, PATIENCE),
      refusals: 0,
    };
    pools.set(pool, pooled);
    return pooled;
  };

  /** One call that the database refuses does not fail the others. */
  const tryTogether = async (
    em: EntityManager,
    pooled: Pooled<Call, Answer>,
    calls: readonly Call[],
  ): Promise<(Answer | LeftOut)[]> => {
    try {
      const answers = await together(em, calls);
      pooled.refusals = 0;
      return answers;
    } catch (error) {
      const code = driverCode(error);
      if (!isRefused(code)) throw error;
      if (isUnsupported(code)) pooled.refusals += 1;
      return calls.map(() => LEFT_OUT);
    }
  };

  return async (em, call) => {
    if (hasOneWriter(em) || em.isInTransaction()) return alone(em, call);
    const { groups, refusals } = pooledOf(em);
    if (refusals >= MOST_REFUSALS) return alone(em, call);
    const answer = await groups.call(call);
    return answer === LEFT_OUT ? alone(em, call) : answer;
  };
}
