import { createRequire } from 'node:module';
import { jest } from '@jest/globals';
import type { TestAuth, TestAuthOptions } from './support/start-test-auth.ts';
import { User } from './support/entities.ts';
import { EMAIL, PASSWORD, type Answer } from './support/graphql-client.ts';

type Bcrypt = Pick<typeof import('bcrypt'), 'hash' | 'compare'>;

const bcrypt = createRequire(import.meta.url)('bcrypt') as Bcrypt;

/** Each call of bcrypt. Its cost tells how long it takes, more reliably than a clock would. */
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

/** The cost of a hash. bcrypt refuses at once what is not a hash, and that would reveal that the account exists. */
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

/** Everything that a client can compare. */
function look({ status, headers, text }: Answer): unknown {
  return { status, text, headers: [...headers].filter(([name]) => name !== 'date') };
}

/** The answer to a failed login, and the work it took. */
async function failedLogin(
  server: TestAuth,
  email: string,
  password: string,
): Promise<{ answer: unknown; work: string[] }> {
  const answer = await server.client.tryLogin(email, password);
  return { answer: look(answer), work: work.splice(0) };
}

describe('a failed login does not reveal whether the account exists', () => {
  test('an unknown e-mail gets the same bytes, status and headers as a wrong password, after the same work', async () => {
    const server = await start({ bcryptCost: 5 });
    const known = await failedLogin(server, EMAIL, 'wrong horse battery');
    expect(known.work).toEqual(['compare at 05']);
    expect(await failedLogin(server, 'nobody@example.com', 'wrong horse battery')).toEqual(known);
    expect(await failedLogin(server, 'nobody@example.com', PASSWORD)).toEqual(known);
  });

  test('a deactivated account gets the same answer, even with its right password', async () => {
    const server = await start();
    const unknown = await failedLogin(server, 'nobody@example.com', PASSWORD);
    await server.orm.em.fork().nativeUpdate(User, { email: EMAIL }, { deactivatedAt: new Date(server.clock.now()) });
    expect(await failedLogin(server, EMAIL, PASSWORD)).toEqual(unknown);
    expect(await failedLogin(server, EMAIL, 'wrong horse battery')).toEqual(unknown);
  });

  test('the answer says only that the credentials are wrong', async () => {
    const { client } = await start();
    const { data, errors } = await client.tryLogin(EMAIL, 'wrong horse battery');
    expect(data).toEqual({ login: null });
    expect(errors).toEqual([
      {
        message: 'The credentials are wrong.',
        locations: expect.any(Array),
        path: ['login'],
        extensions: { code: 'INVALID_CREDENTIALS' },
      },
    ]);
  });

  test.each([
    ['not a hash', 'notahash'],
    ['an empty hash', ''],
    ['a truncated hash', '$2b$04$wu3lOBNqkQDu8b1JQYk.Lu'],
    ['a hash whose cost takes a day', '$2b$31$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
    ['a hash whose cost does not exist', '$2b$03$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
    ['a hash of another kind', '{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr'],
    [
      'a hash with a key that is not in the ring',
      '$hmac-sha384$gone$2b$04$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC',
    ],
    ['a hash without the name of its key', '$hmac-sha384$$2b$04$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
    ['a hash written by PHP', '$2y$04$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC'],
  ])('an account gets the same answer when its stored hash is %s', async (_title, passwordHash) => {
    const server = await start();
    const unknown = await failedLogin(server, 'nobody@example.com', PASSWORD);
    await server.orm.em.fork().nativeUpdate(User, { email: EMAIL }, { passwordHash });
    expect(await failedLogin(server, EMAIL, PASSWORD)).toEqual(unknown);
    expect(server.log()).toBe('');
  });

  test('input that cannot be a password takes no work, whether or not the account exists', async () => {
    const server = await start();
    for (const password of ['', ' ', 'a\0b', '\ud800', 'x'.repeat(257), 'x'.repeat(90_000)]) {
      const known = await failedLogin(server, EMAIL, password);
      expect(known.work).toEqual([]);
      expect(await failedLogin(server, 'nobody@example.com', password)).toEqual(known);
    }
  });
});

test('a login accepts a hash written by PHP', async () => {
  const server = await start();
  const hash = await bcrypt.hash(PASSWORD, 4);
  const passwordHash = hash.replace('$2b$', '$2y$');
  await server.orm.em.fork().nativeUpdate(User, { email: EMAIL }, { passwordHash });
  expect((await server.client.login()).user.email).toBe(EMAIL);
  expect(work).toEqual(['compare at 04', 'hash at 4']);
});

test('a login with the right password does the same work as one with a wrong password', async () => {
  const server = await start();
  await server.client.login();
  expect(work).toEqual(['compare at 04']);
});
