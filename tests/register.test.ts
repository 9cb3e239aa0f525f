import { User } from './support/entities.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { countBy, refusalOf } from './support/outcomes.ts';
import { onEachDatabase } from './support/databases.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken user { id email } } }';

async function usersOf({ orm }: TestAuth): Promise<{ email: string }[]> {
  return orm.em.fork().findAll(User, { orderBy: { email: 'asc' } });
}

describe('register', () => {
  test('opens an account and its first session', async () => {
    const server = await start();
    const { client, clock } = server;
    const pair = await client.register();
    const now = new Date(clock.now()).toISOString();
    expect(pair.user).toEqual({ id: pair.user.id, email: EMAIL, roles: [], createdAt: now, lastLoginAt: now });
    expect((await client.me(pair.accessToken)).data.me.id).toBe(pair.user.id);
    expect((await client.refresh(pair.refreshToken)).session.id).toBe(pair.session.id);
    expect((await client.login()).user.id).toBe(pair.user.id);
  });

  test.each([' Ada@Example.COM', 'ada@example.com\n', 'ADA@EXAMPLE.COM'])(
    'trims the e-mail and writes it in lower case: %j',
    async (email) => {
      const { client } = await start();
      expect((await client.register(email)).user.email).toBe(EMAIL);
    },
  );

  test.each([EMAIL, ' Ada@Example.COM '])(
    'refuses an e-mail that is taken, however it is spelled: %j',
    async (email) => {
      const server = await start();
      await server.client.register();
      const answer = await server.client.run(REGISTER, { input: { email, password: 'another password' } });
      expect(answer.data).toEqual({ register: null });
      expect(answer.errors).toEqual([
        {
          message: 'The input is not valid.',
          locations: expect.any(Array),
          path: ['register'],
          extensions: { code: 'BAD_USER_INPUT', fields: [{ path: 'input.email', reason: 'EMAIL_TAKEN' }] },
        },
      ]);
      expect(await usersOf(server)).toHaveLength(1);
      expect((await server.client.login()).user.email).toBe(EMAIL);
      expect(server.log()).toBe('');
    },
  );

  test('gives nothing more than an account: its input has no field for roles and the like', async () => {
    const server = await start();
    const extras = { roles: ['ADMIN'], role: 'ADMIN', id: '1', isActive: true, passwordHash: 'x', tokenVersion: 9 };
    for (const [name, value] of Object.entries(extras)) {
      const input = { email: EMAIL, password: PASSWORD, [name]: value };
      const answer = await server.client.run(REGISTER, { input });
      expect(answer.errors.map(({ extensions }) => extensions)).toEqual([
        { code: 'BAD_USER_INPUT', fields: [{ path: `input.${name}`, reason: 'UNKNOWN_FIELD' }] },
      ]);
    }
    expect(await usersOf(server)).toEqual([]);
  });

  test.each([
    'aaaaaaaaaaaaaaaaaaab',
    'correct horse',
    'ПарольПароль',
    '密码密码密码密码',
    '🔑🔑🔑🔑🔑🔑🔑🔑',
    '12 45 78',
  ])('requires nothing but length of a password: %s', async (password) => {
    const { client } = await start();
    await client.register(EMAIL, password);
    expect((await client.login(EMAIL, password)).user.email).toBe(EMAIL);
  });
});

onEachDatabase((database) => {
  test('one of many simultaneous registrations of an e-mail opens an account', async () => {
    const server = await start({ databaseUrl: await database.fresh() });
    const spellings = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? EMAIL : EMAIL.toUpperCase()));
    const answers = await Promise.all(
      spellings.map(async (email) => server.client.run(REGISTER, { input: { email, password: PASSWORD } })),
    );
    const outcomes = countBy(answers, (answer) =>
      answer.data.register ? 'opened' : (answer.errors[0]?.extensions.fields?.[0]?.reason ?? refusalOf(answer)),
    );
    expect(outcomes).toEqual({ opened: 1, EMAIL_TAKEN: 7 });
    const [user, ...others] = await usersOf(server);
    expect([user?.email, others]).toEqual([EMAIL, []]);
    const { accessToken } = await server.client.login();
    expect((await server.client.sessions(accessToken)).data.sessions).toHaveLength(2);
  });
});

describe('a server with closed registration', () => {
  test('has no register in its schema', async () => {
    const server = await start({ registration: 'closed' });
    const { data } = await server.client.run('{ mutation: __type(name: "Mutation") { fields { name } } }');
    const names = data.mutation.fields.map(({ name }: { name: string }) => name);
    expect(names).toContain('login');
    expect(names).not.toContain('register');
    const { data: types } = await server.client.run('{ input: __type(name: "RegisterInput") { name } }');
    expect(types.input).toBeNull();
  });

  test('registers no user, and lets existing users log in as before', async () => {
    const open = await start();
    const { user } = await open.client.register();
    const { databaseUrl, clock, keys } = open;
    const closed = await start({ databaseUrl, clock, keys, registration: 'closed' });
    const answer = await closed.client.run(REGISTER, { input: { email: 'new@example.com', password: PASSWORD } });
    expect(answer.status).toBe(400);
    expect(answer.errors[1]?.message).toBe('Cannot query field "register" on type "Mutation".');
    expect(await usersOf(closed)).toHaveLength(1);
    expect((await closed.client.login()).user.id).toBe(user.id);
  });
});
