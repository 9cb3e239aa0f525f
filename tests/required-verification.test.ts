import { NEW_PASSWORD } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { runMail, startMailing, tryMail } from './support/mail-operations.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { Page } from './support/page.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
const WRONG = 'INVALID_CREDENTIALS';

onEachDatabase((database) => {
  const startOne = async () =>
    startMailing(start, {
      emailVerification: 'required',
      loginByCode: true,
      databaseUrl: await database.fresh(),
    });

  test('an account is opened without a session, and a mailed link with the password lets it log in', async () => {
    const { client, mailbox } = await startOne();
    expect((await client.tryRegister()).data).toEqual({ register: null });
    expect(refusalOf(await client.tryLogin())).toBe('EMAIL_UNVERIFIED');
    const { mail, token, digits } = await mailbox.next();
    expect(mail).toMatchObject({ purpose: 'EMAIL_VERIFICATION', to: EMAIL });
    // Nobody has got the id that they would need.
    expect(digits).toBe('');
    await runMail(client, 'verifyEmail', { code: token, password: PASSWORD });
    expect((await client.login()).user.email).toBe(EMAIL);
  });

  test('a wrong password is refused as everywhere, whether or not the address is proved', async () => {
    const { client } = await startOne();
    await client.tryRegister();
    expect(refusalOf(await client.tryLogin(EMAIL, 'wrong'))).toBe(WRONG);
    expect(refusalOf(await client.tryLogin('nobody@example.com', PASSWORD))).toBe(WRONG);
  });

  test('a taken address gets the same answer as a free one, and its owner gets a mail', async () => {
    const { client, mailbox, server } = await startOne();
    await server.auth.createUser({ email: EMAIL, password: PASSWORD, isEmailVerified: true });
    const look = ({ status, text, headers }: Answer) => ({
      status,
      text,
      headers: [...headers].filter(([name]) => name !== 'date'),
    });
    const taken = await client.tryRegister(EMAIL, NEW_PASSWORD);
    expect(look(taken)).toEqual(look(await client.tryRegister('free@example.com', NEW_PASSWORD)));
    const mails = [await mailbox.next(), await mailbox.next()];
    expect(mails.map(({ mail }) => [mail.purpose, mail.to])).toEqual([
      ['EMAIL_TAKEN', EMAIL],
      ['EMAIL_VERIFICATION', 'free@example.com'],
    ]);
    expect(mails[0]?.link.href).toBe('https://app.example.com/');
    await client.login(EMAIL, PASSWORD);
    expect(refusalOf(await client.tryLogin(EMAIL, NEW_PASSWORD))).toBe(WRONG);
  });

  test('a password that nobody may use is named before anything else, for free and taken addresses alike', async () => {
    const { client, server } = await startOne();
    await server.auth.createUser({ email: EMAIL, password: PASSWORD });
    for (const email of [EMAIL, 'free@example.com'])
      expect(errorOf(await client.tryRegister(email, 'short')).extensions.fields).toEqual([
        { path: 'input.password', reason: 'PASSWORD_TOO_SHORT' },
      ]);
  });

  test('an account that a stranger registered in advance goes to whoever has the address', async () => {
    const { client, mailbox } = await startOne();
    await client.tryRegister(EMAIL, 'the password of a stranger');
    await mailbox.next();
    expect((await client.tryRegister()).data).toEqual({ register: null });
    const { mail, token } = await mailbox.next();
    expect(mail.purpose).toBe('EMAIL_VERIFICATION');
    expect(refusalOf(await tryMail(client, 'verifyEmail', { code: token, password: PASSWORD }))).toBe(WRONG);
    await runMail(client, 'verifyEmail', { code: token });
    for (const password of [PASSWORD, 'the password of a stranger'])
      expect(refusalOf(await client.tryLogin(EMAIL, password))).toBe(WRONG);
    await runMail(client, 'requestPasswordReset', { email: EMAIL });
    await runMail(client, 'resetPassword', { code: (await mailbox.next()).token, newPassword: NEW_PASSWORD });
    await client.login(EMAIL, NEW_PASSWORD);
  });

  test('ten registrations of one address at once open one account', async () => {
    const { client, server } = await startOne();
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.tryRegister()));
    expect(answers.map(({ text }) => text)).toEqual(answers.map(() => '{"data":{"register":null}}\n'));
    const users = await server.orm.em.getConnection().execute('select id from simplejwt_user');
    expect(users).toHaveLength(1);
  });

  test('an old address that may come back counts as taken', async () => {
    const { client, mailbox, server } = await startOne();
    await server.auth.createUser({ email: EMAIL, password: PASSWORD, isEmailVerified: true });
    const { accessToken } = await client.login();
    await runMail(client, 'requestEmailChange', { newEmail: 'new@example.com', password: PASSWORD }, accessToken);
    await runMail(client, 'confirmEmailChange', { code: (await mailbox.next()).token }, accessToken);
    const { token } = await mailbox.next();
    expect((await client.tryRegister()).data).toEqual({ register: null });
    await runMail(client, 'revertEmailChange', { code: token });
    // A mail to the taken address comes before, unless it was composed while nobody had that address.
    await waitUntil(() => mailbox.mails.some(({ purpose }) => purpose === 'PASSWORD_RESET'));
    const users = await server.orm.em.getConnection().execute('select id from simplejwt_user');
    expect(users).toHaveLength(1);
  });

  test.each(['resetPassword', 'loginWithCode'] as const)('%s proves the address too', async (operation) => {
    const { client, mailbox } = await startOne();
    await client.tryRegister();
    await mailbox.next();
    const request = operation === 'resetPassword' ? 'requestPasswordReset' : 'requestLoginCode';
    await runMail(client, request, { email: EMAIL });
    const newPassword = operation === 'resetPassword' ? { newPassword: NEW_PASSWORD } : {};
    const pair = await runMail(client, operation, { code: (await mailbox.next()).token, ...newPassword });
    expect(pair.user.isEmailVerified).toBe(true);
  });

  test('a registration in cookies sets none', async () => {
    const { server } = await startOne();
    const page = new Page(server);
    const input = { email: EMAIL, password: PASSWORD, delivery: 'COOKIES' };
    const answer = await page.run('mutation ($input: RegisterInput!) { register(input: $input) { csrfToken } }', {
      input,
    });
    expect(answer.data).toEqual({ register: null });
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

test.each([
  [{ emailVerification: 'required' as const }, 'verification'],
  [{ notices: ['NEW_DEVICE' as const] }, 'notices'],
])('the setting %j does not start without a mailer', async (settings, word) => {
  await expect(start(settings)).rejects.toThrow(word);
});
