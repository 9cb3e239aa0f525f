import { authEntities, createAuth, generateKeys } from '../src/index.ts';
import { databaseExists, migrate, openDatabase } from '../server/src/database/open-database.ts';
import { readEnvironment, StartError } from '../server/src/environment.ts';
import { freshPostgres } from './support/databases.ts';

function faultsOf(databaseUrl: string): readonly string[] {
  try {
    readEnvironment({ DATABASE_URL: databaseUrl });
    return [];
  } catch (error) {
    if (error instanceof StartError) return error.faults;
    throw error;
  }
}

test.each([
  'postgresql://ada:p#sesame@db/auth',
  'postgresql://ada:p/sesame@db/auth',
  'postgresql://ada:sesame@db:99999/auth',
  'postgresql://ada:sesame@one,two:5432/auth',
  'postgresql://ada:%E0%A4sesame@db/auth',
  'postgresql://ada:sesame@db',
  'postgresql://ada:sesame@db/',
  'postgresql://ada:sesame@db/auth?connect_timeout=3',
  'postgresql://ada:sesame@db/auth?sslmode=prefer',
  'postgresql://ada:sesame@db/auth?schema=a;drop',
  'mysql://ada:sesame@db/auth',
  'sqlite:',
  'sqlite:./sesame.db?mode=ro',
])('DATABASE_URL=%s is refused without being repeated', (databaseUrl) => {
  const faults = faultsOf(databaseUrl);
  expect(faults).toEqual([expect.stringMatching(/^DATABASE_URL: /)]);
  expect(faults.join()).not.toContain('sesame');
});

test('a parameter that is not supported is named, with those that are', () => {
  expect(faultsOf('postgresql://db/auth?connect_timeout=3')[0]).toContain('connect_timeout');
  expect(faultsOf('postgresql://db/auth?connect_timeout=3')[0]).toContain('sslrootcert');
});

test.each([
  'sqlite:./data/auth.db',
  'postgres://db/auth',
  'postgresql://ada:p%5Bw@db:5433/auth?sslmode=verify-full&application_name=auth',
])('DATABASE_URL=%s is accepted', (databaseUrl) => {
  expect(faultsOf(databaseUrl)).toEqual([]);
});

describe('on a PostgreSQL without TLS', () => {
  let url: string;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ url, remove } = await freshPostgres());
  });
  afterAll(() => remove());

  async function settingOf(name: string, parameters: Record<string, string>): Promise<unknown> {
    const address = new URL(url);
    for (const [key, value] of Object.entries(parameters)) address.searchParams.set(key, value);
    const orm = await openDatabase(address.href, authEntities);
    try {
      const [row] = await orm.em.getConnection().execute<Record<string, unknown>[]>(`show ${name}`);
      return Object.values(row ?? {})[0];
    } finally {
      await orm.close();
    }
  }

  test.each(['require', 'verify-ca', 'verify-full', 'no-verify'])(
    'sslmode=%s refuses to connect without encryption',
    async (sslmode) => {
      await expect(settingOf('application_name', { sslmode })).rejects.toThrow('does not support SSL');
    },
  );

  test('sslrootcert is read', async () => {
    const parameters = { sslmode: 'verify-full', sslrootcert: '/nowhere/ca.pem' };
    await expect(settingOf('application_name', parameters)).rejects.toThrow('/nowhere/ca.pem');
  });

  test('application_name and options reach the server', async () => {
    expect(await settingOf('application_name', { application_name: 'auth at work' })).toBe('auth at work');
    expect(await settingOf('search_path', { options: '-c search_path=somewhere' })).toBe('somewhere');
    expect(await settingOf('work_mem', { options: '-c work_mem=7MB' })).toBe('7MB');
  });

  test('a limit in options takes the place of ours', async () => {
    expect(await settingOf('statement_timeout', {})).toBe('4s');
    expect(await settingOf('statement_timeout', { options: '-c statement_timeout=9s' })).toBe('9s');
  });

  test('with schema, two deployments work side by side in one database', async () => {
    const deployments = await Promise.all(
      ['first', 'second'].map(async (schema) => {
        const address = `${url}?schema=${schema}`;
        const orm = await openDatabase(address, authEntities);
        expect(await migrate(orm)).not.toEqual([]);
        expect(await migrate(orm)).toEqual([]);
        const auth = await createAuth({ orm, keys: generateKeys(), issuer: 'https://auth.test', bcryptCost: 4 });
        const user = await auth.createUser({ email: 'ada@example.com', password: 'correct horse battery' });
        expect(await auth.openSession({ userId: user.id })).not.toBeNull();
        return { auth, orm, address };
      }),
    );
    const orm = await openDatabase(url, authEntities);
    const tables = await orm.em
      .getConnection()
      .execute<{ table_schema: string; count: string }[]>(
        `select table_schema, count(*) from information_schema.tables where table_name like 'simplejwt_%' group by 1 order by 1`,
      );
    await orm.close();
    for (const { auth, orm: each, address } of deployments) {
      await auth.close();
      await each.close();
      expect(await databaseExists(address)).toBe(true);
    }
    expect(tables).toEqual([
      { table_schema: 'first', count: '8' },
      { table_schema: 'second', count: '8' },
    ]);
  });
});
