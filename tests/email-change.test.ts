import {
  administrateWell,
  changePassword,
  NEW_PASSWORD,
  newAdministrator,
  securityEvents,
} from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { expectGood, expectRevoked } from './support/expect-tokens.ts';
import { EMAIL, PASSWORD } from './support/graphql-client.ts';
import { runMail, startMailing, tryMail } from './support/mail-operations.ts';
import { DAY, MINUTE } from './support/manual-clock.ts';
import { countBy, errorOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const WRONG = 'INVALID_CREDENTIALS';
const NEW = 'ada@new.example.com';
const TAKEN = [{ path: 'input.email', reason: 'EMAIL_TAKEN' }];

onEachDatabase((database) => {
  async function startOne(options: TestAuthOptions = {}) {
    const mailing = await startMailing(start, { ...options, databaseUrl: await database.fresh() });
    const { client, mailbox } = mailing;
    /** Changes the e-mail of a session's user, and reads the mail that the old address gets. */
    async function change(accessToken: string, newEmail = NEW, password: string | null = PASSWORD) {
      await runMail(client, 'requestEmailChange', { newEmail, password }, accessToken);
      const { mail, token } = await mailbox.next();
      expect(mail).toMatchObject({ purpose: 'EMAIL_CHANGE', to: newEmail });
      await runMail(client, 'confirmEmailChange', { code: token }, accessToken);
      const told = await mailbox.next();
      expect(told.mail.purpose).toBe('EMAIL_REVERT');
      return told;
    }
    return { ...mailing, change };
  }

  describe('a change of the e-mail', () => {
    test('is made with the password and the digits from the new address, and sessions go on', async () => {
      const { client, mailbox } = await startOne();
      const pair = await client.register();
      const other = await client.login();
      const input = { newEmail: ` ${NEW.toUpperCase()} `, password: PASSWORD };
      const { requestId } = await runMail(client, 'requestEmailChange', input, pair.accessToken);
      const { digits, mail } = await mailbox.next();
      expect(mail.to).toBe(NEW);
      expect((await client.me(pair.accessToken)).data.me.email).toBe(EMAIL);

      const user = await runMail(client, 'confirmEmailChange', { code: digits, requestId }, pair.accessToken);

      expect(user).toEqual({ id: pair.user.id, email: NEW, isEmailVerified: true });
      await expectGood(client, await client.refresh(pair.refreshToken));
      await expectGood(client, await client.refresh(other.refreshToken));
      expect(refusalOf(await client.tryLogin(EMAIL))).toBe(WRONG);
      const { accessToken } = await client.login(NEW);
      const types = (await securityEvents(client, accessToken)).map(({ type }) => type);
      expect(types).toContain('EMAIL_CHANGED');
      const told = await mailbox.next();
      expect(told.mail).toMatchObject({ purpose: 'EMAIL_REVERT', to: EMAIL });
      expect(told.mail.text).toContain('7 days');
      expect(told.digits).toBe('');
    });

    test.each([
      ['a wrong password', 'wrong'],
      ['no password', null],
      ['an empty password', ''],
    ])('is refused with %s, and put on record', async (_what, password) => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      const answer = await tryMail(client, 'requestEmailChange', { newEmail: NEW, password }, accessToken);
      expect(refusalOf(answer)).toBe(WRONG);
      expect((await securityEvents(client, accessToken))[0]?.type).toBe('EMAIL_CHANGE_FAILED');
      expect(mailbox.mails).toEqual([]);
    });

    test('is refused to another session of the user, and to another user', async () => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      const others = [await client.login(), await client.register('eve@example.com')];
      await runMail(client, 'requestEmailChange', { newEmail: NEW, password: PASSWORD }, accessToken);
      const { token } = await mailbox.next();
      for (const other of others)
        expect(refusalOf(await tryMail(client, 'confirmEmailChange', { code: token }, other.accessToken))).toBe(WRONG);
      expect(refusalOf(await tryMail(client, 'confirmEmailChange', { code: token }))).toBe(
        'UNAUTHENTICATED TOKEN_MISSING',
      );
      await runMail(client, 'confirmEmailChange', { code: token }, accessToken);
    });

    test('happens once, of ten confirmations at once', async () => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      await runMail(client, 'requestEmailChange', { newEmail: NEW, password: PASSWORD }, accessToken);
      const { token } = await mailbox.next();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => tryMail(client, 'confirmEmailChange', { code: token }, accessToken)),
      );
      expect(answers.filter(({ data }) => data?.confirmEmailChange)).toHaveLength(1);
    });

    test('voids pending codes, and is voided by a new password and by a newer request', async () => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      const ask = async (newEmail: string) => {
        await runMail(client, 'requestEmailChange', { newEmail, password: PASSWORD }, accessToken);
        return mailbox.next();
      };
      await runMail(client, 'requestPasswordReset', { email: EMAIL });
      const reset = await mailbox.next();
      const [older, newer] = [await ask(NEW), await ask('ada@newest.example.com')];
      expect(refusalOf(await tryMail(client, 'confirmEmailChange', { code: older.token }, accessToken))).toBe(WRONG);
      await runMail(client, 'confirmEmailChange', { code: newer.token }, accessToken);
      const input = { code: reset.token, newPassword: NEW_PASSWORD };
      expect(refusalOf(await tryMail(client, 'resetPassword', input))).toBe(WRONG);

      const eve = await client.register('eve@example.com');
      await runMail(client, 'requestEmailChange', { newEmail: NEW, password: PASSWORD }, eve.accessToken);
      await mailbox.next();
      const { token } = await mailbox.next();
      const changed = await changePassword(client, eve.accessToken);
      expect(refusalOf(await tryMail(client, 'confirmEmailChange', { code: token }, changed.accessToken))).toBe(WRONG);
    });

    test('to the address of another account answers the same, and its owner is told', async () => {
      const { client, mailbox } = await startOne();
      await client.register('bob@example.com');
      const { accessToken } = await client.register();
      const look = ({ status, text }: { status: number; text: string }) => ({
        status,
        text: text.replace(/[0-9a-f-]{36}/, 'ID'),
      });
      const ask = async (newEmail: string) =>
        look(await tryMail(client, 'requestEmailChange', { newEmail, password: PASSWORD }, accessToken));
      expect(await ask('bob@example.com')).toEqual(await ask(NEW));
      const mails = [await mailbox.next(), await mailbox.next()];
      expect(mails.map(({ mail }) => [mail.purpose, mail.to])).toEqual([
        ['EMAIL_TAKEN', 'bob@example.com'],
        ['EMAIL_CHANGE', NEW],
      ]);
    });

    test('to an address that somebody has got meanwhile is refused by name, and the code stays good', async () => {
      const { client, mailbox, server } = await startOne();
      const { accessToken } = await client.register();
      await runMail(client, 'requestEmailChange', { newEmail: NEW, password: PASSWORD }, accessToken);
      const { token } = await mailbox.next();
      const { id } = await server.auth.createUser({ email: NEW, password: PASSWORD });
      const answer = await tryMail(client, 'confirmEmailChange', { code: token }, accessToken);
      expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.code', reason: 'EMAIL_TAKEN' }]);
      const administrator = await newAdministrator(server);
      await administrateWell(client, 'deleteUser', id, administrator.accessToken);
      await runMail(client, 'confirmEmailChange', { code: token }, accessToken);
    });

    test('has mails to five new addresses an hour sent, and the log names those that are not', async () => {
      const { client, mailbox, server } = await startOne();
      const { accessToken } = await client.register();
      for (let count = 0; count < 7; count += 1) {
        const newEmail = `ada-${count}@example.com`;
        await runMail(client, 'requestEmailChange', { newEmail, password: PASSWORD }, accessToken);
      }
      for (let count = 0; count < 5; count += 1)
        expect((await mailbox.next()).mail.to).toBe(`ada-${count}@example.com`);
      expect(mailbox.mails).toEqual([]);
      expect(server.log().match(/"message":"The mail \S+ \(EMAIL_CHANGE\) was not queued/g)).toHaveLength(2);
      expect(server.log()).not.toContain('ada-');
    });

    test('of a user without a password needs a login of the last fifteen minutes', async () => {
      const { client, mailbox, server, change } = await startOne({ loginByCode: true });
      await client.register();
      const logIn = async () => {
        await runMail(client, 'requestLoginCode', { email: EMAIL });
        return runMail(client, 'loginWithCode', { code: (await mailbox.next()).token });
      };
      const old = await logIn();
      await passTime(server, 15 * MINUTE);
      const { accessToken } = await client.refresh(old.refreshToken);
      for (const password of [null, PASSWORD, 'wrong']) {
        const answer = await tryMail(client, 'requestEmailChange', { newEmail: NEW, password }, accessToken);
        expect(refusalOf(answer)).toBe(WRONG);
      }
      await change((await logIn()).accessToken, NEW, null);
    });
  });

  describe('the old address', () => {
    test('brings itself back, which ends every session, voids the password and opens nothing', async () => {
      const { client, change, mailbox } = await startOne();
      const thief = await client.register();
      const { token } = await change(thief.accessToken);
      const others = [await client.login(NEW), await client.login(NEW)];

      const answer = await tryMail(client, 'revertEmailChange', { code: token });

      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(answer.text).not.toContain('Token"');
      for (const other of others) await expectRevoked(client, other);
      for (const email of [EMAIL, NEW]) expect(refusalOf(await client.tryLogin(email))).toBe(WRONG);
      const { digits, mail } = await mailbox.next();
      expect(mail).toMatchObject({ purpose: 'PASSWORD_RESET', to: EMAIL });
      const { requestId } = answer.data.revertEmailChange;
      const pair = await runMail(client, 'resetPassword', { code: digits, requestId, newPassword: NEW_PASSWORD });
      expect(pair.user).toEqual({ id: thief.user.id, email: EMAIL, isEmailVerified: true });
      const events = (await securityEvents(client, pair.accessToken)).map(({ type, cause }) => cause ?? type);
      expect(events).toContain('EMAIL_REVERTED');
    });

    test('can do so after the thief has changed the password and the address once more, and the thief cannot', async () => {
      const { client, change } = await startOne();
      const pair = await client.register();
      const first = await change(pair.accessToken);
      const changed = await changePassword(client, (await client.refresh(pair.refreshToken)).accessToken);
      const second = await change(changed.accessToken, 'thief@example.com', NEW_PASSWORD);
      await runMail(client, 'revertEmailChange', { code: first.token });
      for (const { token } of [first, second])
        expect(refusalOf(await tryMail(client, 'revertEmailChange', { code: token }))).toBe(WRONG);
      await runMail(client, 'requestPasswordReset', { email: EMAIL });
    });

    test('is reserved for seven days: nobody can register it, change to it or be created with it', async () => {
      const { client, change, mailbox, server } = await startOne();
      const pair = await client.register();
      const { token } = await change(pair.accessToken);
      const eve = await client.register('eve@example.com');

      expect(errorOf(await client.tryRegister()).extensions.fields).toEqual(TAKEN);
      await expect(server.auth.createUser({ email: EMAIL, password: PASSWORD })).rejects.toMatchObject({
        extensions: { fields: TAKEN },
      });
      await runMail(client, 'requestEmailChange', { newEmail: EMAIL, password: PASSWORD }, eve.accessToken);
      const code = (await mailbox.next()).token;
      const answer = await tryMail(client, 'confirmEmailChange', { code }, eve.accessToken);
      expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.code', reason: 'EMAIL_TAKEN' }]);

      await passTime(server, 7 * DAY);
      expect(refusalOf(await tryMail(client, 'revertEmailChange', { code: token }))).toBe(WRONG);
      await client.register();
    });

    test('is not reserved for its own user, nor any longer once the user is deleted', async () => {
      const { client, change, server } = await startOne();
      const pair = await client.register();
      await change(pair.accessToken);
      await change((await client.refresh(pair.refreshToken)).accessToken, EMAIL);
      const administrator = await newAdministrator(server);
      await administrateWell(client, 'deleteUser', pair.user.id, administrator.accessToken);
      for (const email of [NEW, EMAIL]) expect((await client.register(email)).user.email).toBe(email);
    });

    test('comes back once, of ten at once, and while the account is changed at the same time', async () => {
      const { client, change, server } = await startOne();
      const pair = await client.register();
      const administrator = await newAdministrator(server);
      const { token } = await change(pair.accessToken);
      const roles = (role: string) =>
        administrateWell(client, 'setUserRoles', pair.user.id, administrator.accessToken, [role]);
      const [answers] = await Promise.all([
        Promise.all(Array.from({ length: 10 }, () => tryMail(client, 'revertEmailChange', { code: token }))),
        roles('A'),
        roles('B'),
      ]);
      const outcomes = countBy(answers, (answer) => (answer.data?.revertEmailChange ? 'reverted' : refusalOf(answer)));
      expect(outcomes).toEqual({ reverted: 1, [WRONG]: 9 });
    });

    test('is not changed by whoever registers it in the moment in which it gets free', async () => {
      const { client, mailbox } = await startOne();
      const { accessToken } = await client.register();
      await runMail(client, 'requestEmailChange', { newEmail: NEW, password: PASSWORD }, accessToken);
      const { token } = await mailbox.next();
      const [, ...answers] = await Promise.all([
        runMail(client, 'confirmEmailChange', { code: token }, accessToken),
        ...Array.from({ length: 5 }, () => client.tryRegister()),
      ]);
      for (const answer of answers) expect(errorOf(answer).extensions.fields).toEqual(TAKEN);
    });
  });
});
