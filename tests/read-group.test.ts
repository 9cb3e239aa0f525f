import { ReadGroup } from '../src/database/read-group.ts';
import type { EntityManager } from '../src/database/tables.ts';
import { hookStatements } from './support/driver-faults.ts';
import type { Pair } from './support/graphql-client.ts';
import { refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

/** An entity manager whose connection is given out by `hold`. */
function managerOf(hold: (work: () => Promise<void>) => Promise<void>): EntityManager {
  return { getKysely: () => ({ connection: () => ({ execute: hold }) }) } as unknown as EntityManager;
}

describe('reads that arrive together on SQLite', () => {
  test('take the connection once, and those that arrive while it is in use take it with them', async () => {
    let holds = 0;
    const { promise: isFree, resolve: free } = Promise.withResolvers<void>();
    const em = managerOf(async (work) => {
      holds += 1;
      await isFree;
      await work();
    });
    const group = new ReadGroup();
    const early = [1, 2, 3].map(async (value) => group.run(em, () => value));
    await new Promise(setImmediate);
    const late = group.run(em, () => 4);
    free();
    expect(await Promise.all([...early, late])).toEqual([1, 2, 3, 4]);
    expect(holds).toBe(1);
    expect(await group.run(em, () => 5)).toBe(5);
    expect(holds).toBe(2);
  });

  test('all fail if the connection cannot be had, and later ones do not', async () => {
    let isAway = true;
    const em = managerOf(async (work) => {
      if (isAway) throw new Error('away');
      await work();
    });
    const group = new ReadGroup();
    const failed = await Promise.allSettled([group.run(em, () => 1), group.run(em, () => 2)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await group.run(em, () => 3)).toBe(3);
  });

  test('fail one by one', async () => {
    const { client, orm } = await start();
    const users: Pair[] = [];
    for (let count = 0; count < 3; count += 1) users.push(await client.register(someEmail()));
    await hookStatements(orm, {
      before(sql, _connection, values) {
        if (sql.startsWith('select') && values.flat().includes(users[1]?.user.id)) throw new Error('a bad row');
      },
    });
    const answers = await Promise.all(users.map(async ({ accessToken }) => client.me(accessToken)));
    expect(answers.map((answer) => answer.data?.me?.email ?? refusalOf(answer))).toEqual([
      users[0]?.user.email,
      'INTERNAL_SERVER_ERROR',
      users[2]?.user.email,
    ]);
  });
});
