import { hookStatements } from './driver-faults.ts';
import type { TestAuth } from './start-test-auth.ts';
import { authEntities } from '../../src/index.ts';
import { openDatabase } from '../../server/src/database/open-database.ts';

/** How the database goes about those statements of some work that are asked for, a text each. */
export async function queryPlans(
  { orm, databaseUrl }: Pick<TestAuth, 'orm' | 'databaseUrl'>,
  isAskedFor: RegExp,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const statements = new Set<string>();
  let isListening = true;
  await hookStatements(orm, {
    before(sql) {
      if (isListening && isAskedFor.test(sql)) statements.add(sql);
    },
  });
  await work();
  isListening = false;
  const explainer = await openDatabase(databaseUrl, authEntities);
  try {
    const plans: string[] = [];
    for (const statement of statements) plans.push(await explain(explainer, statement, databaseUrl));
    return plans;
  } finally {
    await explainer.close();
  }
}

async function explain(
  { em }: Awaited<ReturnType<typeof openDatabase>>,
  statement: string,
  databaseUrl: string,
): Promise<string> {
  if (databaseUrl.startsWith('sqlite:')) {
    const parameters = Array.from(statement.matchAll(/\?/g), () => null);
    const rows: { detail: string }[] = await em.getConnection().execute(`explain query plan ${statement}`, parameters);
    return rows.map(({ detail }) => detail).join('\n');
  }
  // PostgreSQL would read a table of a few rows as a whole.
  return em.transactional(async (inner) => {
    const run = async (sql: string): Promise<Record<string, string>[]> =>
      inner.getConnection().execute(sql, [], 'all', inner.getTransactionContext());
    await run('set local enable_seqscan = off');
    const rows = await run(`explain (generic_plan, costs off) ${statement}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
}
