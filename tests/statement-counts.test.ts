import { hookStatements } from './support/driver-faults.ts';
import { onEachDatabase } from './support/databases.ts';
import { PASSWORD } from './support/graphql-client.ts';
import { commitOfSession } from './support/rotation-statement.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

/** Each statement is one round trip to PostgreSQL. A commit waits for the disk. */
interface Counts {
  readonly statements: number;
  readonly commits: number;
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
    const commit = commitOfSession(databaseUrl);
    const count = async (work: () => Promise<unknown>): Promise<Counts> => {
      statements.splice(0);
      await work();
      return { statements: statements.length, commits: statements.filter((sql) => commit.test(sql)).length };
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

  test('a login is 16 statements and four commits, and one with a wrong password is ten and three', async () => {
    const { client, count } = await startCounting();
    expect(await count(async () => client.login())).toEqual({ statements: 16, commits: 4 });
    expect(await count(async () => client.tryLogin(undefined, `${PASSWORD}!`))).toEqual({ statements: 10, commits: 3 });
  });

  test('a logout is five statements and one commit', async () => {
    const { client, pair, count } = await startCounting();
    expect(await count(async () => client.logout(pair.accessToken))).toEqual({ statements: 5, commits: 1 });
  });
});
