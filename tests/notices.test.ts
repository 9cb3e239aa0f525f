import { NEW_PASSWORD, changePassword } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked } from './support/expect-tokens.ts';
import { EMAIL, type GraphQLClient, type Pair, PASSWORD } from './support/graphql-client.ts';
import { runMail, startMailing, tryMail } from './support/mail-operations.ts';
import { DAY, MINUTE, SECOND } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
const WRONG = 'INVALID_CREDENTIALS';
const ALL = ['NEW_DEVICE', 'PASSWORD_CHANGED', 'REUSE_DETECTED'] as const;
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36';

onEachDatabase((database) => {
  const startOne = async (options: TestAuthOptions = {}) =>
    startMailing(start, { notices: ALL, ...options, databaseUrl: await database.fresh() });

  async function logInFrom(client: GraphQLClient, userAgent: string, ipAddress?: string): Promise<Pair> {
    const forwarded: Record<string, string> = ipAddress === undefined ? {} : { 'x-forwarded-for': ipAddress };
    const { data, text } = await client.tryLogin(EMAIL, PASSWORD, { 'user-agent': userAgent, ...forwarded });
    if (!data?.login) throw new Error(text);
    return data.login;
  }

  describe('a login from a new device', () => {
    test('is told by mail, and its link ends that session alone', async () => {
      const { client, mailbox } = await startOne();
      const own = await client.register();
      const thief = await logInFrom(client, FIREFOX);
      const { mail, token } = await mailbox.next();
      expect(mail).toMatchObject({ purpose: 'NEW_DEVICE', to: EMAIL, subject: 'A login from a new device' });
      expect(mail.text).toContain('Device: Firefox, Windows. Address: 127.0.0.1.');

      const ended = await runMail(client, 'endSessionWithCode', { code: token });

      expect(ended).toEqual({ endedSessions: 1, endedSessionIds: [thief.session.id] });
      await expectRevoked(client, thief);
      await expectGood(client, own);
      expect(refusalOf(await tryMail(client, 'endSessionWithCode', { code: token }))).toBe(WRONG);
    });

    test('is one from another network or with another program, but not with a newer version of the program', async () => {
      const { client, mailbox, server } = await startOne({ trustedProxies: ['127.0.0.1'] });
      await client.register();
      const logins = [
        [FIREFOX, '198.51.100.1', true],
        [FIREFOX, '198.51.100.1', false],
        [FIREFOX.replaceAll('133.0', '134.0.1'), '198.51.100.1', false],
        [CHROME, '198.51.100.1', true],
        [FIREFOX, '198.51.100.2', true],
        [CHROME, '2001:db8::1', true],
        [CHROME, '2001:db8::2', false],
      ] as const;
      for (const [userAgent, ipAddress, isNew] of logins) {
        await logInFrom(client, userAgent, ipAddress);
        const queued = await server.orm.em.getConnection().execute('select id from simplejwt_mail');
        expect({ userAgent, ipAddress, isNew: queued.length + mailbox.mails.length > 0 }).toEqual({
          userAgent,
          ipAddress,
          isNew,
        });
        if (isNew) await mailbox.next();
      }
    });

    test('tells nothing of the User-Agent but common names', async () => {
      const { client, mailbox } = await startOne();
      await client.register();
      for (const userAgent of ['Visit https://evil.example now', 'Firefox/1 <script>alert(1)</script> Windows']) {
        await logInFrom(client, userAgent);
        const { mail } = await mailbox.next();
        for (const part of [mail.text, mail.html, mail.subject]) expect(part).not.toMatch(/evil|script/);
      }
    });

    test('is not told of the first login of all, nor of a registration', async () => {
      const { client, mailbox, server } = await startOne();
      await server.auth.createUser({ email: EMAIL, password: PASSWORD });
      await logInFrom(client, FIREFOX);
      await client.register('bob@example.com');
      await logInFrom(client, CHROME);
      expect((await mailbox.next()).mail.text).toContain('Chrome, Linux');
      expect(mailbox.mails).toEqual([]);
    });
  });

  test('a changed password is told by mail, and the link ends every session and voids nothing else', async () => {
    const { client, mailbox } = await startOne();
    const { accessToken } = await client.register();
    const changed = await changePassword(client, accessToken);
    const { mail, token } = await mailbox.next();
    expect(mail).toMatchObject({ purpose: 'PASSWORD_CHANGED', to: EMAIL });
    const other = await client.login(EMAIL, NEW_PASSWORD);
    expect((await runMail(client, 'endSessionWithCode', { code: token })).endedSessions).toBe(2);
    for (const pair of [changed, other]) await expectRevoked(client, pair);
    await client.login(EMAIL, NEW_PASSWORD);
  });

  test('a notice goes to the address of its moment, even if a thief changes it before the mail is sent', async () => {
    const { client, mailbox, server } = await startOne();
    const { user } = await client.register();
    mailbox.failures.push(new Error('down'));
    await logInFrom(client, FIREFOX);
    await waitUntil(() => mailbox.attempts === 1);
    await server.orm.em
      .getConnection()
      .execute('update simplejwt_user set email = ? where id = ?', ['thief@example.com', user.id]);
    server.clock.advance(5 * SECOND);
    expect((await mailbox.next()).mail.to).toBe(EMAIL);
  });

  test('a reset of the password is told by mail too', async () => {
    const { client, mailbox } = await startOne();
    await client.register();
    await runMail(client, 'requestPasswordReset', { email: EMAIL });
    const { token } = await mailbox.next();
    await runMail(client, 'resetPassword', { code: token, newPassword: NEW_PASSWORD });
    expect((await mailbox.next()).mail.purpose).toBe('PASSWORD_CHANGED');
  });

  test('a detected reuse is told by mail, and the link ends every other session', async () => {
    const { client, mailbox, server } = await startOne();
    const pair = await client.register();
    const other = await client.login();
    await client.refresh(pair.refreshToken);
    await passTime(server, 11 * SECOND);
    expect(refusalOf(await client.tryRefresh(pair.refreshToken))).toBe('INVALID_REFRESH_TOKEN TOKEN_REUSED');
    const { mail, token } = await mailbox.next();
    expect(mail).toMatchObject({ purpose: 'REUSE_DETECTED', to: EMAIL });
    const ended = await runMail(client, 'endSessionWithCode', { code: token });
    expect(ended.endedSessionIds).toEqual([other.session.id]);
  });

  test('the links of two notices work each by itself, for seven days', async () => {
    const { client, mailbox, server } = await startOne();
    await client.register();
    const thieves = [await logInFrom(client, FIREFOX), await logInFrom(client, CHROME)];
    const [first, second] = [await mailbox.next(), await mailbox.next()];
    for (const [index, { token }] of [first, second].entries())
      expect((await runMail(client, 'endSessionWithCode', { code: token })).endedSessionIds).toEqual([
        thieves[index]?.session.id,
      ]);
    await logInFrom(client, 'Another device');
    const { token } = await mailbox.next();
    await passTime(server, 7 * DAY);
    expect(refusalOf(await tryMail(client, 'endSessionWithCode', { code: token }))).toBe(WRONG);
  });

  test('a GET of the link, as a mail scanner sends one, changes nothing', async () => {
    const { client, mailbox, server } = await startOne({ linkUrl: 'http://127.0.0.1/graphql' });
    await client.register();
    const thief = await logInFrom(client, FIREFOX);
    const { link, token } = await mailbox.next();
    await fetch(`${server.url}${link.pathname}${link.search}${link.hash}`);
    const query = `mutation { endSessionWithCode(input: { code: "${token}" }) { endedSessions } }`;
    await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    await expectGood(client, thief);
  });

  test('a user gets at most twenty notices a day', async () => {
    const { client, mailbox, server } = await startOne();
    await client.register();
    for (let count = 0; count < 23; count += 1) await logInFrom(client, `Device ${'x'.repeat(count)}`);
    await waitUntil(
      async () => (await server.orm.em.getConnection().execute('select id from simplejwt_mail')).length === 0,
    );
    expect(mailbox.mails).toHaveLength(20);
    await passTime(server, 72 * MINUTE + SECOND);
    await logInFrom(client, 'Yet another');
    await waitUntil(() => mailbox.mails.length === 21);
  });
});

test('no notice is sent unless the settings ask for it', async () => {
  const { client, mailbox } = await startMailing(start, {});
  const { accessToken } = await client.register();
  await client.tryLogin(EMAIL, PASSWORD, { 'user-agent': FIREFOX });
  await changePassword(client, accessToken);
  await runMail(client, 'requestPasswordReset', { email: EMAIL });
  expect((await mailbox.next()).mail.purpose).toBe('PASSWORD_RESET');
  expect(mailbox.mails).toEqual([]);
});
