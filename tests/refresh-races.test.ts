import { randomBytes } from 'node:crypto';
import { onEachDatabase } from './support/databases.ts';
import type { Answer, GraphQLClient } from './support/graphql-client.ts';
import { ManualClock } from './support/manual-clock.ts';
import { accessOf, countBy, refusalOf } from './support/outcomes.ts';
import { someEmail } from './support/someone.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';

onEachDatabase((database) => {
  let servers: readonly TestAuth[] = [];
  let here: GraphQLClient;
  let there: GraphQLClient;
  beforeAll(async () => {
    const databaseUrl = await database.fresh();
    const clock = new ManualClock();
    const first = await startTestAuth({ databaseUrl, clock });
    servers = [first, await startTestAuth({ databaseUrl, clock, keys: first.keys })];
    [here, there] = servers.map(({ client }) => client) as [GraphQLClient, GraphQLClient];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  const newcomer = () => here.register(someEmail());

  describe.each([
    ['RO-06: of 20 parallel refreshes', () => [here]],
    ['RO-07: of 20 parallel refreshes on two servers', () => [here, there]],
  ])('%s', (_name, clients) => {
    test('without a key one wins, the others are TOKEN_ROTATED and the session lives', async () => {
      const { accessToken, refreshToken } = await newcomer();
      const successor = oneWins(await race(clients(), 20, refreshToken));
      for (const client of clients()) expect(accessOf(await client.me(accessToken))).toBe('good');
      await there.refresh(successor);
    });

    test('with one key all get the same refresh token', async () => {
      const { refreshToken } = await newcomer();
      const answers = await race(clients(), 20, refreshToken, randomBytes(16).toString('base64url'));
      expect(countBy(answers, outcomeOf)).toEqual({ success: 20 });
      const successors = distinctTokens(answers);
      expect(successors).toHaveLength(1);
      await there.refresh(successors[0] as string);
    });

    test('with ten keys, sent twice each, one key wins', async () => {
      const { refreshToken } = await newcomer();
      const requests = Array.from({ length: 10 }, () =>
        race(clients(), 2, refreshToken, randomBytes(16).toString('base64url')),
      );
      const answers = (await Promise.all(requests)).flat();
      expect(countBy(answers, outcomeOf)).toEqual({ success: 2, 'INVALID_REFRESH_TOKEN TOKEN_ROTATED': 18 });
      expect(distinctTokens(answers)).toHaveLength(1);
      await here.refresh(distinctTokens(answers)[0] as string);
    });
  });

  test('RO-08: 200 parallel refreshes of 10 tokens give one successor each, and all sessions live', async () => {
    const pairs = await Promise.all(Array.from({ length: 10 }, newcomer));
    const rounds = await Promise.all(pairs.map(({ refreshToken }) => race([here, there], 20, refreshToken)));
    for (const successor of rounds.map(oneWins)) await here.refresh(successor);
  });

  test('RO-09: a refresh that races a logout leaves no live token', async () => {
    const rounds = Array.from({ length: 30 }, async (_, round) => {
      const pair = await newcomer();
      const [refreshed] = await Promise.all([
        here.tryRefresh(pair.refreshToken),
        round % 2 === 0 ? here.logout(pair.accessToken) : there.logout(undefined, { refreshToken: pair.refreshToken }),
      ]);
      const last = refreshed.data.refreshToken ?? pair;
      expect(refusalOf(await here.tryRefresh(last.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REVOKED');
      const byLogout = round % 2 === 0 ? here : there;
      expect(accessOf(await byLogout.me(last.accessToken))).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });
    await Promise.all(rounds);
  });
});

function outcomeOf(answer: Answer): string {
  return answer.errors.length === 0 ? 'success' : refusalOf(answer);
}

function distinctTokens(answers: readonly Answer[]): string[] {
  const tokens = answers.flatMap(({ data }) => (data?.refreshToken ? [data.refreshToken.refreshToken as string] : []));
  return [...new Set(tokens)];
}

/** So many refreshes of one token, all under way at the same time, in turns by these clients. */
async function race(clients: readonly GraphQLClient[], count: number, token: string, key?: string) {
  const requests = Array.from({ length: count }, (_, index) =>
    (clients[index % clients.length] as GraphQLClient).tryRefresh(token, key),
  );
  return Promise.all(requests);
}

function oneWins(answers: readonly Answer[]): string {
  const successors = distinctTokens(answers);
  expect(countBy(answers, outcomeOf)).toEqual({
    success: 1,
    'INVALID_REFRESH_TOKEN TOKEN_ROTATED': answers.length - 1,
  });
  return successors[0] as string;
}
