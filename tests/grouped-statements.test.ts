import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

onEachDatabase(({ name, fresh }) => {
  test('debug', async () => {
    const server = await start({ databaseUrl: await fresh(), blacklistPoll: '5m', blacklistStaleness: '10m' });
    const first = await server.client.register();
    const pairs = [first];
    for (let i = 0; i < 15; i++) pairs.push(await server.client.login());
    const statements: string[] = [];
    await hookStatements(server.orm, { before: (sql, c, v) => void statements.push(sql + JSON.stringify(v).slice(0, 300)) });
    const { auth } = server as any;
    console.log(Object.keys(auth));
    await Promise.all(pairs.map((p) => server.client.refresh(p.refreshToken)));
    console.log(statements.length, statements.slice(0, 6).join('\n\n'));
    expect(1).toBe(1);
  });
});
