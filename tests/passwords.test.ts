import bcrypt from 'bcrypt';
import type { PrivateJwk } from '../src/index.ts';
import { changePassword, tryChangePassword } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { User } from './support/entities.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { symmetricKey } from './support/key-rings.ts';
import { refusalOf } from './support/outcomes.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

const tokenKeys = [symmetricKey('access'), symmetricKey('refresh')];
const [oldKey, newKey] = [symmetricKey('password', 'old$key%_'), symmetricKey('password', 'new')];
const ringOf = (...keys: PrivateJwk[]) => ({ keys: [...tokenKeys, ...keys] });
const hashOf = async ({ orm }: TestAuth) => (await orm.em.fork().findOneOrFail(User, { email: EMAIL })).passwordHash;

async function storeHash({ orm }: TestAuth, passwordHash: string): Promise<void> {
  await orm.em.fork().nativeUpdate(User, { email: EMAIL }, { passwordHash });
}

onEachDatabase((database) => {
  async function startTwice(before: PrivateJwk[], ...after: PrivateJwk[]) {
    const databaseUrl = await database.fresh();
    const first = await start({ databaseUrl, keys: ringOf(...before) });
    await first.client.register();
    return { first, restart: async () => start({ databaseUrl, clock: first.clock, keys: ringOf(...after) }) };
  }

  describe('the key of passwords', () => {
    test('is named by the hash, which verifies with no other key', async () => {
      const { first } = await startTwice([oldKey]);
      const hash = await hashOf(first);
      expect(hash).toContain(`$hmac-sha384$${oldKey?.kid}$2b$`);
      expect(await bcrypt.compare(PASSWORD, hash.slice(-60))).toBe(false);
    });

    test('can be replaced: the old one verifies, and a login hashes with the new one', async () => {
      const { first, restart } = await startTwice([oldKey], newKey, oldKey);
      const { client, ...rest } = await restart();
      expect(refusalOf(await client.tryLogin(EMAIL, 'wrong horse battery'))).toBe('INVALID_CREDENTIALS');
      expect(await hashOf(first)).toContain(oldKey.kid);
      await client.login();
      expect(await hashOf({ client, ...rest })).toContain('$hmac-sha384$new$2b$');
      await client.login();
    });

    test('cannot be removed while a stored hash names it', async () => {
      const { restart } = await startTwice([oldKey], newKey);
      await expect(restart()).rejects.toThrow('password key "old$key%_" is missing');
    });

    test('can be removed once no stored hash names it', async () => {
      const { first, restart } = await startTwice([newKey, oldKey], newKey);
      expect(await hashOf(first)).toContain('$new$');
      await (await restart()).client.login();
    });
  });

  describe('a hash of plain bcrypt, imported from elsewhere', () => {
    test('verifies, and a login replaces it', async () => {
      const server = await start({ databaseUrl: await database.fresh() });
      await server.client.register();
      const plain = await bcrypt.hash(PASSWORD, 4);
      await storeHash(server, plain);
      await server.client.tryLogin(EMAIL, 'wrong horse battery');
      expect(await hashOf(server)).toBe(plain);
      await server.client.login();
      expect(await hashOf(server)).toMatch(/^\$hmac-sha384\$/);
      await server.client.login();
    });

    test('of a password beyond 72 bytes verifies as it did there, and every character counts from then on', async () => {
      const server = await start({ databaseUrl: await database.fresh() });
      await server.client.register();
      const long = 'a long horse battery '.repeat(5);
      await storeHash(server, await bcrypt.hash(long, 4));
      await server.client.login(EMAIL, long);
      expect(refusalOf(await server.client.tryLogin(EMAIL, `${long.slice(0, -1)}x`))).toBe('INVALID_CREDENTIALS');
      await server.client.login(EMAIL, long);
    });
  });
});

describe('a hash that another program made', () => {
  const DJANGO = 'lètmein now please';
  const sha256 = 'aab2bee6e3a9dc492b5e601b035ad5e7a860d89f41aa06b65b251f80849c3c1d';
  // Made by Python's hashlib; the argon2 ones are of the reference implementation.
  const HASHES = [
    ['pbkdf2_sha256 of Django', DJANGO, 'pbkdf2_sha256$600$seasalt2$GlOTibvBJiBUYxRMhcAsGNmT5PxvoO7DKpKdeCx8UMI='],
    ['pbkdf2_sha1 of Django', DJANGO, 'pbkdf2_sha1$600$seasalt2$a52yVQV5YQsNkZIAWWwreA6ENhc='],
    ['bcrypt of Django', DJANGO, `bcrypt$${bcrypt.hashSync(DJANGO, 4)}`],
    ['bcrypt_sha256 of Django', DJANGO, `bcrypt_sha256$${bcrypt.hashSync(sha256, 4)}`],
    ['argon2id', 'password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
    [
      'argon2 of Django',
      'password',
      'argon2$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    ],
  ] as const;

  test.each(HASHES)('verifies, and a login replaces it: %s', async (_name, password, hash) => {
    const server = await start();
    await server.client.register();
    await storeHash(server, hash);
    expect(refusalOf(await server.client.tryLogin(EMAIL, `${password}!`))).toBe('INVALID_CREDENTIALS');
    expect(await hashOf(server)).toBe(hash);
    await server.client.login(EMAIL, password);
    expect(await hashOf(server)).toMatch(/^\$hmac-sha384\$/);
    await server.client.login(EMAIL, password);
  });

  test.each([
    'pbkdf2_sha256$0$salt$AAAA',
    'pbkdf2_sha256$99999999$salt$AAAA',
    'pbkdf2_md5$600$salt$AAAA',
    'pbkdf2_sha256$600$salt$',
    '$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFh',
    '$argon2id$v=19$m=8,t=1,p=1$x$y',
    'bcrypt_sha512$$2b$04$xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    '!unusable',
  ])('that is malformed or out of bounds matches nothing, and fails no request: %s', async (hash) => {
    const server = await start();
    await server.client.register();
    await storeHash(server, hash);
    expect(refusalOf(await server.client.tryLogin(EMAIL, PASSWORD))).toBe('INVALID_CREDENTIALS');
  });
});

const reasonsOf = ({ errors }: Answer) =>
  errors.flatMap(({ extensions }) => (extensions.fields ?? []).map(({ reason }) => reason));

describe('a new password', () => {
  test.each([
    ['a common one', 'iloveyou1', 'PASSWORD_COMMON'],
    ['a common one in upper case', 'PASSWORD1', 'PASSWORD_COMMON'],
    ['a common one in full-width letters', 'ｐａｓｓｗｏｒｄ１', 'PASSWORD_COMMON'],
    ['the e-mail', EMAIL, 'PASSWORD_IS_EMAIL'],
    ['the e-mail in upper case', ` ${EMAIL.toUpperCase()}`, 'PASSWORD_IS_EMAIL'],
  ])('is refused if it is %s', async (_title, password, reason) => {
    const { client } = await start();
    expect(reasonsOf(await client.tryRegister(EMAIL, password))).toEqual([reason]);
    const { accessToken } = await client.register();
    expect(reasonsOf(await tryChangePassword(client, accessToken, PASSWORD, password))).toEqual([reason]);
    await client.login();
  });

  test.each([8, 15, 64])('has at least the %i characters of the setting', async (passwordMinLength) => {
    const { client } = await start({ passwordMinLength });
    const shortest = 'žluťoučký kůň úpěl ďábelské ódy; '.repeat(2).slice(0, passwordMinLength);
    const short = shortest.slice(1);
    expect(reasonsOf(await client.tryRegister(EMAIL, short))).toEqual(['PASSWORD_TOO_SHORT']);
    const { accessToken } = await client.register(EMAIL, shortest);
    expect(reasonsOf(await tryChangePassword(client, accessToken, shortest, short))).toEqual(['PASSWORD_TOO_SHORT']);
    await changePassword(client, accessToken, shortest, `${shortest}!`);
  });

  test('that was chosen under a shorter minimum still logs in', async () => {
    const first = await start();
    await first.client.register(EMAIL, 'ekwhorse');
    const { databaseUrl, clock, keys } = first;
    const { client } = await start({ databaseUrl, clock, keys, passwordMinLength: 15 });
    expect((await client.login(EMAIL, 'ekwhorse')).user.email).toBe(EMAIL);
  });
});
