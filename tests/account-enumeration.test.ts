import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import type { TestAuth, TestAuthOptions } from './support/start-test-auth.ts';
import { User } from '../src/users/user.entity.ts';
import { EMAIL, PASSWORD, type Answer } from './support/graphql-client.ts';

type Bcrypt = Pick<typeof import('bcrypt'), 'hash' | 'compare'>;

const bcrypt = createRequire(import.meta.url)('bcrypt') as Bcrypt;

/** Each piece of work that bcrypt was asked for. Its cost says how long it takes, which a clock would say less surely. */
const work: string[] = [];
jest.unstable_mockModule('bcrypt', () => ({
  default: {
    async hash(password: string, cost: number) {
      work.push(`hash at ${cost}`);
      return bcrypt.hash(password, cost);
    },
    async compare(password: string, hash: string) {
      work.push(`compare at ${workOf(hash)}`);
      return bcrypt.compare(password, hash);
    },
  },
}));

/** What bcrypt does not take for a hash it refuses at once, which would tell that the account is there. */
function workOf(hash: string): string {
  return /^\$2[ab]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/.exec(hash)?.[1] ?? 'no cost at all';
}

const { useServers } = await import('./support/use-servers.ts');

const startServer = useServers();
async function start(options: TestAuthOptions = {}): Promise<TestAuth> {
  const server = await startServer(options);
  await server.client.register();
  work.length = 0;
  return server;
}

/** All that a client can compare. */
function look({ status, headers, text }: Answer): unknown {
  return { status, text, headers: [...headers].filter(([name]) => name !== 'date') };
}

/** The answer to a login that failed, and the work it took. */
async function failedLogin(
  server: TestAuth,
  email: string,
  password: string,
): Promise<{ answer: unknown; work: string[] }> {
  const answer = await server.client.tryLogin(email, password);
  return { answer: look(answer), work: work.splice(0) };
}

describe('who logs in with a wrong password learns nothing', () => {
  test('an unknown e-mail gets the same bytes, status and headers, after the same work', async () => {
    const server = await start({ bcryptCost: 5 });
    const known = await failedLogin(server, EMAIL, 'wrong horse battery');
    expect(known.work).toEqual(['compare at 05']);
    expect(await failedLogin(server, 'nobody@example.com', 'wrong horse battery')).toEqual(known);
    expect(await failedLogin(server, 'nobody@example.com', PASSWORD)).toEqual(known);
  });

  test('an account that is locked out gets the same, even with its right password', async () => {
    const server = await start();
    const unknown = await failedLogin(server, 'nobody@example.com', PASSWORD);
    await server.orm.em.fork().nativeUpdate(User, { email: EMAIL }, { deactivatedAt: new Date(server.clock.now()) });
    expect(await failedLogin(server, EMAIL, PASSWORD)).toEqual(unknown);
    expect(await failedLogin(server, EMAIL, 'wrong horse battery')).toEqual(unknown);
  });

  test('the answer says no more than that the two do not go together', async () => {
    const { client } = await start();
    const { data, errors } = await client.tryLogin(EMAIL, 'wrong horse battery');
    expect(data).toEqual({ login: null });
    expect(errors).toEqual([
      {
        message: 'E-mail or password is wrong.',
        locations: expect.any(Array),
        path: ['login'],
        extensions: { code: 'INVALID_CREDENTIALS' },
      },
    ]);
  });

  test.each([
    ['no hash', 'notahash'],
    ['an empty one', ''],
    ['one that is cut off', '$2b$04$wu3lOBNqkQDu8b1JQYk.Lu'],
    ['one with the cost of a day', '$2b$31$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
    ['one with a cost that there is not', '$2b$03$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
    ['one of another kind', '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub'],
    ['one that PHP wrote', '$2y$04$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
  ])('an account whose stored hash is broken gets the same: %s', async (_title, passwordHash) => {
    const server = await start();
    const unknown = await failedLogin(server, 'nobody@example.com', PASSWORD);
    await server.orm.em.fork().nativeUpdate(User, { email: EMAIL }, { passwordHash });
    expect(await failedLogin(server, EMAIL, PASSWORD)).toEqual(unknown);
    expect(server.log()).toBe('');
  });

  test('what cannot be a password takes no work, whoever it is for', async () => {
    const server = await start();
    for (const password of ['', ' ', 'a\0b', '\ud800', 'x'.repeat(73), 'x'.repeat(90_000)]) {
      const known = await failedLogin(server, EMAIL, password);
      expect(known.work).toEqual([]);
      expect(await failedLogin(server, 'nobody@example.com', password)).toEqual(known);
    }
  });
});

test('hashes that PHP wrote are good for a login', async () => {
  const server = await start();
  const hash = await bcrypt.hash(PASSWORD, 4);
  const passwordHash = hash.replace('$2b$', '$2y$');
  await server.orm.em.fork().nativeUpdate(User, { email: EMAIL }, { passwordHash });
  expect((await server.client.login()).user.email).toBe(EMAIL);
  expect(work).toEqual(['compare at 04']);
});

test('a login with the right password does the work of one with a wrong one', async () => {
  const server = await start();
  await server.client.login();
  expect(work).toEqual(['compare at 04']);
});
