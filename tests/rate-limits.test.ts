import { GraphQLError } from 'graphql';
import { networkOf } from '../src/limits/client-network.ts';
import { changePassword, countRows, securityEvents, tryChangePassword } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { DAY, HOUR, ManualClock, MINUTE, SECOND } from './support/manual-clock.ts';
import { countBy, errorOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuth, TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const BEHIND_A_PROXY = { trustedProxies: ['127.0.0.1'] };
const WRONG = 'wrong horse battery';

/** A client of an address, as the proxy of the deployment reports it. */
function from(ipAddress: string): Record<string, string> {
  return { 'x-forwarded-for': ipAddress };
}

/** An address that nobody has used before. */
function* addresses(): Generator<Record<string, string>, never> {
  for (let count = 0; ; count += 1) yield from(`198.51.${Math.floor(count / 250)}.${(count % 250) + 1}`);
}

function waitOf(answer: Answer): unknown {
  const { code, ...details } = errorOf(answer).extensions;
  expect(code).toBe('RATE_LIMITED');
  return (details as { retryAfterSeconds?: number }).retryAfterSeconds;
}

async function tryRegister({ client }: TestAuth, email: string, headers: Record<string, string>): Promise<Answer> {
  const document = `mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }`;
  return client.run(document, { input: { email, password: PASSWORD } }, undefined, headers);
}

onEachDatabase((database) => {
  const startOne = async (options: TestAuthOptions = {}): Promise<TestAuth> =>
    start({ databaseUrl: await database.fresh(), ...BEHIND_A_PROXY, ...options });

  describe('a client address', () => {
    test('has its budget of logins, and gets a part of it back with a part of the time', async () => {
      const { client, clock } = await startOne({ loginBudget: '3/15m' });
      const here = from('203.0.113.7');
      await client.register();
      for (const password of [WRONG, PASSWORD, WRONG]) await client.tryLogin(EMAIL, password, here);

      const refused = await client.tryLogin(EMAIL, PASSWORD, here);
      expect(waitOf(refused)).toBe(300);
      expect(refused.headers.get('retry-after')).toBe('300');
      expect((await client.tryLogin(EMAIL, PASSWORD, from('203.0.113.8'))).errors).toEqual([]);

      clock.advance(5 * MINUTE - 1);
      expect(waitOf(await client.tryLogin(EMAIL, PASSWORD, here))).toBe(1);
      clock.advance(1);
      expect((await client.tryLogin(EMAIL, PASSWORD, here)).errors).toEqual([]);
      expect(waitOf(await client.tryLogin(EMAIL, PASSWORD, here))).toBe(300);
      clock.advance(DAY);
      for (let count = 0; count < 3; count += 1)
        expect((await client.tryLogin(EMAIL, PASSWORD, here)).errors).toEqual([]);
      expect(waitOf(await client.tryLogin(EMAIL, PASSWORD, here))).toBe(300);
    });

    test('has one budget at all processes, and keeps it across a restart', async () => {
      const databaseUrl = await database.fresh();
      const options = { databaseUrl, loginBudget: '4/15m', ...BEHIND_A_PROXY } as const;
      const first = await start(options);
      const shared = { ...options, keys: first.keys, clock: first.clock };
      const second = await start(shared);
      const here = from('203.0.113.7');
      for (const { client } of [first, second, first]) await client.tryLogin(EMAIL, WRONG, here);
      await first.stop();
      await second.stop();
      const third = await start(shared);
      expect(refusalOf(await third.client.tryLogin(EMAIL, WRONG, here))).toBe('INVALID_CREDENTIALS');
      expect(waitOf(await third.client.tryLogin(EMAIL, WRONG, here))).toBe(225);
    });

    test('has one budget at processes whose clocks differ by the leeway', async () => {
      const databaseUrl = await database.fresh();
      const options = { databaseUrl, loginBudget: '3/1m', ...BEHIND_A_PROXY } as const;
      const late = await start(options);
      const early = await start({ ...options, keys: late.keys, clock: new ManualClock(late.clock.now() + 5 * SECOND) });
      const here = from('203.0.113.7');
      for (let count = 0; count < 3; count += 1) await early.client.tryLogin(EMAIL, WRONG, here);
      expect(waitOf(await late.client.tryLogin(EMAIL, WRONG, here))).toBe(25);
      expect(waitOf(await early.client.tryLogin(EMAIL, WRONG, here))).toBe(20);
    });

    test('cannot exceed its budget with 200 guesses at once, at two processes', async () => {
      const databaseUrl = await database.fresh();
      const options = { databaseUrl, loginBudget: '20/15m', ...BEHIND_A_PROXY } as const;
      const first = await start(options);
      const second = await start({ ...options, keys: first.keys, clock: first.clock });
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, index) =>
          [first, second][index % 2]!.client.tryLogin(`user${index}@example.com`, WRONG, from('203.0.113.7')),
        ),
      );
      expect(countBy(answers, refusalOf)).toEqual({ INVALID_CREDENTIALS: 20, RATE_LIMITED: 180 });
    });

    test('has a budget of registrations, which a taken e-mail uses up and invalid input does not', async () => {
      const server = await startOne({ registerBudget: '3/1h' });
      const here = from('203.0.113.7');
      await tryRegister(server, 'one@example.com', here);
      await tryRegister(server, 'no address', here);
      expect(refusalOf(await tryRegister(server, 'one@example.com', here))).toBe('BAD_USER_INPUT');
      await tryRegister(server, 'two@example.com', here);
      expect(waitOf(await tryRegister(server, 'three@example.com', here))).toBe(1200);
      expect(await countRows(server, 'simplejwt_user')).toBe(2);
      expect((await tryRegister(server, 'three@example.com', from('203.0.113.8'))).errors).toEqual([]);
    });

    test('does not wait for the time that the clock was stepped back by', async () => {
      const { client, clock } = await startOne({ loginBudget: '3/15m' });
      const here = from('203.0.113.7');
      clock.step(DAY);
      for (let count = 0; count < 3; count += 1) await client.tryLogin(EMAIL, WRONG, here);
      clock.step(-DAY);
      expect(refusalOf(await client.tryLogin(EMAIL, WRONG, here))).toBe('INVALID_CREDENTIALS');
      for (let count = 0; count < 2; count += 1) await client.tryLogin(EMAIL, WRONG, here);
      expect(waitOf(await client.tryLogin(EMAIL, WRONG, here))).toBe(300);
    });
  });

  describe('an account', () => {
    /** Fails so often, each time from another address and as soon as it is allowed. Returns the waits in between. */
    async function fail({ client, clock }: TestAuth, email: string, times: number, strangers = addresses()) {
      const waits: number[] = [];
      for (let failures = 0; failures < times;) {
        const answer = await client.tryLogin(email, WRONG, strangers.next().value);
        if (refusalOf(answer) === 'INVALID_CREDENTIALS') {
          failures += 1;
        } else {
          const wait = waitOf(answer) as number;
          waits.push(wait);
          clock.advance(wait * SECOND);
        }
      }
      return waits;
    }

    test('has growing delays from the tenth failure in a row on, and one try an hour after a hundred', async () => {
      const server = await startOne();
      await server.client.register();
      const waits = await fail(server, EMAIL, 101);
      const expected = [
        [1, 10],
        [5, 20],
        [30, 30],
        [120, 30],
        [3600, 1],
      ] as const;
      expect(waits).toEqual(expected.flatMap(([wait, times]) => Array.from({ length: times }, () => wait)));
      const stranger = from('192.0.2.1');
      expect(waitOf(await server.client.tryLogin(EMAIL, PASSWORD, stranger))).toBe(3600);
      server.clock.advance(HOUR);
      expect((await server.client.tryLogin(EMAIL, PASSWORD, stranger)).errors).toEqual([]);
      expect(refusalOf(await server.client.tryLogin(EMAIL, WRONG, stranger))).toBe('INVALID_CREDENTIALS');
    });

    test('that does not exist gets the same answers', async () => {
      const server = await startOne();
      await server.client.register();
      const answersFor = async (email: string) => {
        const strangers = addresses();
        const texts: unknown[] = [];
        for (let count = 0; count < 14; count += 1) {
          const { status, text, headers } = await server.client.tryLogin(email, WRONG, strangers.next().value);
          texts.push({ status, text, headers: [...headers].filter(([name]) => name !== 'date') });
          if (count === 11) server.clock.advance(SECOND);
        }
        return texts;
      };
      expect(await answersFor('nobody@example.com')).toEqual(await answersFor(EMAIL));
    });

    test('counts by the address of its e-mail, however it is written', async () => {
      const { client } = await startOne();
      const strangers = addresses();
      const forms = [EMAIL, EMAIL.toUpperCase(), ` ${EMAIL} `];
      for (let count = 0; count < 10; count += 1)
        await client.tryLogin(forms[count % forms.length], WRONG, strangers.next().value);
      expect(waitOf(await client.tryLogin(EMAIL, WRONG, strangers.next().value))).toBe(1);
    });

    test('is tried ten times and no more by guesses that come at once from many addresses', async () => {
      const { client } = await startOne();
      await client.register();
      const strangers = addresses();
      const answers = await Promise.all(
        Array.from({ length: 60 }, () => client.tryLogin(EMAIL, WRONG, strangers.next().value)),
      );
      expect(countBy(answers, refusalOf)).toEqual({ INVALID_CREDENTIALS: 10, RATE_LIMITED: 50 });
    });

    test('lets its owner in from an address that it was logged in from, while strangers wait', async () => {
      const server = await startOne();
      const { client } = server;
      await tryRegister(server, EMAIL, from('2001:db8:1:2::1'));
      await client.tryLogin(EMAIL, PASSWORD, from('203.0.113.9'));
      const strangers = addresses();
      await fail(server, EMAIL, 100, strangers);

      for (const home of ['2001:db8:1:2:ffff::9', '203.0.113.9', '::ffff:203.0.113.9'])
        expect((await client.tryLogin(EMAIL, PASSWORD, from(home))).errors).toEqual([]);
      expect(waitOf(await client.tryLogin(EMAIL, WRONG, strangers.next().value))).toBe(3600);
      expect(waitOf(await client.tryLogin(EMAIL, PASSWORD, from('2001:db8:1:3::1')))).toBe(3600);
    });

    test('remembers the addresses of sessions that were purged', async () => {
      const server = await startOne();
      const { client, auth } = server;
      const home = from('203.0.113.9');
      await tryRegister(server, EMAIL, home);
      await passTime(server, 10 * DAY);
      expect((await auth.purge()).sessions).toBe(1);
      await fail(server, EMAIL, 100);
      expect((await client.tryLogin(EMAIL, PASSWORD, home)).errors).toEqual([]);
    });

    test('is not guessed from an address that it was logged in from: ten tries, and then one in 90 seconds', async () => {
      const server = await startOne();
      const { client, clock } = server;
      const home = from('203.0.113.9');
      await tryRegister(server, EMAIL, home);
      await fail(server, EMAIL, 100);
      for (let count = 0; count < 10; count += 1)
        expect(refusalOf(await client.tryLogin(EMAIL, WRONG, home))).toBe('INVALID_CREDENTIALS');
      expect(waitOf(await client.tryLogin(EMAIL, PASSWORD, home))).toBe(90);
      clock.advance(90 * SECOND);
      expect((await client.tryLogin(EMAIL, PASSWORD, home)).errors).toEqual([]);
    });

    test('forgets its failures when its password was right', async () => {
      const server = await startOne();
      const { client } = server;
      await client.register();
      const strangers = addresses();
      for (let round = 0; round < 3; round += 1) {
        await fail(server, EMAIL, 9, strangers);
        expect((await client.tryLogin(EMAIL, PASSWORD, strangers.next().value)).errors).toEqual([]);
      }
    });

    test('does not wait after the clock was stepped back', async () => {
      const server = await startOne();
      await server.client.register();
      server.clock.step(DAY);
      const strangers = addresses();
      await fail(server, EMAIL, 100, strangers);
      server.clock.step(-DAY);
      expect((await server.client.tryLogin(EMAIL, PASSWORD, strangers.next().value)).errors).toEqual([]);
    });

    test('whose password is changed has the same delays, for each user', async () => {
      const server = await startOne();
      const { client, clock } = server;
      const [ada, eve] = [await client.register(), await client.register('eve@example.com')];
      for (let count = 0; count < 10; count += 1)
        expect(refusalOf(await tryChangePassword(client, ada.accessToken, WRONG))).toBe('INVALID_CREDENTIALS');
      expect(waitOf(await tryChangePassword(client, ada.accessToken))).toBe(1);
      await changePassword(client, eve.accessToken);
      expect((await client.tryLogin()).errors).toEqual([]);
      clock.advance(SECOND);
      await changePassword(client, ada.accessToken);
    });
  });

  describe('refused refresh tokens', () => {
    const LIMITED = { refreshBudget: '3/15m' } as const;

    test('use up the budget of an address, and good ones do not', async () => {
      const { client, clock } = await startOne(LIMITED);
      let pair = await client.register();
      const bad = [() => client.tryRefresh('x.y.z'), () => client.tryRefresh(pair.accessToken)];
      for (const attempt of bad) expect(refusalOf(await attempt())).toMatch('INVALID_REFRESH_TOKEN');
      expect(await client.verify('x.y.z')).toMatchObject({ isValid: false, reason: 'TOKEN_INVALID' });
      for (const attempt of bad) expect(waitOf(await attempt())).toBe(300);
      const verification = `mutation { verifyToken(input: { token: "x.y.z" }) { isValid } }`;
      expect(waitOf(await client.run(verification))).toBe(300);

      for (let count = 0; count < 5; count += 1) pair = await client.refresh(pair.refreshToken);
      for (const token of [pair.accessToken, pair.refreshToken])
        expect(await client.verify(token)).toMatchObject({ isValid: true });
      clock.advance(5 * MINUTE);
      expect(refusalOf(await client.tryRefresh('x.y.z'))).toBe('INVALID_REFRESH_TOKEN TOKEN_INVALID');
    });

    test('are not counted where there is none, as in a page that nobody has logged in to', async () => {
      const { client } = await startOne(LIMITED);
      for (let count = 0; count < 5; count += 1) {
        expect(refusalOf(await client.run('mutation { refreshToken { accessToken } }'))).toBe(
          'INVALID_REFRESH_TOKEN TOKEN_MISSING',
        );
      }
    });

    test('write a bounded number of events, however many there are', async () => {
      const server = await startOne({ refreshBudget: '5/15m' });
      const { client } = server;
      const first = await client.register();
      const { accessToken } = await client.refresh(first.refreshToken);
      const answers = [];
      for (let count = 0; count < 30; count += 1) answers.push(await client.tryRefresh(first.refreshToken));
      expect(countBy(answers, refusalOf)).toEqual({ 'INVALID_REFRESH_TOKEN TOKEN_ROTATED': 5, RATE_LIMITED: 25 });
      expect(await securityEvents(client, accessToken)).toHaveLength(1 + 5);
    });

    test('end a session that was stolen, even from an address that gets no more answers', async () => {
      const server = await startOne(LIMITED);
      const { client, clock } = server;
      const first = await client.register();
      const second = await client.refresh(first.refreshToken);
      for (let count = 0; count < 3; count += 1) await client.tryRefresh('x.y.z');
      clock.advance(11 * SECOND);
      expect(refusalOf(await client.tryRefresh(first.refreshToken))).toBe('RATE_LIMITED');
      expect(refusalOf(await client.me(second.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('are not counted if the host asks in its own code', async () => {
      const { auth } = await startOne(LIMITED);
      for (let count = 0; count < 5; count += 1)
        expect(await auth.verifyToken('x.y.z')).toMatchObject({ isValid: false });
    });

    test('retries with the idempotency key get their answers, and write a bounded number of events', async () => {
      const server = await startOne(LIMITED);
      const { client } = server;
      const key = 'k'.repeat(22);
      const { refreshToken } = await client.register();
      const { accessToken, refreshToken: next } = await client.refresh(refreshToken, key);
      for (let count = 0; count < 15; count += 1)
        expect((await client.refresh(refreshToken, key)).refreshToken).toBe(next);
      const retries = (await securityEvents(client, accessToken)).filter(({ type }) => type === 'REFRESH_RETRIED');
      expect(retries).toHaveLength(10);
    });
  });

  describe('the rows of the limits', () => {
    test('name no account and no address, and are purged once they limit nothing', async () => {
      const server = await startOne({ loginBudget: '100/15m', registerBudget: '100/15m' });
      const { client, auth, orm, clock } = server;
      await tryRegister(server, EMAIL, from('203.0.113.7'));
      for (let count = 0; count < 2; count += 1) await client.tryLogin(EMAIL, WRONG, from('203.0.113.7'));
      await client.tryLogin('nobody@example.com', WRONG, from('203.0.113.7'));
      const rows = await orm.em.getConnection().execute('select * from simplejwt_rate_limit');
      expect(rows).toHaveLength(4);
      // Three letters of a name may be in a digest by chance.
      expect(rows).toEqual(
        rows.map(() => ({
          id: expect.stringMatching(/^(account|login|register):[\w-]{43}$/),
          tries: expect.any(Number),
          until: expect.any(Number),
          expires_at: expect.anything(),
        })),
      );

      clock.advance(HOUR + 15 * MINUTE);
      expect((await auth.purge()).rateLimits).toBe(0);
      clock.advance(1);
      expect((await auth.purge()).rateLimits).toBe(2);
      clock.advance(DAY);
      expect((await auth.purge()).rateLimits).toBe(1);
      clock.advance(30 * DAY);
      expect((await auth.purge()).rateLimits).toBe(1);
    });
  });
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['x', 'unknown'],
  [null, 'unknown'],
])('%s counts as %s', (ipAddress, network) => {
  expect(networkOf(ipAddress)).toBe(network);
});

test('another X-Forwarded-For for each try changes nothing where no proxy is trusted', async () => {
  const { client } = await start({ loginBudget: '5/15m' });
  const answers = [];
  const headers = ['198.51.100.1', '', '::ffff:1.2.3.4', 'a'.repeat(8_000), '1.2.3.4:99', '198.51.100.2, 198.51.100.3'];
  for (const header of headers) answers.push(await client.tryLogin(EMAIL, WRONG, from(header)));
  expect(countBy(answers, refusalOf)).toEqual({ INVALID_CREDENTIALS: 5, RATE_LIMITED: 1 });
});

describe('a host that screens credentials', () => {
  test('sees them with the request, in their one form, before they are checked', async () => {
    const seen: unknown[] = [];
    const { client } = await start({
      screenCredentials: ({ operation, email, password, request }) => {
        seen.push([operation, email, password, request.headers['user-agent']]);
      },
    });
    const { accessToken } = await client.register(' Ada@Example.com', PASSWORD);
    await client.tryLogin('nobody@example.com', WRONG, { 'user-agent': 'a browser' });
    await changePassword(client, accessToken);
    expect(seen).toEqual([
      ['register', EMAIL, PASSWORD, [expect.any(String)]],
      ['login', 'nobody@example.com', WRONG, ['a browser']],
      ['changePassword', EMAIL, 'a newer horse battery', [expect.any(String)]],
    ]);
  });

  test('refuses with an error of its own, within the budget of the address and without a failure of the account', async () => {
    const { client, auth, orm } = await start({
      loginBudget: '30/15m',
      screenCredentials: async ({ request }) => {
        if (request.headers['x-captcha'] === undefined)
          throw new GraphQLError('Solve the captcha.', { extensions: { code: 'CAPTCHA_REQUIRED' } });
      },
    });
    await auth.createUser({ email: EMAIL, password: PASSWORD });
    for (let count = 0; count < 29; count += 1) expect(refusalOf(await client.tryLogin())).toBe('CAPTCHA_REQUIRED');
    expect((await client.tryLogin(EMAIL, PASSWORD, { 'x-captcha': '42' })).errors).toEqual([]);
    expect(refusalOf(await client.tryLogin())).toBe('RATE_LIMITED');
    expect(await orm.em.getConnection().execute('select * from simplejwt_rate_limit')).toHaveLength(1);
  });
});
