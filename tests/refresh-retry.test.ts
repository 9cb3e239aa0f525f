import { randomBytes } from 'node:crypto';
import { generateKeys } from '../src/index.ts';
import { onEachDatabase } from './support/databases.ts';
import type { Pair } from './support/graphql-client.ts';
import { DAY, HOUR, MINUTE, SECOND } from './support/manual-clock.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { passTime, stepClock } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { claimsOf } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const randomKey = () => randomBytes(16).toString('base64url');
const start = useServers();

onEachDatabase((database) => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh() });
  });
  afterAll(() => server.stop());

  const refusalOfRefresh = async (token: string, key?: string) => refusalOf(await server.client.tryRefresh(token, key));

  /** A refresh whose answer was lost on its way. */
  async function loseAnswer(key?: string): Promise<{ old: Pair; lost: Pair }> {
    const old = await server.client.register(someEmail());
    await passTime(server, SECOND);
    return { old, lost: await server.client.refresh(old.refreshToken, key) };
  }

  test('a retry with its key gets the same refresh token, byte for byte, and no younger access token', async () => {
    const key = randomKey();
    const { old, lost } = await loseAnswer(key);
    await passTime(server, 3 * SECOND);
    const again = await server.client.refresh(old.refreshToken, key);

    expect(again.refreshToken).toBe(lost.refreshToken);
    expect(again.refreshTokenExpiresAt).toBe(lost.refreshTokenExpiresAt);
    expect(timesOf(again.accessToken)).toEqual(timesOf(lost.accessToken));
    expect(again.accessTokenExpiresAt).toBe(lost.accessTokenExpiresAt);
    expect(again.accessTokenExpiresIn).toBe(lost.accessTokenExpiresIn - 3);
    expect(again.session.id).toBe(lost.session.id);
    expect(accessOf(await server.client.me(again.accessToken))).toBe('good');
  });

  test('a retry may be repeated, and the session goes on from it', async () => {
    const key = randomKey();
    const { old, lost } = await loseAnswer(key);
    for (let count = 0; count < 3; count += 1) {
      expect((await server.client.refresh(old.refreshToken, key)).refreshToken).toBe(lost.refreshToken);
    }
    await server.client.refresh(lost.refreshToken, randomKey());
  });

  test('a retry long after the leeway gets the same refresh token, and an access token that has expired', async () => {
    const key = randomKey();
    const { old, lost } = await loseAnswer(key);
    await passTime(server, DAY);
    const again = await server.client.refresh(old.refreshToken, key);

    expect(again.refreshToken).toBe(lost.refreshToken);
    expect(timesOf(again.accessToken)).toEqual(timesOf(lost.accessToken));
    expect(again.accessTokenExpiresIn).toBe(0);
    expect(accessOf(await server.client.me(again.accessToken))).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
    await server.client.refresh(again.refreshToken);
  });

  test('a retry is answered as long as the successor is good, even if the old token has expired meanwhile', async () => {
    const key = randomKey();
    const old = await server.client.register(someEmail());
    await passTime(server, 6 * DAY);
    const lost = await server.client.refresh(old.refreshToken, key);
    await passTime(server, 6 * DAY);

    expect(await refusalOfRefresh(old.refreshToken, randomKey())).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
    expect((await server.client.refresh(old.refreshToken, key)).refreshToken).toBe(lost.refreshToken);
    await passTime(server, DAY + 5 * SECOND);
    expect(await refusalOfRefresh(old.refreshToken, key)).toBe('INVALID_REFRESH_TOKEN TOKEN_EXPIRED');
  });

  test.each([
    ['another key', randomKey()],
    ['no key', undefined],
  ])('a refresh with %s is not a retry, and is refused within the leeway', async (_name, other) => {
    const { old, lost } = await loseAnswer(randomKey());
    expect(await refusalOfRefresh(old.refreshToken, other)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
    await server.client.refresh(lost.refreshToken);
  });

  test.each([
    ['another key', randomKey()],
    ['no key', undefined],
  ])('a refresh with %s is not a retry, and ends the session after the leeway', async (_name, other) => {
    const { old, lost } = await loseAnswer(randomKey());
    await passTime(server, MINUTE);
    expect(await refusalOfRefresh(old.refreshToken, other)).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
    expect(await refusalOfRefresh(lost.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
  });

  test('a refresh that was sent without a key cannot be retried, with a key or without', async () => {
    const { old, lost } = await loseAnswer();
    expect(await refusalOfRefresh(old.refreshToken, randomKey())).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
    expect(await refusalOfRefresh(old.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
    await server.client.refresh(lost.refreshToken);
  });

  test('a key is good for nothing once the successor has been used, with a key of its own or without', async () => {
    for (const nextKey of [randomKey(), undefined]) {
      const key = randomKey();
      const { old, lost } = await loseAnswer(key);
      const next = await server.client.refresh(lost.refreshToken, nextKey);
      expect(await refusalOfRefresh(old.refreshToken, key)).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
      expect(await refusalOfRefresh(next.refreshToken)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    }
  });

  test('a key that was overwritten by a rotation without a key does not match that rotation', async () => {
    const key = randomKey();
    const { lost } = await loseAnswer(key);
    await server.client.refresh(lost.refreshToken);
    expect(await refusalOfRefresh(lost.refreshToken, key)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
  });

  test('the same key with the successor is a new rotation, since a key belongs to one refresh', async () => {
    const key = randomKey();
    const { lost } = await loseAnswer(key);
    const next = await server.client.refresh(lost.refreshToken, key);
    expect(next.refreshToken).not.toBe(lost.refreshToken);
    expect((await server.client.refresh(lost.refreshToken, key)).refreshToken).toBe(next.refreshToken);
  });

  test('the key of another session gives nothing', async () => {
    const key = randomKey();
    await loseAnswer(key);
    const { old } = await loseAnswer(randomKey());
    expect(await refusalOfRefresh(old.refreshToken, key)).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
  });

  test('the key of an ended session gives nothing', async () => {
    const key = randomKey();
    const { old, lost } = await loseAnswer(key);
    await server.client.logout(lost.accessToken);
    expect(await refusalOfRefresh(old.refreshToken, key)).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
  });

  test('a retry after the clock was set right gets no younger access token than the lost one', async () => {
    const key = randomKey();
    const old = await server.client.register(someEmail());
    await stepClock(server, -HOUR);
    const lost = await server.client.refresh(old.refreshToken, key);
    await stepClock(server, HOUR);
    const again = await server.client.refresh(old.refreshToken, key);
    expect(again.refreshToken).toBe(lost.refreshToken);
    expect(claimsOf(again.accessToken).iat).toBeLessThanOrEqual(claimsOf(lost.accessToken).iat);
    expect(claimsOf(again.accessToken).exp).toBeLessThanOrEqual(claimsOf(lost.accessToken).exp);
  });

  test('a retry while the clock is an hour behind gets no younger access token either', async () => {
    const key = randomKey();
    const old = await server.client.register(someEmail());
    await stepClock(server, -HOUR);
    const lost = await server.client.refresh(old.refreshToken, key);
    await passTime(server, 10 * MINUTE);
    const again = await server.client.refresh(old.refreshToken, key);
    await stepClock(server, HOUR);
    expect(again.refreshToken).toBe(lost.refreshToken);
    expect(claimsOf(again.accessToken).exp).toBeLessThanOrEqual(claimsOf(lost.accessToken).exp);
  });

  test('a retry is answered by another process, and after a restart', async () => {
    const key = randomKey();
    const { old, lost } = await loseAnswer(key);
    const { databaseUrl, clock, keys } = server;
    const restarted = await start({ databaseUrl, clock, keys });
    expect((await restarted.client.refresh(old.refreshToken, key)).refreshToken).toBe(lost.refreshToken);
  });

  test('a retry gets the same bytes after a change of the signing key, as long as the old key is in the ring', async () => {
    const key = randomKey();
    const { old, lost } = await loseAnswer(key);
    const { databaseUrl, clock } = server;
    const changed = await start({ databaseUrl, clock, keys: { keys: [...generateKeys().keys, ...server.keys.keys] } });
    expect((await changed.client.refresh(old.refreshToken, key)).refreshToken).toBe(lost.refreshToken);
  });
});

describe('an idempotency key', () => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth();
  });
  afterAll(() => server.stop());

  test.each([
    ['empty', ''],
    ['too short to be random', 'a'.repeat(21)],
    ['too long', 'a'.repeat(129)],
    ['not base64url', `${'a'.repeat(21)}+`],
    ['padded', `${'a'.repeat(22)}==`],
    ['followed by a line break', `${'a'.repeat(22)}\n`],
  ])('that is %s is BAD_USER_INPUT, and nothing is exchanged', async (_name, key) => {
    const { refreshToken } = await server.client.register(someEmail());
    const { extensions } = errorOf(await server.client.tryRefresh(refreshToken, key));
    const fields = [{ path: 'input.idempotencyKey', reason: 'IDEMPOTENCY_KEY_INVALID' }];
    expect(extensions).toEqual({ code: 'BAD_USER_INPUT', fields });
    await server.client.refresh(refreshToken);
  });

  test.each([22, 128])('may be %i characters long', async (length) => {
    const { refreshToken } = await server.client.register(someEmail());
    const key = `-_${'A0'.repeat(64)}`.slice(0, length);
    const lost = await server.client.refresh(refreshToken, key);
    expect((await server.client.refresh(refreshToken, key)).refreshToken).toBe(lost.refreshToken);
  });

  test('may be null, which counts as no key', async () => {
    const { refreshToken } = await server.client.register(someEmail());
    const query = 'mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { refreshToken } }';
    const answer = await server.client.run(query, { input: { refreshToken, idempotencyKey: null } });
    expect(answer.errors).toEqual([]);
    expect(refusalOf(await server.client.tryRefresh(refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_ROTATED');
  });

  test('is stored only as a hash', async () => {
    const key = randomKey();
    const { session, refreshToken } = await server.client.register(someEmail());
    await server.client.refresh(refreshToken, key);
    const query = 'select * from simplejwt_session where id = ?';
    const rows = await server.orm.em.getConnection().execute(query, [session.id]);
    expect(JSON.stringify(rows)).not.toContain(key);
    expect(rows[0].retry_key_hash).toMatch(/^[0-9a-f]{64}$/);
  });
});

function timesOf(token: string) {
  const { iat, exp } = claimsOf(token);
  return { iat, exp };
}
