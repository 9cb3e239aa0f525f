import { NEW_PASSWORD } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { expectGood, expectRevoked } from './support/expect-tokens.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { documentOf, runMail, startMailing, tryMail, verify } from './support/mail-operations.ts';
import { MINUTE } from './support/manual-clock.ts';
import { refusalOf } from './support/outcomes.ts';
import { Page } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
const WRONG = 'INVALID_CREDENTIALS';

onEachDatabase((database) => {
  const startOne = async (options: TestAuthOptions = {}) =>
    startMailing(start, { loginByCode: true, ...options, databaseUrl: await database.fresh() });

  test('the digits of a mail open a session, and everything else of a proved account stays', async () => {
    const { client, mailbox } = await startOne();
    const pair = await client.register();
    await verify(client, mailbox, pair);
    const { requestId } = await runMail(client, 'requestLoginCode', { email: EMAIL });
    const { mail, digits } = await mailbox.next();
    expect(mail).toMatchObject({ purpose: 'LOGIN', to: EMAIL });

    const opened = await runMail(client, 'loginWithCode', { code: digits, requestId });

    expect(opened.user.id).toBe(pair.user.id);
    await expectGood(client, opened);
    await expectGood(client, pair);
    await client.login();
  });

  test('a code proves an address: the password of a stranger who registered it is void, and every session ends', async () => {
    const { client, mailbox } = await startOne();
    const stranger = await client.register();
    await runMail(client, 'requestLoginCode', { email: EMAIL });
    const opened = await runMail(client, 'loginWithCode', { code: (await mailbox.next()).token });
    expect(opened.user.isEmailVerified).toBe(true);
    await expectRevoked(client, stranger);
    expect(refusalOf(await client.tryLogin())).toBe(WRONG);
    await expectGood(client, opened);
  });

  test('a code opens one session, of ten requests at once', async () => {
    const { client, mailbox } = await startOne();
    const pair = await client.register();
    await verify(client, mailbox, pair);
    await runMail(client, 'requestLoginCode', { email: EMAIL });
    const { token } = await mailbox.next();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => tryMail(client, 'loginWithCode', { code: token })),
    );
    expect(answers.filter(({ data }) => data?.loginWithCode)).toHaveLength(1);
    expect((await client.sessions(pair.accessToken)).data?.sessions).toHaveLength(2);
  });

  test('a mail that is sent again after its code was used brings no code', async () => {
    const { client, mailbox, server } = await startOne();
    await verify(client, mailbox, await client.register());
    let isDown = true;
    await hookStatements(server.orm, {
      before(sql) {
        if (isDown && /^delete from .simplejwt_mail/.test(sql)) throw new Error('down');
      },
    });
    await runMail(client, 'requestLoginCode', { email: EMAIL });
    const { token } = await mailbox.next();
    await waitUntil(() => server.log() !== '');
    await runMail(client, 'loginWithCode', { code: token });
    isDown = false;
    server.clock.advance(2 * MINUTE);
    await waitUntil(
      async () => (await server.orm.em.getConnection().execute('select * from simplejwt_mail')).length === 0,
    );
    expect(mailbox.mails).toEqual([]);
    expect(refusalOf(await tryMail(client, 'loginWithCode', { code: token }))).toBe(WRONG);
  });

  test('a code is refused after half an hour, and for another purpose', async () => {
    const { client, mailbox, server } = await startOne();
    await client.register();
    await runMail(client, 'requestLoginCode', { email: EMAIL });
    const login = await mailbox.next();
    await runMail(client, 'requestPasswordReset', { email: EMAIL });
    const reset = await mailbox.next();
    expect(refusalOf(await tryMail(client, 'loginWithCode', { code: reset.token }))).toBe(WRONG);
    const input = { code: login.token, newPassword: NEW_PASSWORD };
    expect(refusalOf(await tryMail(client, 'resetPassword', input))).toBe(WRONG);
    await passTime(server, 30 * MINUTE);
    expect(refusalOf(await tryMail(client, 'loginWithCode', { code: login.token }))).toBe(WRONG);
  });

  test('an e-mail without an account gets the same answer, and no mail', async () => {
    const { client, mailbox } = await startOne();
    await client.register();
    const look = ({ status, text }: Answer) => ({ status, text: text.replace(/[0-9a-f-]{36}/, 'ID') });
    const nobody = await tryMail(client, 'requestLoginCode', { email: 'nobody@example.com' });
    expect(look(nobody)).toEqual(look(await tryMail(client, 'requestLoginCode', { email: EMAIL })));
    expect((await mailbox.next()).mail.to).toBe(EMAIL);
    expect(mailbox.mails).toEqual([]);
  });

  test('a login in cookies delivers the pair in cookies', async () => {
    const { client, mailbox, server } = await startOne();
    await client.register();
    await runMail(client, 'requestLoginCode', { email: EMAIL });
    const page = new Page(server);
    const input = { code: (await mailbox.next()).token, delivery: 'COOKIES' };
    const { data } = await page.run(documentOf('loginWithCode'), { input });
    expect(data.loginWithCode).toMatchObject({ accessToken: null, refreshToken: null });
    expect((await page.me()).data.me.id).toBe(data.loginWithCode.user.id);
  });

  test('one session more than allowed ends the oldest', async () => {
    const { client, mailbox } = await startOne({ maxSessions: 2 });
    const first = await client.register();
    await verify(client, mailbox, first);
    await client.login(EMAIL, PASSWORD);
    await runMail(client, 'requestLoginCode', { email: EMAIL });
    await runMail(client, 'loginWithCode', { code: (await mailbox.next()).token });
    await expectRevoked(client, first);
  });
});

test('without the setting there is no login by code', async () => {
  const { client } = await startMailing(start, {});
  for (const operation of ['requestLoginCode', 'loginWithCode'] as const) {
    const answer = await tryMail(client, operation, {});
    expect(answer.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  }
});
