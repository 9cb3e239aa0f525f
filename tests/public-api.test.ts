import { defaultFieldResolver, graphql, isIntrospectionType, isObjectType } from 'graphql';
import { activateUser } from '../src/accounts/activate-user.ts';
import { createUser } from '../src/accounts/create-user.ts';
import { deactivateUser } from '../src/accounts/deactivate-user.ts';
import { deleteUser } from '../src/accounts/delete-user.ts';
import { endUserSessions } from '../src/accounts/end-user-sessions.ts';
import { listUsers } from '../src/accounts/list-users.ts';
import { setUserRoles } from '../src/accounts/set-user-roles.ts';
import { NO_DEVICE } from '../src/device.ts';
import * as library from '../src/index.ts';
import { buildGuardedSchema, ForbiddenError } from '../src/index.ts';
import { scopeOf } from '../src/request/context.ts';
import { OPERATOR } from '../src/sessions/caller.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { SECOND } from './support/manual-clock.ts';
import { ACCESS, COOKIE_DELIVERIES, CSRF, REFRESH } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

/** Every value that can be reached from another, with the path to it. It reads each property and getter, and calls nothing. */
function* reachable(value: unknown, path: string, seen = new Set<unknown>()): Generator<readonly [string, unknown]> {
  yield [path, value];
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  if (!isObject || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Map || value instanceof Set)
    for (const [key, each] of value.entries()) {
      yield* reachable(key, `${path} key`, seen);
      yield* reachable(each, `${path} value`, seen);
    }
  for (let owner: unknown = value; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner) as unknown)
    for (const key of Reflect.ownKeys(owner)) {
      if (owner === Function.prototype) continue;
      yield* reachable(readProperty(owner, key, value), `${path}.${String(key)}`, seen);
    }
}

/** Undefined for a getter that a prototype, which has no private members, cannot answer. */
function readProperty(owner: object, key: PropertyKey, receiver: unknown): unknown {
  try {
    return Reflect.get(owner, key, receiver);
  } catch {
    return undefined;
  }
}

/** The hashes that the database holds. */
async function storedHashes({ orm }: TestAuth): Promise<string[]> {
  const hashes: string[] = [];
  for (const { tableName, props } of orm.getMetadata().getAll().values())
    for (const { fieldNames } of props.filter(({ name }) => /hash/i.test(name))) {
      const sql = `select ${fieldNames[0]} as hash from ${tableName}`;
      const rows: { hash: string | null }[] = await orm.em.getConnection().execute(sql);
      hashes.push(...rows.flatMap(({ hash }) => (hash === null ? [] : [hash])));
    }
  return hashes;
}

test('no value that the public API, the context or a resolver hands out contains a hash', async () => {
  const server = await start();
  const { auth, clock } = server;
  const handedOut: [string, unknown][] = [];
  const hand = <T>(name: string, value: T): T => {
    handedOut.push([name, value]);
    return value;
  };

  const schema = await buildGuardedSchema({ resolvers: auth.resolvers });
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  for (const type of types.filter((each) => !isIntrospectionType(each)))
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = async (source, args, context, info) => {
        hand(`the source of ${type.name}.${field.name}`, source);
        return hand(`${type.name}.${field.name}`, await resolve(source, args, context, info));
      };
    }
  const run = async (source: string, variableValues: Record<string, unknown> = {}, accessToken = '') => {
    const headers = accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` };
    const contextValue = hand('the context', auth.context({ headers, sendsCookies: true }));
    const { data, errors } = await graphql({ schema, source, variableValues, contextValue });
    expect(errors).toBeUndefined();
    return data as Record<string, Record<string, string>>;
  };

  const pair = '{ accessToken refreshToken user { id email } session { id } }';
  const opened = await run(`mutation ($i: RegisterInput!) { register(input: $i) ${pair} }`, {
    i: { email: EMAIL, password: PASSWORD },
  });
  await passTime(server, SECOND);
  const refreshToken = opened['register']?.['refreshToken'];
  const idempotencyKey = 'a-key-of-22-characters-or-more';
  await run(`mutation ($i: RefreshTokenInput) { refreshToken(input: $i) ${pair} }`, {
    i: { refreshToken, idempotencyKey },
  });
  const operator = { email: 'admin@example.com', password: PASSWORD, roles: ['ADMIN'] };
  const admin = hand('auth.createUser', await auth.createUser(operator));
  const session = hand('auth.openSession', await auth.openSession({ userId: admin.id }));
  const accessToken = session?.accessToken ?? '';
  const lists = `{ me { id } users { edges { node { id } } } sessions { id } securityEvents { edges { node { id } } } }`;
  await run(lists, {}, accessToken);
  const id = opened['register']?.['user'] as unknown as { id: string };
  await run('mutation ($id: ID!) { setUserRoles(input: { id: $id, roles: ["EDITOR"] }) { id } }', id, accessToken);
  await run('mutation ($id: ID!) { deactivateUser(input: { id: $id }) { id } }', id, accessToken);
  await run('mutation ($id: ID!) { activateUser(input: { id: $id }) { id } }', id, accessToken);

  const context = hand('the context', auth.context({ headers: { authorization: `Bearer ${accessToken}` } }));
  hand('context.auth.openSession', await context.auth.openSession({ userId: admin.id }));
  hand('context.auth.setCookieHeaders', context.auth.setCookieHeaders());
  hand('auth.verifyToken', await auth.verifyToken(accessToken));
  hand('auth.purge', await auth.purge());
  hand('auth.jwks', auth.jwks());
  const hashes = await storedHashes(server);
  await run('mutation ($id: ID!) { deleteUser(input: { id: $id }) { id } }', id, accessToken);
  hand('auth.blacklistToken', await auth.blacklistToken(accessToken));
  hand('auth', auth);
  // The entities name their columns, and hold no row.
  const { authEntities: _entities, ...rest } = library;
  hand('the library', rest);
  hand('the clock', clock.now());

  expect(hashes.length).toBeGreaterThanOrEqual(3);
  expect(handedOut.length).toBeGreaterThan(50);
  const found = handedOut.flatMap(([name, value]) =>
    [...reachable(value, name)]
      .filter(([path, each]) => hashes.includes(each as string) || /hash(?!er)/i.test(path.split('.').at(-1) ?? ''))
      .map(([path]) => path),
  );
  expect(found).toEqual([]);
});

test('a context hands out the documented members and nothing else', async () => {
  const { auth } = await start();
  const context = auth.context({ headers: {} });
  const members = Object.getOwnPropertyNames(Object.getPrototypeOf(context.auth) as object);

  expect(Object.keys(context)).toEqual(['currentUser', 'auth']);
  expect(Object.keys(context.auth)).toEqual([]);
  expect(members.toSorted()).toEqual([
    'authentication',
    'constructor',
    'csrfToken',
    'isForged',
    'openSession',
    'setCookieHeaders',
  ]);
});

test('a use case that needs a right refuses a caller without it', async () => {
  const { auth, client } = await start();
  const { accessToken, user } = await client.register();
  const context = auth.context({ headers: { authorization: `Bearer ${accessToken}` } });
  const { services } = scopeOf(context);
  const caller = context.currentUser!;
  const useCases = {
    activateUser: () => activateUser(services, caller, user.id, NO_DEVICE),
    createUser: () => createUser(services, caller, { email: 'b@example.com', password: PASSWORD }),
    deactivateUser: () => deactivateUser(services, caller, user.id, NO_DEVICE),
    deleteUser: () => deleteUser(services, caller, user.id, NO_DEVICE),
    endUserSessions: () => endUserSessions(services, caller, user.id, NO_DEVICE),
    listUsers: () => listUsers(services, caller, { first: 1, after: null }),
    setUserRoles: () => setUserRoles(services, caller, user.id, ['ADMIN'], NO_DEVICE),
  };
  for (const [name, run] of Object.entries(useCases))
    expect({ name, error: await run().catch((error: unknown) => error) }).toEqual({
      name,
      error: expect.any(ForbiddenError),
    });
});

describe('openSession of a context', () => {
  const callback = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };

  test('returns the tokens where the host asks for the body', async () => {
    const { auth, client } = await start();
    const { user } = await client.register();
    const context = auth.context({ headers: callback, sendsCookies: true });
    const pair = await context.auth.openSession({ userId: user.id });

    expect(pair).toMatchObject({ user: { id: user.id }, csrfToken: null });
    expect(context.auth.setCookieHeaders()).toEqual([]);
    expect((await client.me(String(pair?.accessToken))).errors).toEqual([]);
  });

  test.each(COOKIE_DELIVERIES)('refuses %s in a navigation from another site', async (delivery) => {
    const { auth, client } = await start();
    const { user } = await client.register();
    const context = auth.context({ headers: callback, sendsCookies: true });

    await expect(context.auth.openSession({ userId: user.id, delivery })).rejects.toMatchObject({
      extensions: { code: 'CSRF_REJECTED' },
    });
    expect(context.auth.setCookieHeaders()).toEqual([]);
    expect((await client.sessions((await client.login()).accessToken)).data?.['sessions']).toHaveLength(2);
  });

  test.each(COOKIE_DELIVERIES)('delivers %s where the host has checked the origin', async (delivery) => {
    const { auth, client } = await start();
    const { user } = await client.register();
    const context = auth.context({ headers: callback, sendsCookies: true });
    const pair = await context.auth.openSession({ userId: user.id, delivery, originChecked: true });
    const filled = context.auth.setCookieHeaders().filter((header) => !header.includes('Max-Age=0'));
    const names = filled.map((header) => header.split('=')[0]);

    expect(pair).toMatchObject({ refreshToken: null, csrfToken: expect.any(String) });
    expect(names.toSorted()).toEqual(delivery === 'COOKIES' ? [ACCESS, CSRF, REFRESH] : [CSRF, REFRESH]);
  });

  test('returns null for an unknown user and for a deactivated one', async () => {
    const { auth, client } = await start();
    const { user } = await client.register();
    const context = auth.context({ headers: {} });
    await setDeactivated(context, user.id);

    expect(await context.auth.openSession({ userId: user.id })).toBeNull();
    expect(await context.auth.openSession({ userId: 'nobody' })).toBeNull();
  });
});

async function setDeactivated(context: library.AuthContext, userId: string): Promise<void> {
  await deactivateUser(scopeOf(context).services, OPERATOR, userId, NO_DEVICE);
}
