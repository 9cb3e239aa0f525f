import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { graphql, type GraphQLSchema } from 'graphql';
import { openDatabase } from '../server/src/database/open-database.ts';
import { authEntities, buildGuardedSchema, createHostAuthEntities } from '../src/index.ts';
import { createTestAuth, type TestAuth, type TestAuthOptions } from '../src/testing.ts';
import { PASSWORD } from './support/graphql-client.ts';
import { MINUTE } from './support/manual-clock.ts';
import { type Host, install, packAll, type Tarballs } from './support/pack.ts';
import { PersonType } from './support/start-test-host.ts';

const NAMESPACE = 'https://example.com/claims';
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

async function start(options: Partial<TestAuthOptions> = {}) {
  const orm = await openDatabase('sqlite::memory:', authEntities);
  opened.push(orm);
  await orm.schema.create();
  const testing = await createTestAuth({ orm, ...options });
  opened.push(testing.auth);
  const schema = await buildGuardedSchema({ resolvers: testing.auth.resolvers });
  const ada = await testing.auth.createUser({ email: 'ada@example.com', password: PASSWORD, roles: ['READER'] });
  return { ...testing, ada, ask: asking(testing, schema) };
}

function asking({ auth }: Pick<TestAuth, 'auth'>, schema: GraphQLSchema) {
  return async (
    source: string,
    { headers }: { headers: Record<string, string> } | { headers: { authorization: string } },
  ) => {
    const { data, errors } = await graphql({ schema, source, contextValue: auth.context({ headers }) });
    return errors === undefined ? data : (errors[0]?.extensions['reason'] ?? errors[0]?.extensions['code']);
  };
}

test('a test signs a user in with one line, by the user or by the id', async () => {
  const { ada, ask, signIn } = await start();
  for (const user of [ada, ada.id])
    expect(await ask('{ me { id } }', await signIn(user))).toEqual({ me: { id: ada.id } });
  await expect(signIn('nobody')).rejects.toThrow('no such user');
});

test('a test chooses the roles and the claims of the access token, and the refresh brings back those of the user', async () => {
  const claims = { namespace: NAMESPACE, compute: () => ({ plan: 'free' }) };
  const { auth, ada, ask, signIn } = await start({ claims });
  const session = await signIn(ada, { roles: ['ADMIN'], claims: { plan: 'paid' } });
  expect(await ask('{ currentToken { roles } }', session)).toEqual({ currentToken: { roles: ['ADMIN'] } });
  expect(await ask('{ users(first: 1) { edges { cursor } } }', session)).toHaveProperty('users');
  expect(auth.context(session).currentUser?.claims[NAMESPACE]).toEqual({ plan: 'paid' });
  const source = `mutation { refreshToken(input: { refreshToken: "${session.refreshToken}" }) { user { roles } accessToken } }`;
  const refreshed = (await ask(source, { headers: {} })) as { refreshToken: { accessToken: string } };
  const headers = { authorization: `Bearer ${refreshed.refreshToken.accessToken}` };
  expect(await ask('{ currentToken { roles } }', { headers })).toEqual({ currentToken: { roles: ['READER'] } });
  await expect((await start()).signIn(ada, { claims: {} })).rejects.toThrow(/no such user|namespace/);
});

test('a test moves the clock', async () => {
  const { ada, ask, clock, signIn } = await start({ accessTokenLifetime: '15m', leeway: '5s' });
  const session = await signIn(ada);
  await clock.advance(15 * MINUTE);
  expect(await ask('{ me { id } }', session)).toHaveProperty('me');
  await clock.advance(6_000);
  expect(await ask('{ me { id } }', session)).toBe('TOKEN_EXPIRED');
});

test('a test gets a token that has expired, of a session that lives', async () => {
  const { ada, auth, ask, signInExpired } = await start();
  const session = await signInExpired(ada, { roles: ['ADMIN'] });
  expect(await ask('{ me { id } }', session)).toBe('TOKEN_EXPIRED');
  expect(await auth.verifyToken(session.refreshToken)).toMatchObject({ isValid: true });
});

test('a test gets tokens that were revoked', async () => {
  const { ada, auth, ask, signInRevoked } = await start();
  const session = await signInRevoked(ada);
  expect(await ask('{ me { id } }', session)).toBe('TOKEN_REVOKED');
  expect(await auth.verifyToken(session.refreshToken)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
});

test('a test reads the mails, with the code that each brings', async () => {
  const { ask, outbox } = await start({ linkUrl: 'https://app.test/' });
  await ask('mutation { requestPasswordReset(input: { email: "ada@example.com" }) { requestId } }', { headers: {} });
  expect(await outbox.next()).toMatchObject({
    to: 'ada@example.com',
    purpose: 'PASSWORD_RESET',
    digits: expect.stringMatching(/^\d{6}$/),
    link: expect.stringMatching(/^https:\/\/app\.test\//),
  });
});

test("a test signs in a user of the host's own", async () => {
  const orm = await openDatabase('sqlite::memory:', createHostAuthEntities());
  opened.push(orm);
  await orm.schema.create();
  const ada = { id: 7, name: 'Ada' } as PersonType;
  const users = {
    findById: async (id: string) => (id === '7' ? { id: 7, stamp: 1, roles: ['READER'], user: ada } : null),
  };
  const { auth, signIn } = await createTestAuth({ orm, users });
  opened.push(auth);
  const schema = await buildGuardedSchema({ resolvers: auth.resolvers, userType: PersonType });
  const ask = asking({ auth: auth as never }, schema);
  expect(await ask('{ me { name } currentToken { roles } }', await signIn(ada, { roles: ['ADMIN'] }))).toEqual({
    me: { name: 'Ada' },
    currentToken: { roles: ['ADMIN'] },
  });
});

describe('from the package, in an empty folder', () => {
  let tarballs: Tarballs;
  let host: Host;
  const BODY = `
    const orm = await MikroORM.init({ entities: [...authEntities], dbName: ':memory:' });
    await orm.schema.create();
    const { auth, clock, signIn } = await createTestAuth({ orm });
    const ada = await auth.createUser({ email: 'ada@example.com', password: 'correct horse' });
    const { headers } = await signIn(ada, { roles: ['EDITOR'] });
    const roles = auth.context({ headers }).currentUser?.roles;
    await clock.advance(3_600_000);
    const later = auth.context({ headers }).currentUser;
    await auth.close();
    await orm.close();
  `;
  const IMPORTS = `
    import { MikroORM } from '@mikro-orm/sqlite';
    import { authEntities } from 'graphql-simplejwt';
    import { createTestAuth } from 'graphql-simplejwt/testing';
  `;
  const FILES: Readonly<Record<string, string>> = {
    'auth.node-test.mjs': `import test from 'node:test'; import assert from 'node:assert/strict'; ${IMPORTS}
      test('signs in', async () => { ${BODY} assert.deepEqual([...roles], ['EDITOR']); assert.equal(later, null); });`,
    'auth.vitest.mjs': `import { expect, test } from 'vitest'; ${IMPORTS}
      test('signs in', async () => { ${BODY} expect(roles).toEqual(['EDITOR']); expect(later).toBeNull(); });`,
    'auth.jest.mjs': `import { expect, test } from '@jest/globals'; ${IMPORTS}
      test('signs in', async () => { ${BODY} expect(roles).toEqual(['EDITOR']); expect(later).toBeNull(); });`,
  };
  beforeAll(async () => {
    tarballs = packAll();
    const orm = ['core', 'sql', 'sqlite'].map((name) => `@mikro-orm/${name}@7.2.1`);
    host = await install([tarballs.pathOf['graphql-simplejwt'], ...orm, 'kysely@0.29.6', 'vitest@4', 'jest@30.5.2']);
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(host.folder, name), text);
    await writeFile(join(host.folder, 'vitest.config.mjs'), "export default { test: { include: ['*.vitest.mjs'] } };");
    await writeFile(
      join(host.folder, 'jest.config.mjs'),
      "export default { testMatch: ['**/*.jest.mjs'], moduleFileExtensions: ['mjs', 'js'], transform: {} };",
    );
  }, 240_000);
  afterAll(async () => {
    await host.remove();
    tarballs.remove();
  });

  test.each([
    ['node:test', ['--test', 'auth.node-test.mjs']],
    ['vitest', ['node_modules/vitest/vitest.mjs', 'run']],
    ['jest', ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js']],
  ])(
    'it runs under %s',
    async (_name, words) => {
      const { NODE_TEST_CONTEXT: _context, JEST_WORKER_ID: _worker, ...inherited } = process.env;
      const env = { ...inherited, NODE_OPTIONS: '' };
      const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { cwd: host.folder, env });
      expect(`${stdout}${stderr}`).toMatch(/pass 1\b|1 passed/);
    },
    60_000,
  );
});
