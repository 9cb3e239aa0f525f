import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { administrateWell, countRows, NEW_PASSWORD, newAdministrator } from '../support/accounts.ts';
import { withEcdsaTwin } from '../support/altered-signature.ts';
import { holdWriteLock } from '../support/databases.ts';
import { hookStatements } from '../support/driver-faults.ts';
import { PASSWORD } from '../support/graphql-client.ts';
import { keyRingFor, symmetricKey } from '../support/key-rings.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../support/manual-clock.ts';
import { countBy, refusalOf } from '../support/outcomes.ts';
import { passTime, stepClock } from '../support/pass-time.ts';
import { commitOfSession, SESSION_UPDATE } from '../support/rotation-statement.ts';
import { claimsOf, keyIdOf, signToken } from '../support/tokens.ts';
import { newId } from '../../src/id.ts';
import { type Cases, expectEnded, expectLive, expectRefused, type Held, type World } from './world.ts';

const KEY = 'k'.repeat(22);
const ROTATED = 'INVALID_REFRESH_TOKEN TOKEN_ROTATED';
const ROUNDS = 10;

/** Many requests with one token, at once. */
async function race(worlds: readonly World[], held: Held, times: number, key?: string) {
  return Promise.all(Array.from({ length: times }, (_, index) => worlds[index % worlds.length]!.tryRefresh(held, key)));
}

async function expectOneWinner(worlds: readonly [World, ...World[]]): Promise<void> {
  const [world] = worlds;
  const held = await world.register();
  const answers = await race(worlds, held, 20);
  const won = answers.filter(({ data }) => data?.refreshToken);
  expect(won).toHaveLength(1);
  const lost = answers.filter((answer) => !won.includes(answer));
  expect(countBy(lost, refusalOf)).toEqual({ [ROTATED]: 19 });
  await expectLive(world, world.pairOf(won[0]!));

  const other = await world.register();
  const same = await race(worlds, other, 20, KEY);
  expect(new Set(same.map((answer) => world.pairOf(answer).refresh)).size).toBe(1);
}

/** A refresh and something that ends its session, at once. Afterwards no token is live. */
async function raceWithEnd(world: World, end: (held: Held) => Promise<unknown>): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const held = await world.register();
    const [answer] = await Promise.all([world.tryRefresh(held), end(held)]);
    await expectEnded(world, held);
    if (answer.data?.refreshToken) await expectEnded(world, world.pairOf(answer));
  }
}

/** The database fails at one statement of a rotation. The owner repeats it with the key and loses nothing. */
async function survives(world: World, at: RegExp, when: 'before' | 'after', code: string): Promise<void> {
  const apart = await world.apart();
  const held = await apart.register();
  let isDown = false;
  const fail = (sql: string) => {
    if (isDown && at.test(sql)) throw Object.assign(new Error('down'), { code });
  };
  await hookStatements(apart.server.orm, { [when]: fail });
  isDown = true;
  const answer = await apart.tryRefresh(held, KEY);
  isDown = false;
  if (!answer.data?.refreshToken) expect(refusalOf(answer)).toBe('SERVICE_UNAVAILABLE');
  // As after a kill: another process, and the same database.
  const restarted = await apart.beside();
  const next = await restarted.refresh(held, KEY);
  await expectLive(restarted, next);
}

const commitOf = ({ server }: World) => commitOfSession(server.databaseUrl);
const downCode = ({ server }: World) => (server.databaseUrl.startsWith('sqlite:') ? 'SQLITE_IOERR_WRITE' : '57P01');

/** Cases of rotation, replay and revocation. */
export const rotationCases: Cases = {
  'RO-01': async (world) => {
    const first = await world.register();
    const second = await world.refresh(first);
    await expectRefused(world.tryRefresh(first), 'TOKEN_ROTATED');
    const third = await expectLive(world, second);
    world.server.clock.advance(11 * SECOND);
    await expectRefused(world.tryRefresh(second), 'TOKEN_REUSED');
    await expectEnded(world, third);
  },
  'RO-02': async (world) => {
    const first = await world.register();
    const third = await world.refresh(await world.refresh(first));
    await expectRefused(world.tryRefresh(first), 'TOKEN_REUSED');
    await expectEnded(world, third);
  },
  'RO-03': async (world) => {
    const first = await world.register();
    const second = await world.refresh(first, KEY);
    expect((await world.refresh(first, KEY)).refresh).toBe(second.refresh);
    await expectRefused(world.tryRefresh(first), 'TOKEN_ROTATED');
    await expectRefused(world.tryRefresh(first, 'x'.repeat(22)), 'TOKEN_ROTATED');
    await expectLive(world, second);
  },
  'RO-04': async (world) => {
    const first = await world.register();
    const second = await world.refresh(first, KEY);
    await passTime(world.server, HOUR);
    const again = await world.refresh(first, KEY);
    expect(again.refresh).toBe(second.refresh);
    expect(claimsOf(again.access).iat).toBe(claimsOf(second.access).iat);
  },
  'RO-05': async (world) => {
    const first = await world.register();
    const third = await world.refresh(await world.refresh(first, KEY));
    await expectRefused(world.tryRefresh(first, KEY), 'TOKEN_REUSED');
    await expectEnded(world, third);
  },
  'RO-06': async (world) => expectOneWinner([world]),
  'RO-07': async (world) => expectOneWinner([world, await world.beside()]),
  'RO-08': async (world) => {
    const held = await Promise.all(Array.from({ length: 10 }, () => world.register()));
    const answers = await Promise.all(held.map(async (each) => race([world], each, 20)));
    for (const each of answers) {
      const won = each.filter(({ data }) => data?.refreshToken);
      expect(won).toHaveLength(1);
      await expectLive(world, world.pairOf(won[0]!));
    }
  },
  'RO-09': async (world) => raceWithEnd(world, (held) => world.logout(held)),
  'RO-10': async (world) => raceWithEnd(world, (held) => world.changePassword(held, PASSWORD, NEW_PASSWORD)),
  'RO-11': async (world) => {
    const { accessToken } = await newAdministrator(world.server);
    await raceWithEnd(world, (held) => administrateWell(world.client, 'deactivateUser', held.userId, accessToken));
  },
  'RO-12': async (world) => {
    const held = await world.register();
    await world.logout(held);
    await expectRefused(world.tryRefresh(held), 'TOKEN_REVOKED');
  },
  'RO-13': async (world) => {
    const held = await world.register();
    await world.logout(held);
    expect(refusalOf(await world.me(held.access))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  },
  'RO-14': async (world) => {
    const other = await world.apart({ keys: keyRingFor('ES256') });
    const held = await other.register();
    await other.logout(held);
    for (const token of [held.access, withEcdsaTwin(held.access), `${held.access.slice(0, -1)}B`])
      expect(refusalOf(await other.me(token))).toMatch(/^UNAUTHENTICATED TOKEN_(REVOKED|INVALID)$/);
    const doubled = { authorization: `Bearer bearer ${held.access}` };
    expect(refusalOf(await other.run('{ me { id } }', {}, doubled))).toBe('UNAUTHENTICATED TOKEN_INVALID');
  },
  'RO-15': async (world) => {
    const first = await world.register();
    const second = await world.login(first.email);
    await world.logout(first);
    await expectEnded(world, first);
    const next = await expectLive(world, second);
    await world.logout(next, { scope: 'ALL_SESSIONS' });
    await expectEnded(world, next);
  },
  'RO-16': async (world) => {
    const held = await world.register();
    const endedBy = async (answer: ReturnType<World['logout']>) => (await answer).data.logout.endedSessions;
    expect(await endedBy(world.logout(held))).toBe(1);
    expect(await endedBy(world.logout(held))).toBe(0);
    expect(await endedBy(world.run('mutation { logout { endedSessions } }'))).toBe(0);
    const other = await world.register();
    await passTime(world.server, 16 * MINUTE);
    expect(await endedBy(world.logout(other))).toBe(1);
  },
  'RO-17': async (world) => {
    const [own, other] = [await world.register(), await world.register()];
    const query = 'mutation ($input: LogoutInput) { logout(input: $input) { endedSessions } }';
    const headers = { ...world.page, authorization: `Bearer ${own.access}` };
    const answer = await world.run(query, { input: { refreshToken: other.refresh } }, headers);
    expect(answer.data.logout.endedSessions).toBe(0);
    await expectLive(world, other);
  },
  'RO-18': async (world) => {
    const [own, other] = [await world.register(), await world.register()];
    const query = 'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { user { id } } }';
    const headers = { ...world.page, authorization: `Bearer ${own.access}` };
    const answer = await world.run(query, { input: { refreshToken: other.refresh } }, headers);
    expect(answer.data.refreshToken.user.id).toBe(other.userId);
  },
  'RO-19': async (world) => {
    const held = await world.register();
    const elsewhere = await world.login(held.email);
    await world.changePassword(held, PASSWORD, NEW_PASSWORD);
    for (const each of [held, elsewhere]) {
      await expectRefused(world.tryRefresh(each), 'TOKEN_REVOKED');
      expect(refusalOf(await world.me(each.access))).toMatch('UNAUTHENTICATED');
    }
  },
  'RO-20': async (world) => endsWith(world, 'deactivateUser'),
  'RO-21': async (world) => endsWith(world, 'deleteUser'),
  'RO-22': async (world) => {
    const held = await world.register();
    await passTime(world.server, 7 * DAY + 6 * SECOND);
    await expectRefused(world.tryRefresh(held), 'TOKEN_EXPIRED');
  },
  'RO-23': async (world) => {
    let held = await world.register();
    for (let days = 0; days < 30; days += 6) {
      await passTime(world.server, 6 * DAY - SECOND);
      held = await world.refresh(held);
    }
    await passTime(world.server, DAY);
    await expectRefused(world.tryRefresh(held), 'TOKEN_EXPIRED');
  },
  'RO-24': async (world) => {
    let held = await world.register();
    const seen = new Set<string>();
    for (let count = 0; count < 100; count += 1) {
      held = await world.refresh(held);
      seen.add(held.refresh);
    }
    expect(seen.size).toBe(100);
  },
  'RO-25': async (world) => {
    const held = await world.register();
    const { server } = world;
    const before = await countRows(server, 'simplejwt_session');
    const [sid, jti] = [newId(server.clock.now()), newId(server.clock.now())];
    const unknown = signToken(server.keys, 'refresh', { ...claimsOf(held.refresh), sid, jti });
    const csrf = held.csrf;
    expect(refusalOf(await world.tryRefresh({ refresh: unknown, csrf }))).toMatch(
      world.mode === 'Bearer' ? 'INVALID_REFRESH_TOKEN TOKEN_REVOKED' : 'CSRF_REJECTED',
    );
    expect(await countRows(server, 'simplejwt_session')).toBe(before);
  },
  'RO-26': async (world) => {
    const held = await world.register();
    const { keys, clock } = world.server;
    clock.advance(2 * SECOND);
    const iat = Math.floor(clock.now() / 1_000);
    const newer = signToken(keys, 'refresh', { ...claimsOf(held.refresh), jti: newId(clock.now()), iat });
    await expectRefused(world.tryRefresh({ refresh: newer, csrf: held.csrf }), 'TOKEN_INVALID');
    await expectLive(world, held);
  },
  'RO-27': async (world) => {
    const query = 'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { accessToken } }';
    for (const refreshToken of [1, [], {}, null])
      expect(refusalOf(await world.run(query, { input: { refreshToken } }))).toMatch(
        /^(BAD_USER_INPUT|INVALID_REFRESH_TOKEN TOKEN_MISSING)$/,
      );
    expect((await world.run(query, { input: { refreshToken: 'x'.repeat(5_000_000) } })).status).toBe(413);
  },
  'RO-28': async (world) => {
    const held = await world.register();
    const document = encodeURIComponent(
      `mutation { refreshToken(input: { refreshToken: "${held.refresh}" }) { accessToken } }`,
    );
    for (const path of [`/graphql?refreshToken=${held.refresh}`, `/graphql?query=${document}`]) {
      const answer = await world.client.send({ headers: { 'apollo-require-preflight': '1' } }, path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
    }
    await expectLive(world, held);
  },
  'RO-29': async (world) => {
    const first = await world.register();
    const second = await world.refresh(first);
    const { databaseUrl, orm } = world.server;
    const path = databaseUrl.slice('sqlite:'.length);
    const tables = ['user', 'session', 'blacklisted_token', 'security_event', 'rate_limit'];
    const dump = databaseUrl.startsWith('sqlite:')
      ? readdirSync(dirname(path)).map((name) => readFileSync(`${dirname(path)}/${name}`, 'latin1'))
      : await Promise.all(
          tables.map(async (name) =>
            JSON.stringify(await orm.em.getConnection().execute(`select * from simplejwt_${name}`)),
          ),
        );
    const secrets = [first, second].flatMap(({ access, refresh }) => [access, refresh]);
    for (const secret of [...secrets, PASSWORD, ...secrets.map((token) => token.split('.')[2] ?? '')])
      expect(dump.join('').includes(secret)).toBe(false);
  },
  'RO-30': async (world) => {
    const held = await world.register();
    await world.logout(held);
    for (const time of [15 * MINUTE, 5 * SECOND, MINUTE, HOUR, 7 * DAY, HOUR]) {
      await passTime(world.server, time);
      for (const difference of [5 * SECOND, -5 * SECOND]) {
        await stepClock(world.server, difference);
        await world.server.auth.purge();
        await stepClock(world.server, -difference);
        expect(refusalOf(await world.me(held.access))).toMatch(/TOKEN_(REVOKED|EXPIRED)$/);
      }
    }
  },
  'RO-31': async (world) => {
    const apart = await world.apart();
    const { server } = apart;
    const held = await apart.register();
    let isDown = false;
    await hookStatements(server.orm, {
      before(sql) {
        if (isDown && /simplejwt_blacklisted_token/.test(sql)) throw new Error('down');
      },
    });
    isDown = true;
    server.clock.advance(61 * SECOND);
    expect(refusalOf(await apart.me(held.access))).toBe('SERVICE_UNAVAILABLE');
    isDown = false;
    await passTime(server, 0);
    expect((await apart.me(held.access)).errors).toEqual([]);
  },
  'RO-32': async (world) => survives(world, SESSION_UPDATE, 'before', downCode(world)),
  'RO-33': async (world) => survives(world, SESSION_UPDATE, 'after', downCode(world)),
  'RO-34': async (world) => survives(world, commitOf(world), 'after', downCode(world)),
  'RO-35': async (world) => {
    for (const [at, when] of [
      [SESSION_UPDATE, 'before'],
      [SESSION_UPDATE, 'after'],
      [commitOf(world), 'after'],
    ] as const)
      await survives(world, at, when, downCode(world));
  },
  'RO-36': async (world) => {
    const apart = await world.apart();
    const held = await apart.register();
    const { databaseUrl } = apart.server;
    if (!databaseUrl.startsWith('sqlite:')) return;
    const unlock = holdWriteLock(databaseUrl.slice('sqlite:'.length));
    expect(refusalOf(await apart.tryRefresh(held, KEY))).toBe('SERVICE_UNAVAILABLE');
    unlock();
    await expectLive(apart, await apart.refresh(held, KEY));
  },
  'RO-37': async (world) => {
    for (const code of ['40001', '40P01']) {
      const apart = await world.apart();
      const held = await apart.register();
      let conflicts = 2;
      await hookStatements(apart.server.orm, {
        before(sql) {
          if (SESSION_UPDATE.test(sql) && conflicts-- > 0) throw Object.assign(new Error('conflict'), { code });
        },
      });
      const answer = await apart.tryRefresh(held, KEY);
      expect(answer.status).toBe(200);
      conflicts = 0;
      await expectLive(apart, await apart.refresh(held, KEY));
    }
  },
  'RO-38': async (world) => {
    const apart = await world.apart();
    const held = await apart.register();
    const code = apart.server.databaseUrl.startsWith('sqlite:') ? 'SQLITE_FULL' : '53100';
    let isFull = true;
    await hookStatements(apart.server.orm, {
      before(sql) {
        if (isFull && /\b(insert|update|delete) /.test(sql)) throw Object.assign(new Error('full'), { code });
      },
    });
    expect(refusalOf(await apart.tryRefresh(held, KEY))).toBe('SERVICE_UNAVAILABLE');
    expect((await apart.currentToken(held.access)).errors).toEqual([]);
    isFull = false;
    await expectLive(apart, await apart.refresh(held, KEY));
  },
  'RO-39': async (world) => {
    for (const step of [-HOUR, HOUR]) {
      const apart = await world.apart();
      const held = await apart.register();
      await stepClock(apart.server, step);
      const next = await apart.refresh(held);
      expect((await apart.me(next.access)).errors).toEqual([]);
      if (step > 0) expect(refusalOf(await apart.me(held.access))).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
      await stepClock(apart.server, -step);
      await apart.refresh(next);
    }
  },
  'RO-40': async (world) => {
    const before = await world.apart();
    const held = await before.register();
    const { keys } = before.server.keys;
    const fresh = [symmetricKey('access'), symmetricKey('refresh')];
    const after = await before.beside({ keys: { keys: [...fresh, ...keys] } });
    expect((await after.me(held.access)).errors).toEqual([]);
    const next = await after.refresh(held);
    expect([keyIdOf(next.access), keyIdOf(next.refresh)]).toEqual(fresh.map(({ kid }) => kid));
  },
  'RO-41': async (world) => {
    const first = await world.register();
    const headers = world.headersOf(first);
    const second = world.pairOf(await world.tryLogin({ email: first.email, password: PASSWORD }, headers), 'login');
    expect(second.sessionId).not.toBe(first.sessionId);
    if (world.mode === 'cookies') await expectEnded(world, first);
    else await expectLive(world, first);
    await expectLive(world, second);
  },
  'RO-42': async (world) => {
    const apart = await world.apart({ maxSessions: 5 });
    const held = await apart.register();
    for (let count = 0; count < 40; count += 1) await apart.server.auth.openSession({ userId: held.userId });
    expect(await countRows(apart.server, 'simplejwt_session', 'ended_at is null')).toBe(5);
    await expectEnded(apart, held);
  },
};

async function endsWith(world: World, operation: 'deactivateUser' | 'deleteUser'): Promise<void> {
  const { accessToken } = await newAdministrator(world.server);
  const held = await world.register();
  await administrateWell(world.client, operation, held.userId, accessToken);
  await expectRefused(world.tryRefresh(held), 'TOKEN_REVOKED');
}
