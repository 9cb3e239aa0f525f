import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { onEachDatabase } from './support/databases.ts';
import type { Answer, GraphQLClient, Pair } from './support/graphql-client.ts';
import { accessOf, countBy, refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import { startTestHost, type TestHost } from './support/start-test-host.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

onEachDatabase((database) => {
  describe('with users of ours', () => {
    racesOf(async () => {
      const server = await startTestAuth({ databaseUrl: await database.fresh() });
      return { server, newcomer: () => server.client.register(someEmail()) };
    });
  });

  describe("with the host's users", () => {
    const start = async () => {
      const server = await startTestHost({ databaseUrl: await database.fresh() });
      const newcomer = async () => {
        const login = someEmail();
        await server.people.add(login);
        return server.client.login(login);
      };
      return { server, newcomer };
    };
    racesOf(start);

    type Change = (host: TestHost, id: number) => Promise<unknown>;
    const CHANGES: readonly (readonly [string, Change])[] = [
      ['is deactivated', ({ people }, id) => people.change(id, { isActive: false })],
      ['is deleted', ({ people }, id) => people.remove(id)],
      ['is replaced by another with the id', ({ people }, id) => people.change(id, { createdAt: new Date(1) })],
    ];
    test.each(CHANGES)(
      'a refresh and a login that race with the report of a user who %s leave no live token',
      async (_title, change) => {
        const { server } = await start();
        try {
          const rounds = Array.from({ length: 20 }, async (_, round) => {
            const login = someEmail();
            const id = await server.people.add(login);
            const pair = await server.client.login(login);
            const [refreshed, loggedIn] = await Promise.all([
              server.client.tryRefresh(pair.refreshToken),
              server.client.tryLogin(login),
              pause(round * 3).then(() => change(server, id)),
            ]);
            // The report may come a little later than the change. A login in between opens a session of the new user.
            await (change === CHANGES[1]?.[1] ? server.auth.userDeleted(id) : server.auth.userChanged(id));
            const isNewUser = change === CHANGES[2]?.[1];
            const pairs = [pair, refreshed.data?.refreshToken, ...(isNewUser ? [] : [loggedIn.data?.login])];
            for (const last of pairs.filter((each) => Boolean(each))) {
              expect(refusalOf(await server.client.tryRefresh(last.refreshToken))).toMatch(/^INVALID_REFRESH_TOKEN /);
              expect(accessOf(await server.client.me(last.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
            }
          });
          await Promise.all(rounds);
        } finally {
          await server.stop();
        }
      },
    );
  });
});

function racesOf(start: () => Promise<{ server: TestAuth; newcomer: () => Promise<Pair> }>): void {
  let server: TestAuth;
  let newcomer: () => Promise<Pair>;
  beforeAll(async () => {
    ({ server, newcomer } = await start());
  });
  afterAll(() => server.stop());

  describe('20 parallel refreshes of one token', () => {
    test('have one winner without a key: the others are TOKEN_ROTATED and the session lives on', async () => {
      const { accessToken, refreshToken } = await newcomer();
      const successor = oneWins(await race(server.client, 20, refreshToken));
      expect(accessOf(await server.client.me(accessToken))).toBe('good');
      await server.client.refresh(successor);
    });

    test('all get the same refresh token if they have the same key', async () => {
      const { refreshToken } = await newcomer();
      const answers = await race(server.client, 20, refreshToken, randomKey());
      expect(countBy(answers, outcomeOf)).toEqual({ success: 20 });
      const successors = distinctTokens(answers);
      expect(successors).toHaveLength(1);
      await server.client.refresh(successors[0] as string);
    });

    test('have one winning key among ten keys that are each sent twice', async () => {
      const { refreshToken } = await newcomer();
      const races = Array.from({ length: 10 }, () => race(server.client, 2, refreshToken, randomKey()));
      const answers = (await Promise.all(races)).flat();
      expect(countBy(answers, outcomeOf)).toEqual({ success: 2, 'INVALID_REFRESH_TOKEN TOKEN_ROTATED': 18 });
      const successors = distinctTokens(answers);
      expect(successors).toHaveLength(1);
      await server.client.refresh(successors[0] as string);
    });
  });

  test('200 parallel refreshes of 10 tokens give one successor each, and all sessions live on', async () => {
    const pairs = await Promise.all(Array.from({ length: 10 }, newcomer));
    const races = await Promise.all(pairs.map(({ refreshToken }) => race(server.client, 20, refreshToken)));
    for (const successor of races.map(oneWins)) await server.client.refresh(successor);
  });

  test('a refresh that races a logout leaves no live token', async () => {
    const rounds = Array.from({ length: 30 }, async (_, round) => {
      const pair = await newcomer();
      const [refreshed] = await Promise.all([
        server.client.tryRefresh(pair.refreshToken),
        round % 2 === 0
          ? server.client.logout(pair.accessToken)
          : server.client.logout(undefined, { refreshToken: pair.refreshToken }),
      ]);
      const last = refreshed.data.refreshToken ?? pair;
      expect(refusalOf(await server.client.tryRefresh(last.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      expect(accessOf(await server.client.me(last.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });
    await Promise.all(rounds);
  });
}

const randomKey = () => randomBytes(16).toString('base64url');

/** Refreshes one token many times, all at the same time. */
async function race(client: GraphQLClient, count: number, token: string, key?: string): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, () => client.tryRefresh(token, key)));
}

function oneWins(answers: readonly Answer[]): string {
  expect(countBy(answers, outcomeOf)).toEqual({
    success: 1,
    'INVALID_REFRESH_TOKEN TOKEN_ROTATED': answers.length - 1,
  });
  return distinctTokens(answers)[0] as string;
}

function outcomeOf(answer: Answer): string {
  return answer.errors.length === 0 ? 'success' : refusalOf(answer);
}

function distinctTokens(answers: readonly Answer[]): string[] {
  const tokens = answers.flatMap(({ data }) => (data?.refreshToken ? [data.refreshToken.refreshToken as string] : []));
  return [...new Set(tokens)];
}
