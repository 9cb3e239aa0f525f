import type { Answer, Pair } from './support/graphql-client.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { DAY, HOUR, MINUTE } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { claimsOf } from './support/tokens.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();

describe('login', () => {
  test('with the right password gives an access token and a refresh token', async () => {
    const { client } = await start();
    await client.register();
    const { accessToken, refreshToken, user, session } = await client.login();
    expect(accessToken).not.toBe(refreshToken);
    expect(await client.verify(accessToken)).toMatchObject({ isValid: true, token: { type: 'ACCESS' } });
    expect(await client.verify(refreshToken)).toMatchObject({ isValid: true, token: { type: 'REFRESH' } });
    expect(user.email).toBe(EMAIL);
    expect(session.isCurrent).toBe(true);
  });

  test('gives four different jti when it is done twice, and two sessions that both work', async () => {
    const { client } = await start();
    await client.register();
    const pairs = [await client.login(), await client.login()];
    const claims = pairs.flatMap(({ accessToken, refreshToken }) => [claimsOf(accessToken), claimsOf(refreshToken)]);
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(4);
    expect(new Set(claims.map(({ sid }) => sid)).size).toBe(2);
    for (const { accessToken, refreshToken } of pairs) {
      expect((await client.me(accessToken)).data.me.email).toBe(EMAIL);
      expect((await client.refresh(refreshToken)).user.email).toBe(EMAIL);
    }
  });

  test.each(['Ada@Example.COM', '  ada@example.com ', '\tADA@EXAMPLE.COM\n'])(
    'takes the e-mail in any case, with white space around it: %j',
    async (email) => {
      const { client } = await start();
      const { user } = await client.register();
      expect((await client.login(email)).user).toMatchObject({ id: user.id, email: EMAIL });
    },
  );

  test('gets an answer that is not cached', async () => {
    const { client } = await start();
    await client.register();
    expect((await client.tryLogin()).headers.get('cache-control')).toBe('no-store');
  });
});

describe('the password', () => {
  const secret = ' Correct  Horse é ';
  test.each([
    ['the right one', secret, true],
    ['without the spaces around it', secret.trim(), false],
    ['without one of the spaces inside', secret.replace('  ', ' '), false],
    ['in another case', secret.toLowerCase(), false],
    ['with the accent composed in another way', secret.normalize('NFD'), true],
    ['with one more character', `${secret}x`, false],
    ['without its end', secret.slice(0, -2), false],
  ])('counts to the last character: %s', async (_title, password, isRight) => {
    const { client } = await start();
    await client.register(EMAIL, secret);
    const answer = await client.tryLogin(EMAIL, password);
    expect(answer.data.login === null).toBe(!isRight);
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(isRight ? [] : ['INVALID_CREDENTIALS']);
  });

  test.each(['ж', 'a', '🔑'])(
    'may have 256 characters of any script, and the last of them counts: %s',
    async (character) => {
      const { client } = await start();
      const start255 = character.repeat(255);
      await client.register(EMAIL, `${start255}b`);
      expect((await client.login(EMAIL, `${start255}b`)).user.email).toBe(EMAIL);
      expect(refusalOf(await client.tryLogin(EMAIL, `${start255}c`))).toBe('INVALID_CREDENTIALS');
      expect(refusalOf(await client.tryLogin(EMAIL, start255))).toBe('INVALID_CREDENTIALS');
    },
  );
});

describe('an Authorization header', () => {
  const headers = [
    'Bearer',
    'Bearer junk',
    'Bearer a.b.c',
    'Basic YWRhOnB3',
    'bearer \u00ff',
    'Bearer x y',
    'x'.repeat(8_000),
  ];

  test.each(headers)('that is junk does not stop a login: %.20s', async (authorization) => {
    const { client } = await start();
    await client.register();
    const answer = await client.tryLogin(EMAIL, PASSWORD, { authorization });
    expect(answer.errors).toEqual([]);
    expect((await client.me(answer.data.login.accessToken)).data.me.email).toBe(EMAIL);
  });

  test.each([
    ['expired', async ({ accessToken }: Pair) => accessToken],
    ['a refresh token', async ({ refreshToken }: Pair) => refreshToken],
  ])('with a token that is %s does not stop a login either', async (_title, choose) => {
    const server = await start();
    const token = await choose(await server.client.register());
    await passTime(server, HOUR);
    expect(refusalOf(await server.client.me(token))).toMatch(/^UNAUTHENTICATED TOKEN_(EXPIRED|INVALID)$/);
    const answer = await server.client.tryLogin(EMAIL, PASSWORD, { authorization: `Bearer ${token}` });
    expect((await server.client.me(answer.data.login.accessToken)).data.me.email).toBe(EMAIL);
  });

  test("with another user's token changes nothing: the session belongs to the user of the password", async () => {
    const { client } = await start();
    const mallory = await client.register('mallory@example.com');
    const ada = await client.register();
    const answer = await client.tryLogin(EMAIL, PASSWORD, { authorization: `Bearer ${mallory.accessToken}` });
    expect(answer.data.login.user.id).toBe(ada.user.id);
    expect(claimsOf(answer.data.login.accessToken).sub).toBe(ada.user.id);
  });

  test('with a token of a session that has ended does not stop a login', async () => {
    const { client } = await start();
    const { accessToken } = await client.register();
    await client.logout(accessToken);
    const answer = await client.tryLogin(EMAIL, PASSWORD, { authorization: `Bearer ${accessToken}` });
    expect(answer.data.login.user.email).toBe(EMAIL);
  });
});

describe('lastLoginAt', () => {
  test('is the time of the last login or registration, to the millisecond', async () => {
    const server = await start();
    const { client, clock } = server;
    const registered = await client.register();
    expect(Date.parse(registered.user.lastLoginAt ?? '')).toBe(clock.now());
    await passTime(server, DAY + 123);
    const { user, accessToken } = await client.login();
    expect(Date.parse(user.lastLoginAt ?? '')).toBe(clock.now());
    expect((await client.me(accessToken)).data.me.lastLoginAt).toBe(user.lastLoginAt);
  });

  test('does not change when a login fails or a session is refreshed', async () => {
    const server = await start();
    const { user, refreshToken } = await server.client.register();
    await passTime(server, MINUTE);
    await server.client.tryLogin(EMAIL, 'wrong horse battery');
    const after = await server.client.refresh(refreshToken);
    expect(after.user.lastLoginAt).toBe(user.lastLoginAt);
  });
});

describe('a login by GET', () => {
  const query = `mutation { login(input: { email: "${EMAIL}", password: "${PASSWORD}" }) { accessToken } }`;

  test.each([
    ['as a browser would follow a link', {}],
    ['as a script would ask', { 'content-type': 'application/json', 'apollo-require-preflight': 'true' }],
  ])('is refused and opens no session: %s', async (_title, headers) => {
    const { client, log } = await start();
    const { accessToken } = await client.register();
    const answer: Answer = await client.send({ headers }, `/graphql?query=${encodeURIComponent(query)}`);
    expect([400, 405]).toContain(answer.status);
    expect(answer.text).not.toMatch(/accessToken"|correct horse/);
    expect((await client.sessions(accessToken)).data.sessions).toHaveLength(1);
    expect(log()).not.toContain(PASSWORD);
  });
});
