import { changePassword, NEW_PASSWORD, securityEvents, tryChangePassword } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked } from './support/expect-tokens.ts';
import { type Answer, EMAIL, type GraphQLClient, PASSWORD } from './support/graphql-client.ts';
import { Mailbox } from './support/mailbox.ts';
import { refusalOf } from './support/outcomes.ts';
import { Page } from './support/page.ts';
import type { TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const WRONG = 'INVALID_CREDENTIALS';
const VERIFY = `mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { user { id email isEmailVerified } } }`;

type Mailed = 'requestEmailVerification' | 'requestPasswordReset';

async function request(
  client: GraphQLClient,
  field: Mailed = 'requestEmailVerification',
  email = EMAIL,
): Promise<string> {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { isAccepted requestId } }`;
  const { data, text } = await client.run(query, { input: { email } });
  if (!data?.[field]) throw new Error(`The request was refused: ${text}`);
  return data[field].requestId;
}

interface Proof {
  readonly code: string;
  readonly requestId?: string;
  readonly password?: string;
}

async function tryVerify(client: GraphQLClient, proof: Proof, accessToken?: string): Promise<Answer> {
  return client.run(VERIFY, { input: proof }, accessToken);
}

async function isVerified(client: GraphQLClient, accessToken: string): Promise<boolean> {
  return (await client.run('{ me { isEmailVerified } }', {}, accessToken)).data.me.isEmailVerified;
}

async function resetPassword(client: GraphQLClient, code: string, newPassword = NEW_PASSWORD): Promise<Answer> {
  const query = `mutation ($input: ResetPasswordInput!) {
    resetPassword(input: $input) { accessToken refreshToken user { isEmailVerified } }
  }`;
  return client.run(query, { input: { code, newPassword } });
}

onEachDatabase((database) => {
  const startOne = async (options: TestAuthOptions = {}) => {
    const mailbox = new Mailbox();
    const databaseUrl = await database.fresh();
    const server = await start({
      mailer: mailbox.mailer,
      linkUrl: 'https://app.example.com/',
      ...options,
      databaseUrl,
    });
    return { server, client: server.client, mailbox };
  };

  describe('an address is proved, and everything else stays,', () => {
    test('by the digits of the mail within a session of the account', async () => {
      const { client, mailbox } = await startOne();
      const pair = await client.register();
      const other = await client.login();
      expect(await isVerified(client, pair.accessToken)).toBe(false);
      const requestId = await request(client);
      const { digits, mail } = await mailbox.next();
      expect(mail).toMatchObject({ purpose: 'EMAIL_VERIFICATION', to: EMAIL });

      const { data } = await tryVerify(client, { code: digits, requestId }, pair.accessToken);

      expect(data.verifyEmail.user).toEqual({ id: pair.user.id, email: EMAIL, isEmailVerified: true });
      expect(await isVerified(client, pair.accessToken)).toBe(true);
      await expectGood(client, pair);
      await expectGood(client, other);
      await client.login();
      const types = (await securityEvents(client, pair.accessToken)).map(({ type }) => type);
      expect(types).toContain('EMAIL_VERIFIED');
    });

    test('by the link with the password, without a session', async () => {
      const { client, mailbox } = await startOne();
      const pair = await client.register();
      await request(client);
      const { token } = await mailbox.next();
      const answer = await tryVerify(client, { code: token, password: PASSWORD });
      expect(answer.data.verifyEmail.user.isEmailVerified).toBe(true);
      await expectGood(client, pair);
    });

    test('in a session that is in cookies, with its CSRF token', async () => {
      const { server, client, mailbox } = await startOne();
      const page = new Page(server);
      await page.register('COOKIES');
      await request(client);
      const { token } = await mailbox.next();
      const answer = await page.run(VERIFY, { input: { code: token } });
      expect(answer.data.verifyEmail.user.isEmailVerified).toBe(true);
      expect((await page.me()).data.me.id).toBe(answer.data.verifyEmail.user.id);
    });

    test('by a password reset, which then ends the sessions as it does', async () => {
      const { client, mailbox } = await startOne();
      await client.register();
      await request(client, 'requestPasswordReset');
      const answer = await resetPassword(client, (await mailbox.next()).token);
      expect(answer.data.resetPassword.user.isEmailVerified).toBe(true);
    });
  });

  describe('an account that a stranger registered in advance with the address of somebody else', () => {
    test('is worth nothing once its owner opens the link: the password is void, and every session ends', async () => {
      const { client, mailbox } = await startOne();
      const stranger = await client.register();
      await request(client);
      const { token } = await mailbox.next();

      expect((await tryVerify(client, { code: token })).data.verifyEmail.user.isEmailVerified).toBe(true);

      await expectRevoked(client, stranger);
      expect(refusalOf(await client.tryLogin(EMAIL, PASSWORD))).toBe(WRONG);
      for (const password of ['', ' ', 'x']) expect(refusalOf(await client.tryLogin(EMAIL, password))).not.toBe('');
      await request(client, 'requestPasswordReset');
      const { data } = await resetPassword(client, (await mailbox.next()).token);
      expect(await isVerified(client, data.resetPassword.accessToken)).toBe(true);
      await client.login(EMAIL, NEW_PASSWORD);
    });

    test('is not saved by a session of another user', async () => {
      const { client, mailbox } = await startOne();
      const stranger = await client.register();
      const owner = await client.register('owner@example.com');
      await request(client);
      const { token } = await mailbox.next();
      await tryVerify(client, { code: token }, owner.accessToken);
      await expectRevoked(client, stranger);
      await expectGood(client, owner);
    });

    test('is not saved by a cookie of the stranger without its CSRF token', async () => {
      const { server, client, mailbox } = await startOne();
      const page = new Page(server);
      await page.register('COOKIES');
      await request(client);
      const { token } = await mailbox.next();
      await page.run(VERIFY, { input: { code: token } }, { 'x-csrf-token': undefined });
      expect(refusalOf(await page.me())).toBe('UNAUTHENTICATED TOKEN_REVOKED');
    });

    test('has no password that could be changed, until a reset sets one', async () => {
      const { server, client, mailbox } = await startOne();
      const { user } = await client.register();
      await request(client);
      await tryVerify(client, { code: (await mailbox.next()).token });
      const session = await server.auth.openSession({ userId: user.id });
      for (const password of [PASSWORD, 'x'])
        expect(refusalOf(await tryChangePassword(client, session?.accessToken, password))).toBe(WRONG);
      expect(refusalOf(await tryChangePassword(client, session?.accessToken, ''))).toBe('BAD_USER_INPUT');
    });
  });

  describe('a proof is refused', () => {
    test('with a wrong password, and the code stays good', async () => {
      const { client, mailbox } = await startOne();
      const pair = await client.register();
      await request(client);
      const { token } = await mailbox.next();
      expect(refusalOf(await tryVerify(client, { code: token, password: 'wrong' }))).toBe(WRONG);
      await expectGood(client, pair);
      expect((await tryVerify(client, { code: token, password: PASSWORD })).errors).toEqual([]);
    });

    test('with a code that was used, and with that of another purpose', async () => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      await request(client, 'requestPasswordReset');
      const reset = await mailbox.next();
      await request(client);
      const { token } = await mailbox.next();
      expect(refusalOf(await tryVerify(client, { code: reset.token }, accessToken))).toBe(WRONG);
      expect(refusalOf(await resetPassword(client, token))).toBe(WRONG);
      await tryVerify(client, { code: token }, accessToken);
      expect(refusalOf(await tryVerify(client, { code: token }, accessToken))).toBe(WRONG);
      expect((await resetPassword(client, reset.token)).errors).toEqual([]);
    });

    test('with a code from before the password was changed', async () => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      await request(client);
      const { token } = await mailbox.next();
      await changePassword(client, accessToken);
      expect(refusalOf(await tryVerify(client, { code: token }))).toBe(WRONG);
      await client.login(EMAIL, NEW_PASSWORD);
    });
  });

  test('an address that is proved already, and one without an account, get no mail and the same answer', async () => {
    const { client, mailbox } = await startOne();
    const { accessToken } = await client.register();
    await request(client);
    await tryVerify(client, { code: (await mailbox.next()).token }, accessToken);
    await request(client);
    await request(client, 'requestEmailVerification', 'nobody@example.com');
    await request(client, 'requestPasswordReset');
    expect((await mailbox.next()).mail.purpose).toBe('PASSWORD_RESET');
    expect(mailbox.mails).toEqual([]);
  });
});
