import { newId } from '../src/id.ts';
import { onEachDatabase } from './support/databases.ts';
import type { Pair } from './support/graphql-client.ts';
import { MINUTE } from './support/manual-clock.ts';
import { accessOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

onEachDatabase((database) => {
  let server: TestAuth;
  beforeAll(async () => {
    server = await startTestAuth({ databaseUrl: await database.fresh() });
  });
  afterAll(() => server.stop());

  const newcomer = () => server.client.register(someEmail());
  const accessWith = async ({ accessToken }: Pair) => accessOf(await server.client.me(accessToken));
  const list = async ({ accessToken }: Pair) => (await server.client.sessions(accessToken)).data.sessions;
  const endedBy = async (pair: Pair, id: string) => {
    const { status, errors, data } = await server.client.endSession(pair.accessToken, id);
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
    return data.endSession;
  };

  async function twoDevices(): Promise<[Pair, Pair]> {
    const email = someEmail();
    const first = await server.client.register(email);
    await passTime(server, MINUTE);
    return [first, await server.client.login(email)];
  }

  test('two logins are two sessions that share no token and both work', async () => {
    const pairs = await twoDevices();
    expect(new Set(pairs.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken])).size).toBe(4);
    expect(pairs[0].session.id).not.toBe(pairs[1].session.id);
    for (const pair of pairs) expect(await accessWith(pair)).toBe('good');
  });

  describe('the list', () => {
    test('says of each session when it was opened, last used and until when, from where, and by what', async () => {
      const { email } = (await newcomer()).user;
      await passTime(server, MINUTE);
      const opened = server.clock.now();
      const answer = await server.client.tryLogin(email, undefined, {
        'user-agent': 'a browser',
        'x-forwarded-for': '9.9.9.9',
      });
      const { accessToken, session } = answer.data.login as Pair;
      const { data } = await server.client.sessions(accessToken);
      expect(data.sessions[0]).toEqual({
        id: session.id,
        createdAt: new Date(opened).toISOString(),
        lastUsedAt: new Date(opened).toISOString(),
        expiresAt: new Date(opened + 7 * 24 * 60 * MINUTE).toISOString(),
        userAgent: 'a browser',
        ipAddress: '127.0.0.1',
        isCurrent: true,
      });
    });

    test('begins with the session that was used last, and a refresh is a use', async () => {
      const [first, second] = await twoDevices();
      expect((await list(second)).map(({ id }: { id: string }) => id)).toEqual([second.session.id, first.session.id]);
      await passTime(server, MINUTE);
      const refreshed = await server.client.refresh(first.refreshToken);
      const [top, bottom] = await list(refreshed);
      expect([top.id, bottom.id]).toEqual([first.session.id, second.session.id]);
      expect(top.lastUsedAt).toBe(new Date(server.clock.now()).toISOString());
      expect(top.createdAt < top.lastUsedAt).toBe(true);
    });

    test('marks the one session that the request comes from', async () => {
      const pairs = await twoDevices();
      for (const pair of pairs) {
        const current = (await list(pair)).filter(({ isCurrent }: { isCurrent: boolean }) => isCurrent);
        expect(current.map(({ id }: { id: string }) => id)).toEqual([pair.session.id]);
      }
      expect(pairs.map(({ session }) => session.isCurrent)).toEqual([true, true]);
    });

    test('holds one row for each login, however often it is refreshed', async () => {
      let pair = await newcomer();
      for (let count = 0; count < 3; count += 1) pair = await server.client.refresh(pair.refreshToken);
      expect(await list(pair)).toHaveLength(1);
    });

    test("holds nobody else's sessions, nor those that have ended", async () => {
      await newcomer();
      const [first, second] = await twoDevices();
      await server.client.logout(first.accessToken);
      expect((await list(second)).map(({ id }: { id: string }) => id)).toEqual([second.session.id]);
    });

    test('is for those who are logged in', async () => {
      const answer = await server.client.run('{ sessions { id } }');
      expect(answer.data).toEqual({ sessions: null });
      expect(refusalOf(answer)).toBe('UNAUTHENTICATED TOKEN_MISSING');
    });

    test('shortens what a device calls itself', async () => {
      const { email } = (await newcomer()).user;
      const answer = await server.client.tryLogin(email, undefined, { 'user-agent': 'x'.repeat(2_000) });
      expect(answer.data.login.session.userAgent).toBe('x'.repeat(255));
    });
  });

  describe('endSession', () => {
    test('ends another session of the caller, whose tokens are refused at once', async () => {
      const [here, there] = await twoDevices();
      expect(await endedBy(here, there.session.id)).toEqual({ endedSessions: 1, endedSessionIds: [there.session.id] });
      expect(await accessWith(there)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
      const refusal = refusalOf(await server.client.tryRefresh(there.refreshToken));
      expect(refusal).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      expect(await accessWith(here)).toBe('good');
      expect(await list(here)).toHaveLength(1);

      const query = 'select end_reason from simplejwt_session where id = ?';
      const rows = await server.orm.em.getConnection().execute(query, [there.session.id]);
      expect(rows).toEqual([{ end_reason: 'ENDED_BY_USER' }]);
    });

    test("ends the caller's own session too", async () => {
      const pair = await newcomer();
      expect(await endedBy(pair, pair.session.id)).toMatchObject({ endedSessions: 1 });
      expect(await accessWith(pair)).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('ends nothing a second time', async () => {
      const [here, there] = await twoDevices();
      await endedBy(here, there.session.id);
      expect(await endedBy(here, there.session.id)).toEqual({ endedSessions: 0, endedSessionIds: [] });
    });

    test("another user's session gets the same answer, byte for byte, as one that does not exist", async () => {
      const [ada, eve] = [await newcomer(), await newcomer()];
      const others = await server.client.endSession(eve.accessToken, ada.session.id);
      const unknown = await server.client.endSession(eve.accessToken, newId(server.clock.now()));
      expect(others.text).toBe(unknown.text);
      expect(others.data.endSession).toEqual({ endedSessions: 0, endedSessionIds: [] });
      expect(await accessWith(ada)).toBe('good');
      await server.client.refresh(ada.refreshToken);
    });

    test.each([
      ['nothing', ''],
      ['a word', 'junk'],
      ['a number', '7'],
      ['a UUID of another version', '3b241101-e2bb-4255-8caf-4136c566a962'],
      ['a quotation mark', "' or '1'='1"],
      ['a NUL', '\0'],
      ['half of a surrogate pair', '\ud800'],
      ['a long one', 'a'.repeat(50_000)],
    ])('an id that cannot be one ends nothing: %s', async (_name, id) => {
      const pair = await newcomer();
      expect(await endedBy(pair, id)).toEqual({ endedSessions: 0, endedSessionIds: [] });
      expect(await accessWith(pair)).toBe('good');
    });

    test('the id is taken in the one spelling that was given out', async () => {
      const [here, there] = await twoDevices();
      expect(await endedBy(here, there.session.id.toUpperCase())).toMatchObject({ endedSessions: 0 });
      expect(await accessWith(there)).toBe('good');
    });

    test('is for those who are logged in', async () => {
      const { session } = await newcomer();
      const answer = await server.client.run(
        'mutation ($id: ID!) { endSession(input: { id: $id }) { endedSessions } }',
        { id: session.id },
      );
      expect(refusalOf(answer)).toBe('UNAUTHENTICATED TOKEN_MISSING');
    });
  });

  test('many users who ask at the same time each get their own answer', async () => {
    const pairs = await Promise.all(Array.from({ length: 10 }, newcomer));
    const requests = pairs.flatMap((pair) => Array.from({ length: 10 }, () => pair));
    const answers = await Promise.all(
      requests.map(({ accessToken }) =>
        server.client.run('{ me { id } currentToken { userId sessionId } sessions { id } }', {}, accessToken),
      ),
    );
    expect(answers.map(({ data }) => data)).toEqual(
      requests.map(({ user, session }) => ({
        me: { id: user.id },
        currentToken: { userId: user.id, sessionId: session.id },
        sessions: [{ id: session.id }],
      })),
    );
  });
});
