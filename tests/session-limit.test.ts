import { onEachDatabase } from './support/databases.ts';
import type { Pair } from './support/graphql-client.ts';
import { DAY, SECOND } from './support/manual-clock.ts';
import { accessOf, countBy, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

const MOST = 3;

onEachDatabase((database) => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh(), maxSessions: MOST });
  });
  afterAll(() => server.stop());

  const accessWith = async ({ accessToken }: Pair) => accessOf(await server.client.me(accessToken));

  /** Somebody with so many sessions, a second between them. */
  async function openSessions(count: number): Promise<{ email: string; pairs: Pair[] }> {
    const email = someEmail();
    const pairs = [await server.client.register(email)];
    while (pairs.length < count) {
      server.clock.advance(SECOND);
      pairs.push(await server.client.login(email));
    }
    return { email, pairs };
  }

  async function listIds({ accessToken }: Pair): Promise<string[]> {
    const { data } = await server.client.sessions(accessToken);
    return data.sessions.map(({ id }: { id: string }) => id);
  }

  test('as many sessions live as are allowed; one more ends the oldest, whose tokens are refused at once', async () => {
    const { email, pairs } = await openSessions(MOST);
    for (const pair of pairs) expect(await accessWith(pair)).toBe('good');
    server.clock.advance(SECOND);
    const next = await server.client.login(email);

    const [oldest, ...others] = pairs as [Pair, ...Pair[]];
    expect(await accessWith(oldest)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    const refusal = refusalOf(await server.client.tryRefresh(oldest.refreshToken));
    expect(refusal).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
    for (const pair of [...others, next]) expect(await accessWith(pair)).toBe('good');
    expect(await listIds(next)).toHaveLength(MOST);

    const query = 'select end_reason from simplejwt_session where id = ?';
    const rows = await server.orm.em.getConnection().execute(query, [oldest.session.id]);
    expect(rows).toEqual([{ end_reason: 'SESSION_LIMIT' }]);
  });

  test('the oldest is the one that was opened first, however lately it was refreshed', async () => {
    const { email, pairs } = await openSessions(MOST);
    const refreshed = await server.client.refresh((pairs[0] as Pair).refreshToken);
    server.clock.advance(SECOND);
    await server.client.login(email);
    expect(await accessWith(refreshed)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });

  test('sessions that have ended leave room', async () => {
    const { email, pairs } = await openSessions(MOST);
    await server.client.logout((pairs[2] as Pair).accessToken);
    server.clock.advance(SECOND);
    const next = await server.client.login(email);
    for (const pair of [pairs[0], pairs[1], next] as Pair[]) expect(await accessWith(pair)).toBe('good');
  });

  test('sessions that have expired leave room', async () => {
    const { email, pairs } = await openSessions(MOST);
    server.clock.advance(6 * DAY);
    const kept = await server.client.refresh((pairs[0] as Pair).refreshToken);
    await passTime(server, DAY + 5 * SECOND);
    const added = [await server.client.login(email), await server.client.login(email)];
    expect((await listIds(added[1] as Pair)).toSorted()).toEqual(
      [kept, ...added].map(({ session }) => session.id).toSorted(),
    );
  });

  test('a session that is refreshed within the leeway after its end counts as one', async () => {
    const { email, pairs } = await openSessions(MOST);
    await passTime(server, 7 * DAY);
    const last = await server.client.login(email);
    expect(await listIds(last)).toContain((pairs[2] as Pair).session.id);
    const kept = await server.client.refresh((pairs[2] as Pair).refreshToken);
    server.clock.advance(SECOND);
    await server.client.login(email);
    await server.client.login(email);
    expect(await accessWith(kept)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    expect(await accessWith(last)).toBe('good');
  });

  test('a session that is opened in code counts as one', async () => {
    const { pairs } = await openSessions(MOST);
    server.clock.advance(SECOND);
    await server.auth.openSession({ userId: (pairs[0] as Pair).user.id });
    expect(await accessWith(pairs[0] as Pair)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
  });

  test("nobody's sessions count for anybody else", async () => {
    const [ada, eve] = [await openSessions(MOST), await openSessions(MOST)];
    for (const pair of [...ada.pairs, ...eve.pairs]) expect(await accessWith(pair)).toBe('good');
  });

  test('after a flood of logins, no more sessions live than are allowed', async () => {
    const email = someEmail();
    const first = await server.client.register(email);
    const flood: Pair[] = [];
    // Of more than ten logins to one account at once, some are refused.
    for (let round = 0; round < 8; round += 1)
      flood.push(...(await Promise.all(Array.from({ length: 8 }, () => server.client.login(email)))));
    const outcomes = await Promise.all([first, ...flood].map(accessWith));
    expect(countBy(outcomes, String)).toEqual({ good: MOST, 'UNAUTHENTICATED TOKEN_REVOKED': 65 - MOST });
    const living = flood.find((_, index) => outcomes[index + 1] === 'good') as Pair;
    expect(await listIds(living)).toHaveLength(MOST);
  });
});
