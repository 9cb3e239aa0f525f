import { hookStatements } from './support/driver-faults.ts';
import { onEachDatabase } from './support/databases.ts';
import { PASSWORD } from './support/graphql-client.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

/** Each statement is one round trip to PostgreSQL. A commit waits for the disk. */
interface Counts {
  readonly statements: number;
  readonly commits: number;
}

/** A change outside of a transaction commits itself. */
function countCommits(statements: readonly string[]): number {
  let isInside = false;
  let commits = 0;
  for (const sql of statements) {
    if (sql.startsWith('begin')) isInside = true;
    else if (sql === 'commit') isInside = false;
    if (sql === 'commit' || (!isInside && /^(with|insert|update|delete)\b/.test(sql))) commits += 1;
  }
  return commits;
}

onEachDatabase(({ name, fresh }) => {
  const startCounting = async (blacklistAfterRotation = true) => {
    const databaseUrl = await fresh();
    const server = await start({
      databaseUrl,
      blacklistAfterRotation,
      // Its statements belong to no operation.
      blacklistPoll: '5m',
      blacklistStaleness: '10m',
    });
    const pair = await server.client.register();
    const statements: string[] = [];
    await hookStatements(server.orm, { before: (sql) => void statements.push(sql.trim().toLowerCase()) });
    const count = async (work: () => Promise<unknown>): Promise<Counts> => {
      statements.splice(0);
      await work();
      return { statements: statements.length, commits: countCommits(statements) };
    };
    return { ...server, pair, count };
  };

  test('a guard and `verifyToken` of an access token ask no database', async () => {
    const { client, pair, count } = await startCounting();
    expect(await count(async () => client.currentToken(pair.accessToken))).toEqual({ statements: 0, commits: 0 });
    expect(await count(async () => client.verify(pair.accessToken))).toEqual({ statements: 0, commits: 0 });
  });

  test('`me` is one query', async () => {
    const { client, pair, count } = await startCounting();
    expect(await count(async () => client.me(pair.accessToken))).toEqual({ statements: 1, commits: 0 });
  });

  const ofRefresh = { SQLite: [5, 4], PostgreSQL: [2, 2] }[name];

  test(`a refresh is ${ofRefresh[0]} statements and one commit, and ${ofRefresh[1]} without the blacklist of rotated tokens`, async () => {
    for (const [index, statements] of ofRefresh.entries()) {
      const { client, pair, count } = await startCounting(index === 0);
      expect(await count(async () => client.refresh(pair.refreshToken))).toEqual({ statements, commits: 1 });
    }
  });

  const ofLogin = { SQLite: [14, 10], PostgreSQL: [10, 6] }[name];

  test(`a login is ${ofLogin[0]} statements and three commits, and one with a wrong password is ${ofLogin[1]} and three`, async () => {
    const { client, count } = await startCounting();
    const [right, wrong] = ofLogin;
    expect(await count(async () => client.login())).toEqual({ statements: right, commits: 3 });
    expect(await count(async () => client.tryLogin(undefined, `${PASSWORD}!`))).toEqual({
      statements: wrong,
      commits: 3,
    });
  });

  test('a logout is five statements and one commit', async () => {
    const { client, pair, count } = await startCounting();
    expect(await count(async () => client.logout(pair.accessToken))).toEqual({ statements: 5, commits: 1 });
  });
});
