import type { GraphQLClient, Pair } from './graphql-client.ts';
import { accessOf, refusalOf } from './outcomes.ts';
import { waitUntil } from './wait-until.ts';

type Tokens = Pick<Pair, 'accessToken' | 'refreshToken'>;

const REVOKED = 'UNAUTHENTICATED TOKEN_REVOKED';

/** How each of the two tokens of a pair ends at a server. The refresh token is used up if it is good. */
async function outcomesOf(client: GraphQLClient, { accessToken, refreshToken }: Tokens) {
  const access = accessOf(await client.me(accessToken));
  const answer = await client.tryRefresh(refreshToken);
  return { access, refresh: answer.data?.refreshToken ? 'good' : refusalOf(answer) };
}

/** Neither token is good for anything, at once. */
export async function expectRevoked(client: GraphQLClient, pair: Tokens): Promise<void> {
  expect(await outcomesOf(client, pair)).toEqual({ access: REVOKED, refresh: 'INVALID_REFRESH_TOKEN TOKEN_REVOKED' });
  for (const token of [pair.accessToken, pair.refreshToken]) {
    expect(await client.verify(token)).toMatchObject({ isValid: false, reason: 'TOKEN_REVOKED' });
  }
}

/** The same within the poll, on a process that learns of it from the database. */
export async function expectRevokedSoon(client: GraphQLClient, pair: Tokens): Promise<void> {
  await waitUntil(async () => !(await client.verify(pair.accessToken)).isValid);
  await expectRevoked(client, pair);
}

/** Both tokens are good. Uses the refresh token up, and gives its successor. */
export async function expectGood(client: GraphQLClient, pair: Tokens): Promise<Pair> {
  expect(accessOf(await client.me(pair.accessToken))).toBe('good');
  for (const token of [pair.accessToken, pair.refreshToken]) {
    expect(await client.verify(token)).toMatchObject({ isValid: true, reason: null });
  }
  return client.refresh(pair.refreshToken);
}
