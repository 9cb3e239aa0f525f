import { authEntities, generateKeys } from '../src/index.ts';
import { openDatabase } from '../server/src/database/open-database.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import type { Pair } from './support/graphql-client.ts';
import { ManualClock, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, countBy, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { startTestAuth, type TestAuth, type TestAuthOptions } from './support/start-test-auth.ts';
import { waitUntil } from './support/wait-until.ts';

const KEY = 'a-key-of-one-refresh-0123456789';

onEachDatabase((database) => {
  const running: TestAuth[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });

  /** Starts servers like processes that share one database, with the same keys and the same time. */
  async function startSome(count: number, options: TestAuthOptions = {}): Promise<TestAuth[]> {
    const common = { keys: generateKeys(), clock: new ManualClock(), databaseUrl: await database.fresh(), ...options };
    const servers: TestAuth[] = [];
    for (let left = count; left > 0; left -= 1) servers.push(await startAnother(common));
    return servers;
  }

  async function startAnother(options: TestAuthOptions): Promise<TestAuth> {
    const server = await startTestAuth(options);
    running.push(server);
    return server;
  }

  describe('the end of a session is honoured', () => {
    test('at once on the process that did it', async () => {
      const [here] = await startSome(2, { blacklistPoll: '30s' });
      const { accessToken } = await here!.client.register();
      await here!.client.logout(accessToken);
      expect(accessOf(await here!.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test.each([-(2 ** 31), 0, 2 ** 31, 2 ** 32])(
      'for as long as its tokens live, with a monotonic clock of %d seconds',
      async (seconds) => {
        const clock = new ManualClock(undefined, seconds * SECOND);
        const [here] = await startSome(1, { clock, blacklistStaleness: '60s' });
        const { accessToken } = await here!.client.register();
        await here!.client.logout(accessToken);
        await passTime(here!, 2 * MINUTE);
        expect(accessOf(await here!.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
        await passTime(here!, 2 * MINUTE);
        expect(accessOf(await here!.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      },
    );

    test('on the others by the first poll that begins after it', async () => {
      const [here, there] = await startSome(2);
      const polls = await countPolls(there!);
      const { accessToken } = await here!.client.register();
      expect(accessOf(await there!.client.me(accessToken))).toBe('good');
      await here!.client.logout(accessToken);
      await polls.completeOne();
      expect(accessOf(await there!.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('even if it is committed forty seconds after its row was made', async () => {
      const [here, there] = await startSome(2, { blacklistStaleness: '10m' });
      const { clock } = here!;
      const { accessToken } = await here!.client.register();
      const polls = await Promise.all([countPolls(here!), countPolls(there!)]);
      await changeSlowly(here!, endSessions, async () => {
        for (let left = 4; left > 0; left -= 1) {
          clock.advance(10 * SECOND);
          await Promise.all(polls.map((count) => count.completeOne()));
        }
        expect(accessOf(await there!.client.me(accessToken))).toBe('good');
      });
      await Promise.all(polls.map((count) => count.completeOne()));
      for (const { client } of [here!, there!]) {
        expect(accessOf(await client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      }
    });

    test('like the removal of a role, however late it is committed', async () => {
      const [here, there] = await startSome(2, { blacklistStaleness: '10m' });
      const { clock } = here!;
      const { accessToken } = await here!.client.register();
      const polls = await countPolls(there!);
      await changeSlowly(here!, raiseVersions, async () => {
        for (let left = 4; left > 0; left -= 1) {
          clock.advance(10 * SECOND);
          await polls.completeOne();
        }
        expect(accessOf(await there!.client.me(accessToken))).toBe('good');
      });
      await polls.completeOne();
      expect(accessOf(await there!.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('even if the clocks of the processes disagree by as much as they may', async () => {
      const options: TestAuthOptions = { leeway: '60s', blacklistStaleness: '10m' };
      const [here] = await startSome(1, options);
      const { clock, databaseUrl, keys } = here!;
      const { accessToken } = await here!.client.register();
      const fast = await startAnother({ ...options, databaseUrl, keys, clock: new ManualClock(clock.now() + MINUTE) });
      const polls = await countPolls(fast);
      await changeSlowly(here!, endSessions, async () => {
        fast.clock.advance(9 * SECOND);
        await polls.completeOne();
      });
      await polls.completeOne();
      expect(accessOf(await fast.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('at the staleness limit by a process that cannot read the database, and with its reason once it can', async () => {
      const [here, there] = await startSome(2, { blacklistStaleness: '60s' });
      const { clock } = here!;
      const ended = await here!.client.register('ended@example.com');
      const alive = await here!.client.register('alive@example.com');
      const cut = await cutOff(there!);
      await here!.client.logout(ended.accessToken);

      clock.advance(MINUTE - 1);
      await cut.failOnce();
      expect(accessOf(await there!.client.me(alive.accessToken))).toBe('SERVICE_UNAVAILABLE');
      expect((await there!.client.currentToken(ended.accessToken)).errors).toEqual([]);
      clock.advance(1);
      expect(refusalOf(await there!.client.currentToken(ended.accessToken))).toBe('SERVICE_UNAVAILABLE');
      expect(refusalOf(await there!.client.currentToken(alive.accessToken))).toBe('SERVICE_UNAVAILABLE');

      cut.mend();
      await waitUntil(async () => accessOf(await there!.client.me(alive.accessToken)) === 'good');
      expect(accessOf(await there!.client.me(ended.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('by a process that could not read for five minutes, which is less than its staleness limit', async () => {
      const [here, there] = await startSome(2, { blacklistStaleness: '10m' });
      const { accessToken } = await here!.client.register();
      const polls = await countPolls(there!);
      const cut = await cutOff(there!);
      await here!.client.logout(accessToken);
      here!.clock.advance(5 * MINUTE);
      await cut.failOnce();
      cut.mend();
      await polls.completeOne();
      expect(accessOf(await there!.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('by a new process before it serves, since it reads the whole live set', async () => {
      const [here] = await startSome(1);
      const { clock, databaseUrl, keys } = here!;
      const pairs: Pair[] = [];
      for (let index = 0; index < 5; index += 1) pairs.push(await here!.client.register(`user-${index}@example.com`));
      for (const { accessToken } of pairs) {
        await here!.client.logout(accessToken);
        await passTime(here!, 2 * MINUTE);
      }
      const restarted = await startAnother({ databaseUrl, keys, clock, blacklistPoll: '30s' });
      for (const { accessToken } of pairs) {
        expect(accessOf(await restarted.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      }
    });

    test('by a process that starts while its clock is ahead, as soon as the clock is set right', async () => {
      const [here] = await startSome(1);
      const { clock, databaseUrl, keys } = here!;
      const { accessToken } = await here!.client.register();
      await here!.client.logout(accessToken);
      const ahead = new ManualClock(clock.now() + 50 * MINUTE);
      const restarted = await startAnother({ databaseUrl, keys, clock: ahead, blacklistPoll: '30s' });
      expect(accessOf(await restarted.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
      ahead.step(-50 * MINUTE);
      expect(accessOf(await restarted.client.me(accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });
  });

  describe('twenty parallel refreshes of one token, ten at each of two processes', () => {
    test('have one winner, nineteen are refused as rotated, and the session lives on', async () => {
      const servers = await startSome(2);
      const { refreshToken } = await servers[0]!.client.register();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => servers[index % 2]!.client.tryRefresh(refreshToken)),
      );
      const outcomes = countBy(answers, (answer) => (answer.data?.refreshToken ? 'good' : refusalOf(answer)));
      expect(outcomes).toEqual({ good: 1, 'INVALID_REFRESH_TOKEN TOKEN_ROTATED': 19 });
      const winner = answers.find((answer) => answer.data?.refreshToken);
      await servers[1]!.client.refresh(winner?.data.refreshToken.refreshToken);
    });

    test('all get the same refresh token if they have the same key', async () => {
      const servers = await startSome(2);
      const { refreshToken } = await servers[0]!.client.register();
      const pairs = await Promise.all(
        Array.from({ length: 20 }, (_, index) => servers[index % 2]!.client.refresh(refreshToken, KEY)),
      );
      expect(new Set(pairs.map((pair) => pair.refreshToken)).size).toBe(1);
    });
  });

  test('two hundred parallel refreshes of ten tokens give one successor each, and no session is lost', async () => {
    const servers = await startSome(2);
    const clientOf = (index: number) => servers[index % 2]!.client;
    const pairs: Pair[] = [];
    for (let index = 0; index < 10; index += 1) pairs.push(await clientOf(0).register(`user-${index}@example.com`));
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => clientOf(index).tryRefresh(pairs[index % 10]!.refreshToken)),
    );
    const successors = answers.flatMap((answer) => answer.data?.refreshToken?.refreshToken ?? []);
    expect(new Set(successors).size).toBe(10);
    expect(successors).toHaveLength(10);
    expect(countBy(answers, ({ status }) => String(status))).toEqual({ 200: 200 });
    for (const successor of successors) await clientOf(1).refresh(successor);
  });
});

const READS_BLACKLIST = /^select .* from .simplejwt_blacklisted_token. /;

/** Counts a server's polls as they begin. A poll is over when the next one begins. */
async function countPolls(server: TestAuth) {
  let begun = 0;
  await hookStatements(server.orm, {
    before(sql) {
      if (READS_BLACKLIST.test(sql)) begun += 1;
    },
  });
  return {
    /** Waits until a poll that has not begun yet is over. */
    async completeOne() {
      const enough = begun + 2;
      await waitUntil(() => begun >= enough);
    },
  };
}

/** Makes every statement of a server fail, as if its database were unreachable. */
async function cutOff(server: TestAuth) {
  let isCut = true;
  let failed = 0;
  await hookStatements(server.orm, {
    before() {
      if (!isCut) return;
      failed += 1;
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    },
  });
  return {
    /** Waits until a poll that has not begun yet has failed. */
    async failOnce() {
      const enough = failed + 2;
      await waitUntil(() => failed >= enough);
    },
    mend: () => void (isCut = false),
  };
}

/** The SQL by which another program changes the database. */
type SlowChange = (now: string, later: string) => string;

const endSessions: SlowChange = (now, later) =>
  `insert into simplejwt_blacklisted_token (jti, session_id, reason, blacklisted_at, expires_at)
  select refresh_jti, id, 'LOGGED_OUT', ${now}, ${later} from simplejwt_session`;

const raiseVersions: SlowChange = (now) =>
  `update simplejwt_user set token_version = token_version + 1, token_version_raised_at = ${now}`;

/** Changes the database like another program, in a transaction that lasts as long as `meanwhile` does. */
async function changeSlowly(
  { databaseUrl, clock }: TestAuth,
  change: SlowChange,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const orm = await openDatabase(databaseUrl, authEntities);
  try {
    await orm.em.transactional(async (em) => {
      const now = databaseUrl.startsWith('sqlite:') ? String(clock.now()) : `to_timestamp(${clock.now() / 1000})`;
      const later = databaseUrl.startsWith('sqlite:') ? `${now} + 3600000` : `${now} + interval '1 hour'`;
      await em.getConnection().execute(change(now, later), [], 'run', em.getTransactionContext());
      await meanwhile();
    });
  } finally {
    await orm.close();
  }
}
