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

onEachDatabase(({ fresh }) => {
  const startCounting = async (blacklistAfterRotation = true) => {
    const server = await start({
      databaseUrl: await fresh(),
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
      return { statements: statements.length, commits: statements.filter((sql) => sql === 'commit').length };
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

  test('a refresh is six statements and one commit, and one statement less without the blacklist of rotated tokens', async () => {
    for (const blacklistAfterRotation of [true, false]) {
      const { client, pair, count } = await startCounting(blacklistAfterRotation);
      const statements = blacklistAfterRotation ? 6 : 5;
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
