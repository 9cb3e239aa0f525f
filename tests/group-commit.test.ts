import { openDatabase } from '../server/src/database/open-database.ts';
import { authEntities, createAuth } from '../src/index.ts';
import { runSql } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { SECOND } from './support/manual-clock.ts';
import { ISSUER, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

interface Opening {
  readonly server: TestAuth;
  /** Opens sessions for devices of these names, all at once, and says of each whether it was opened. */
  readonly open: (...devices: string[]) => Promise<boolean[]>;
  /** The devices with a session, by the database. */
  readonly devices: () => Promise<string[]>;
  /** The statements since the server was started. */
  readonly statements: string[];
}

/** A server whose database runs a statement, in a trigger, for each new session of the device BAD. */
async function startOpening(trigger?: string): Promise<Opening> {
  const server = await start({ blacklistPoll: '5m', blacklistStaleness: '10m' });
  const user = await server.auth.createUser({ email: 'a@example.com', password: 'correct horse battery' });
  if (trigger !== undefined) {
    await runSql(
      server.databaseUrl,
      `create trigger bad after insert on simplejwt_session when new.user_agent = 'BAD' begin ${trigger}; end`,
    );
  }
  const statements: string[] = [];
  await hookStatements(server.orm, { before: (sql) => void statements.push(sql) });
  return {
    server,
    statements,
    async open(...devices) {
      const opened = await Promise.allSettled(
        devices.map((userAgent) => server.auth.openSession({ userId: user.id, userAgent })),
      );
      return opened.map(({ status }) => status === 'fulfilled');
    },
    async devices() {
      const rows = await server.orm.em.getConnection().execute('select user_agent from simplejwt_session order by id');
      return (rows as { user_agent: string }[]).map((row) => row.user_agent);
    },
  };
}

const countOf = (statements: readonly string[], one: string) => statements.filter((sql) => sql === one).length;

describe('transactions that wait for each other on SQLite', () => {
  test('share one COMMIT', async () => {
    const { open, devices, statements } = await startOpening();
    expect(await open('A', 'B', 'C', 'D')).toEqual([true, true, true, true]);
    expect(countOf(statements, 'begin immediate')).toBe(1);
    expect(countOf(statements, 'commit')).toBe(1);
    expect(await devices()).toEqual(['A', 'B', 'C', 'D']);
  });

  test('share one COMMIT if each turn of the event loop brings one of them, and wait for four turns at most', async () => {
    const { open, devices, statements } = await startOpening();
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    const opening: Promise<boolean[]>[] = [];
    for (const name of names) {
      opening.push(open(name));
      await new Promise(setImmediate);
    }
    expect((await Promise.all(opening)).flat()).not.toContain(false);
    expect(await devices()).toEqual(names);
    expect(countOf(statements, 'commit')).toBe(2);
  });

  test('are committed 64 at a time at most', async () => {
    const { open, devices, statements } = await startOpening();
    const names = Array.from({ length: 130 }, (_, index) => String(index));
    expect(await open(...names)).not.toContain(false);
    expect(countOf(statements, 'commit')).toBe(3);
    expect((await devices()).toSorted()).toEqual(names.toSorted());
  });

  test('are answered after the COMMIT', async () => {
    const { server, open } = await startOpening();
    const answered: string[] = [];
    let answeredAtCommit: readonly string[] | undefined;
    await hookStatements(server.orm, {
      before(sql) {
        if (sql === 'commit') answeredAtCommit ??= [...answered];
      },
    });
    const opening = ['A', 'B', 'C'].map((device) => open(device).then(() => answered.push(device)));
    await Promise.all(opening);
    expect(answeredAtCommit).toEqual([]);
    expect(answered.toSorted()).toEqual(['A', 'B', 'C']);
  });

  test('each fail alone', async () => {
    const { open, devices, statements } = await startOpening(`select raise(abort, 'refused')`);
    expect(await open('A', 'BAD', 'C')).toEqual([true, false, true]);
    expect(countOf(statements, 'commit')).toBe(1);
    expect(await devices()).toEqual(['A', 'C']);
  });

  test('all fail if SQLite rolls the whole transaction back, and the next succeed', async () => {
    const { open, devices } = await startOpening(`select raise(rollback, 'refused')`);
    expect(await open('A', 'BAD', 'C')).toEqual([false, false, false]);
    expect(await devices()).toEqual([]);
    expect(await open('A', 'C')).toEqual([true, true]);
    expect(await devices()).toEqual(['A', 'C']);
  });

  test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_FULL'])(
    'all fail if COMMIT fails with %s, and the next succeed',
    async (code) => {
      const { server, open, devices } = await startOpening();
      let isFailing = true;
      await hookStatements(server.orm, {
        before(sql) {
          if (isFailing && sql === 'commit') throw Object.assign(new Error('injected'), { code });
        },
      });
      expect(await open('A', 'B')).toEqual([false, false]);
      isFailing = false;
      expect(await devices()).toEqual([]);
      expect(await open('C', 'D')).toEqual([true, true]);
      expect(await devices()).toEqual(['C', 'D']);
    },
  );

  test('all fail if together they take more than ten seconds', async () => {
    const { server, open, devices } = await startOpening();
    let isSlow = true;
    await hookStatements(server.orm, {
      before(sql) {
        if (isSlow && sql.startsWith('insert into "simplejwt_session"')) server.clock.advance(4 * SECOND);
      },
    });
    expect(await open('A', 'B', 'C')).toEqual([false, false, false]);
    isSlow = false;
    expect(await devices()).toEqual([]);
    expect(await open('D')).toEqual([true]);
  });

  test('begin on an ORM that has not connected yet', async () => {
    const { server } = await startOpening();
    const orm = await openDatabase(server.databaseUrl, authEntities);
    const auth = await createAuth({ orm, keys: server.keys, issuer: ISSUER });
    const user = await auth.createUser({ email: 'b@example.com', password: 'correct horse battery' });
    await auth.close();
    await orm.close();
    expect(await server.auth.findUser(user.id)).toMatchObject({ email: 'b@example.com' });
  });

  test('are not held up by a fake `setImmediate` of a test', async () => {
    const { open } = await startOpening();
    const real = globalThis.setImmediate;
    globalThis.setImmediate = (() => undefined) as unknown as typeof setImmediate;
    try {
      expect(await open('A', 'B')).toEqual([true, true]);
    } finally {
      globalThis.setImmediate = real;
    }
  });

  test('wait for another process that writes, and lose nothing', async () => {
    const { server, open, devices } = await startOpening();
    const rival = await start({ databaseUrl: server.databaseUrl, keys: server.keys });
    const { id: userId } = await rival.auth.createUser({ email: 'b@example.com', password: 'correct horse battery' });
    const openThere = async () => rival.auth.openSession({ userId, userAgent: 'RIVAL' });
    const rounds = Array.from({ length: 20 }, async () => Promise.all([open('A', 'B'), openThere(), openThere()]));
    for (const [here, ...there] of await Promise.all(rounds)) {
      expect(here).toEqual([true, true]);
      expect(there).not.toContain(null);
    }
    expect(await devices()).toHaveLength(80);
  });
});
