import { Ctx, Query, Resolver } from 'type-graphql';
import { type AuthContext, Authorized } from '../src/index.ts';
import { createVerifiedTokens } from '../src/tokens/verified-tokens.ts';
import type { AccessClaims } from '../src/tokens/claims.ts';
import type { Answer } from './support/graphql-client.ts';
import { heapGrowth } from './support/heap-growth.ts';
import { ACCESS } from './support/page.ts';
import { passTime, stepClock } from './support/pass-time.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

@Resolver()
class MeddlingResolver {
  /** A fault of a host: it changes what it has only been shown. */
  @Authorized()
  @Query(() => String)
  meddle(@Ctx() { currentUser }: AuthContext): string {
    const { claims } = currentUser as unknown as { claims: { roles: string[]; [name: string]: unknown } };
    const attempts = [
      () => claims.roles.push('ADMIN'),
      () => (claims['roles'] = ['ADMIN']),
      () => ((claims['https://example.com/claims'] as { plan: { name: string } }).plan.name = 'gold'),
    ];
    return attempts
      .map((attempt) => {
        try {
          attempt();
          return 'changed';
        } catch {
          return 'refused';
        }
      })
      .join();
  }

  @Authorized()
  @Query(() => String)
  claims(@Ctx() { currentUser }: AuthContext): string {
    return JSON.stringify(currentUser?.claims);
  }
}

const reasonOf = ({ errors }: Answer) => errors[0]?.extensions.reason;

test('a token that was accepted is refused when it expires, and before it was issued', async () => {
  const server = await start({ accessTokenLifetime: '1m', leeway: '0s' });
  const { client } = server;
  const { accessToken } = await client.register();
  expect((await client.currentToken(accessToken)).errors).toEqual([]);
  await stepClock(server, -120_000);
  expect(reasonOf(await client.currentToken(accessToken))).toBe('TOKEN_INVALID');
  await stepClock(server, 120_000);
  expect((await client.currentToken(accessToken)).errors).toEqual([]);
  await passTime(server, 60_000);
  expect(reasonOf(await client.currentToken(accessToken))).toBe('TOKEN_EXPIRED');
});

test('a token that was accepted is refused after a logout', async () => {
  const { client } = await start();
  const { accessToken } = await client.register();
  expect((await client.currentToken(accessToken)).errors).toEqual([]);
  await client.logout(accessToken);
  expect(reasonOf(await client.currentToken(accessToken))).toBe('TOKEN_REVOKED');
});

test('a token that differs from an accepted one in any character is refused', async () => {
  const { client } = await start();
  const { accessToken } = await client.register();
  expect((await client.currentToken(accessToken)).errors).toEqual([]);
  for (let index = 0; index < accessToken.length; index += 7) {
    const other = accessToken[index] === 'A' ? 'B' : 'A';
    const altered = `${accessToken.slice(0, index)}${other}${accessToken.slice(index + 1)}`;
    expect({ index, reason: reasonOf(await client.currentToken(altered)) }).toEqual({ index, reason: 'TOKEN_INVALID' });
  }
});

test('what a resolver does to its claims changes no other request', async () => {
  const namespace = 'https://example.com/claims';
  const { client } = await start({
    resolvers: [MeddlingResolver],
    claims: { namespace, compute: () => ({ plan: { name: 'free' } }) },
  });
  const { accessToken } = await client.register();
  const before = await client.run('{ claims }', {}, accessToken);
  expect((await client.run('{ meddle }', {}, accessToken)).data).toEqual({ meddle: 'refused,refused,refused' });
  expect((await client.run('{ claims }', {}, accessToken)).data).toEqual(before.data);
});

test('a token that is remembered does not keep the other cookies of its request', async () => {
  const { auth, client } = await start({ maxSessions: 2_000 });
  const { user } = await client.register();
  const others = Buffer.alloc(12_000, 'x').toString();
  const growth = await heapGrowth(async () => {
    for (let count = 0; count < 1_000; count += 1) {
      const pair = await auth.openSession({ userId: user.id });
      const cookie = `theirs=${others}; ${ACCESS}=${pair?.accessToken}`;
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      expect((await client.run('{ currentToken { id } }', {}, undefined, headers)).errors).toEqual([]);
    }
  });
  expect(growth).toBeLessThan(8);
});

describe('the memory of tokens', () => {
  const claimsUntil = (exp: number) => ({ exp }) as AccessClaims;

  test('is bounded, and forgets the oldest first', () => {
    const tokens = createVerifiedTokens(() => false);
    for (let count = 0; count <= 10_000; count += 1) tokens.add(`token ${count}`, claimsUntil(count));
    expect(tokens.find('token 0')).toBeUndefined();
    expect([tokens.find('token 1'), tokens.find('token 10000')]).toEqual([claimsUntil(1), claimsUntil(10_000)]);
  });

  test('keeps its bound and its order however many come and die', () => {
    let now = 0;
    const tokens = createVerifiedTokens(({ exp }) => exp <= now);
    const remembered = () =>
      Array.from({ length: 35_000 }, (_, count) => `token number ${count}`).filter((token) => tokens.find(token));
    for (let count = 0; count < 25_000; count += 1) tokens.add(`token number ${count}`, claimsUntil(count));
    expect(remembered()).toEqual(Array.from({ length: 10_000 }, (_, index) => `token number ${15_000 + index}`));
    now = 24_990;
    for (let count = 25_000; count < 30_000; count += 1) tokens.add(`token number ${count}`, claimsUntil(count));
    expect(remembered()).toEqual(Array.from({ length: 5_009 }, (_, index) => `token number ${24_991 + index}`));
    now = 30_000;
    tokens.add('token number 30001', claimsUntil(30_001));
    expect(remembered()).toEqual(['token number 30001']);
  });

  test('tells tokens apart that end alike', () => {
    const tokens = createVerifiedTokens(() => false);
    tokens.add('first.signature-of-a-token', claimsUntil(1));
    expect(tokens.find('other.signature-of-a-token')).toBeUndefined();
    tokens.add('other.signature-of-a-token', claimsUntil(2));
    expect(tokens.find('other.signature-of-a-token')).toEqual(claimsUntil(2));
    expect(tokens.find('first.signature-of-a-token')).toBeUndefined();
  });

  test('keeps a token that took the place of another one when the other one dies', () => {
    let now = 0;
    const tokens = createVerifiedTokens(({ exp }) => exp <= now);
    tokens.add('first.signature-of-a-token', claimsUntil(1));
    tokens.add('other.signature-of-a-token', claimsUntil(3));
    now = 2;
    tokens.add('another', claimsUntil(9));
    expect(tokens.find('other.signature-of-a-token')).toEqual(claimsUntil(3));
  });

  test('forgets the dead', () => {
    let now = 0;
    const tokens = createVerifiedTokens(({ exp }) => exp <= now);
    for (const exp of [1, 2, 3]) tokens.add(`until ${exp}`, claimsUntil(exp));
    now = 2;
    tokens.add('another', claimsUntil(9));
    expect([1, 2, 3].map((exp) => tokens.find(`until ${exp}`)?.exp)).toEqual([undefined, undefined, 3]);
  });
});
