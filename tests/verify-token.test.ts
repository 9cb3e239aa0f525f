import { User } from './support/entities.ts';
import { EMAIL } from './support/graphql-client.ts';
import { MINUTE, SECOND } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { claimsOf } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const KEY = 'a-key-of-22-characters-or-more';

function isoTime(seconds: number): string {
  return new Date(seconds * SECOND).toISOString();
}

describe('verifyToken', () => {
  test('tells the type, the owner and the expiry of a good token of either kind', async () => {
    const { client, orm } = await start();
    await client.register();
    await orm.em.fork().nativeUpdate(User, { email: EMAIL }, { roles: ['ADMIN', 'EDITOR'] });
    const { accessToken, refreshToken, user, session } = await client.login();
    const [access, refresh] = [claimsOf(accessToken), claimsOf(refreshToken)];
    const infoOf = ({ jti, iat, exp }: typeof access) => ({
      id: jti,
      userId: user.id,
      sessionId: session.id,
      issuedAt: isoTime(iat),
      expiresAt: isoTime(exp),
    });
    expect(await client.verify(accessToken)).toEqual({
      isValid: true,
      reason: null,
      token: { ...infoOf(access), type: 'ACCESS', roles: ['ADMIN', 'EDITOR'] },
    });
    expect(await client.verify(refreshToken)).toEqual({
      isValid: true,
      reason: null,
      token: { ...infoOf(refresh), type: 'REFRESH', roles: [] },
    });
  });

  test('does not use up a refresh token: it can be exchanged afterwards', async () => {
    const { client } = await start();
    const { refreshToken } = await client.register();
    for (let count = 0; count < 3; count += 1) expect((await client.verify(refreshToken)).isValid).toBe(true);
    expect((await client.refresh(refreshToken)).user.email).toBe(EMAIL);
  });

  test.each(['', 'junk', 'a.b.c', 'null', 'Bearer x', '🔑', '\0', 'x'.repeat(50_000)])(
    'is never an error, whatever the token: %.20j',
    async (token) => {
      const { client, log } = await start();
      const reason = token === '' ? 'TOKEN_MISSING' : 'TOKEN_INVALID';
      expect(await client.verify(token)).toEqual({ isValid: false, reason, token: null });
      expect(log()).toBe('');
    },
  );

  test.each([
    ['expired', 'TOKEN_EXPIRED'],
    ['logged out', 'TOKEN_REVOKED'],
  ])('tells the reason and the content of a token that is %s', async (state, reason) => {
    const server = await start();
    const { accessToken, user, session } = await server.client.register();
    if (state === 'expired') await passTime(server, 16 * MINUTE);
    else await server.client.logout(accessToken);
    expect(await server.client.verify(accessToken)).toMatchObject({
      isValid: false,
      reason,
      token: { type: 'ACCESS', userId: user.id, sessionId: session.id },
    });
  });

  test('recognises a rotated refresh token, and ends its session after the leeway', async () => {
    const server = await start({ reuseLeeway: '10s' });
    const first = await server.client.register();
    const second = await server.client.refresh(first.refreshToken, KEY);
    const verdictOf = async (token: string) => (await server.client.verify(token)).reason;
    expect(await verdictOf(first.refreshToken)).toBe('TOKEN_ROTATED');
    expect(await verdictOf(second.refreshToken)).toBeNull();
    await passTime(server, 11 * SECOND);
    expect(await verdictOf(first.refreshToken)).toBe('TOKEN_REUSED');
    expect(await verdictOf(second.refreshToken)).toBe('TOKEN_REVOKED');
    expect(await verdictOf(second.accessToken)).toBe('TOKEN_REVOKED');
  });

  test('judges the token of its input, not that of the request', async () => {
    const { client } = await start();
    const { accessToken } = await client.register();
    const { data } = await client.run(
      'mutation { verifyToken(input: { token: "junk" }) { isValid } }',
      {},
      accessToken,
    );
    expect(data.verifyToken.isValid).toBe(false);
    const query = 'mutation ($token: String!) { verifyToken(input: { token: $token }) { isValid } }';
    expect((await client.run(query, { token: accessToken }, 'junk')).data.verifyToken.isValid).toBe(true);
  });

  test('is not a query, so that no token gets into a URL', async () => {
    const { client } = await start();
    const answer = await client.run('query { verifyToken(input: { token: "junk" }) { isValid } }');
    expect(refusalOf(answer)).toBe('GRAPHQL_VALIDATION_FAILED');
  });
});
