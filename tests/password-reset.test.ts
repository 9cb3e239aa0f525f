import {
  administrateWell,
  changePassword,
  NEW_PASSWORD,
  newAdministrator,
  securityEvents,
} from './support/accounts.ts';
import { type MessageParameters, type Messages, SHIPPED_MESSAGES } from '../src/index.ts';
import { onEachDatabase } from './support/databases.ts';
import { hookStatements } from './support/driver-faults.ts';
import { Mail } from './support/entities.ts';
import { expectGood, expectRevoked } from './support/expect-tokens.ts';
import { type Answer, EMAIL, type Pair, PASSWORD } from './support/graphql-client.ts';
import { Mailbox } from './support/mailbox.ts';
import { HOUR, MINUTE, SECOND } from './support/manual-clock.ts';
import { countBy, errorOf, refusalOf } from './support/outcomes.ts';
import { Page } from './support/page.ts';
import { passTime } from './support/pass-time.ts';
import type { TestAuth, TestAuthOptions } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
const LINK_URL = 'https://app.example.com/account?from=mail';
const PAIR = `accessToken refreshToken session { id } user { id email }`;
const WRONG = 'INVALID_CREDENTIALS';

async function tryRequest({ client }: Pick<TestAuth, 'client'>, email = EMAIL, headers = {}): Promise<Answer> {
  const query =
    'mutation ($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { isAccepted requestId } }';
  return client.run(query, { input: { email } }, undefined, headers);
}

async function request(server: Pick<TestAuth, 'client'>, email = EMAIL): Promise<string> {
  const { data, text } = await tryRequest(server, email);
  if (!data?.requestPasswordReset) throw new Error(`The request was refused: ${text}`);
  return data.requestPasswordReset.requestId;
}

interface Reset {
  readonly code: string;
  readonly requestId?: string;
  readonly newPassword?: string;
}

async function tryReset({ client }: Pick<TestAuth, 'client'>, reset: Reset): Promise<Answer> {
  const query = `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { ${PAIR} } }`;
  return client.run(query, { input: { newPassword: NEW_PASSWORD, ...reset } });
}

async function resetWell(server: Pick<TestAuth, 'client'>, reset: Reset): Promise<Pair> {
  const { data, text } = await tryReset(server, reset);
  if (!data?.resetPassword) throw new Error(`The password was not reset: ${text}`);
  return data.resetPassword;
}

/** Digits that are not the right ones. */
function wrong(digits: string, difference = 1): string {
  return String((Number(digits) + difference) % 1_000_000).padStart(6, '0');
}

onEachDatabase((database) => {
  const startOne = async (options: TestAuthOptions = {}) => {
    const mailbox = new Mailbox();
    const databaseUrl = options.databaseUrl ?? (await database.fresh());
    const server = await start({ mailer: mailbox.mailer, linkUrl: LINK_URL, ...options, databaseUrl });
    return { server, mailbox };
  };

  test('the digits of the mail set a new password, end every session and open one', async () => {
    const { server, mailbox } = await startOne();
    const { client } = server;
    const sessions = [await client.register(), await client.login()];
    const requestId = await request(server);
    const { mail, digits } = await mailbox.next();
    expect(mail).toMatchObject({ id: requestId, purpose: 'PASSWORD_RESET', to: EMAIL });

    const pair = await resetWell(server, { code: digits, requestId });

    for (const session of sessions) await expectRevoked(client, session);
    await expectGood(client, pair);
    expect(refusalOf(await client.tryLogin(EMAIL, PASSWORD))).toBe(WRONG);
    const { accessToken } = await client.login(EMAIL, NEW_PASSWORD);
    const events = (await securityEvents(client, accessToken)).map(({ type, cause }) => [type, cause]);
    expect(events).toContainEqual(['PASSWORD_RESET', null]);
    expect(events.filter(([, cause]) => cause === 'PASSWORD_RESET')).toHaveLength(2);
  });

  test('the token of the link works alone, and only in the fragment of the link', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    await request(server);
    const { link, token, mail } = await mailbox.next();
    expect(link.href.slice(0, -link.hash.length)).toBe(LINK_URL);
    expect(link.hash).toBe(`#purpose=PASSWORD_RESET&code=${token}`);
    expect(mail.html).toContain(`href="${link.href.replaceAll('&', '&amp;')}"`);
    expect((await resetWell(server, { code: token })).user.email).toBe(EMAIL);
  });

  test('a code is good for one use, also of ten at once', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    await request(server);
    const { token } = await mailbox.next();
    const answers = await Promise.all(Array.from({ length: 10 }, () => tryReset(server, { code: token })));
    const refused = answers.filter(({ data }) => data?.resetPassword === null);
    expect(refused).toHaveLength(9);
    for (const answer of refused) expect(refusalOf(answer)).toBe(WRONG);
    expect(refusalOf(await tryReset(server, { code: token }))).toBe(WRONG);
  });

  test('an e-mail without an account gets the same answers, and no mail', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    const look = ({ status, text, headers }: Answer) => ({
      status,
      text: text.replace(/[0-9a-f-]{36}/, 'ID'),
      headers: [...headers].filter(([name]) => name !== 'date'),
    });
    const nobody = 'nobody@example.com';
    expect(look(await tryRequest(server, nobody))).toEqual(look(await tryRequest(server)));
    const { digits } = await mailbox.next();
    const ids = { known: await request(server), unknown: await request(server, nobody) };
    const again = await mailbox.next();
    for (const code of [wrong(again.digits), digits === again.digits ? wrong(digits) : digits]) {
      const answers = await Promise.all(
        [ids.known, ids.unknown].map((requestId) => tryReset(server, { code, requestId })),
      );
      expect(look(answers[0]!)).toEqual(look(answers[1]!));
      expect(refusalOf(answers[0]!)).toBe(WRONG);
    }
    expect(mailbox.mails).toEqual([]);
    expect(server.log()).toBe('');
  });

  test('the digits need the id of their request', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    await server.client.register('eve@example.com');
    const requestId = await request(server);
    const { digits } = await mailbox.next();
    const other = await request(server, 'eve@example.com');
    await mailbox.next();
    for (const given of [undefined, other, 'x', '01b8dd58-e200-71d2-9b97-5156f38e0f73'])
      expect(
        refusalOf(await tryReset(server, { code: digits, ...(given === undefined ? {} : { requestId: given }) })),
      ).toBe(WRONG);
    await resetWell(server, { code: digits, requestId });
  });

  test.each([
    '',
    '12345',
    '1234567',
    '12345a',
    'x'.repeat(43),
    'A'.repeat(43),
    ' 123456',
    'ä'.repeat(6),
    '１２３４５６',
  ])('text that is no code is refused as a wrong one: %s', async (code) => {
    const { server } = await startOne();
    expect(refusalOf(await tryReset(server, { code, requestId: '01b8dd58-e200-71d2-9b97-5156f38e0f73' }))).toBe(WRONG);
  });

  test('the digits of a request have five tries, also at once, and the link still works', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    const requestId = await request(server);
    const { digits, token } = await mailbox.next();
    await Promise.all(
      Array.from({ length: 5 }, (_, index) => tryReset(server, { code: wrong(digits, index + 1), requestId })),
    );
    expect(refusalOf(await tryReset(server, { code: digits, requestId }))).toBe(WRONG);
    await resetWell(server, { code: token });
  });

  test('an account has twenty tries of digits a day, of all its requests together', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    for (let round = 0; round < 4; round += 1) {
      const requestId = await request(server);
      const { digits } = await mailbox.next();
      for (let count = 0; count < 5; count += 1) await tryReset(server, { code: wrong(digits, count + 1), requestId });
    }
    const requestId = await request(server);
    const { digits, token } = await mailbox.next();
    expect(refusalOf(await tryReset(server, { code: digits, requestId }))).toBe(WRONG);
    await resetWell(server, { code: token });
  });

  describe('a pending code is void', () => {
    test('once there is a newer request', async () => {
      const { server, mailbox } = await startOne();
      await server.client.register();
      const first = await request(server);
      const old = await mailbox.next();
      await request(server);
      const { token } = await mailbox.next();
      expect(refusalOf(await tryReset(server, { code: old.digits, requestId: first }))).toBe(WRONG);
      expect(refusalOf(await tryReset(server, { code: old.token }))).toBe(WRONG);
      await resetWell(server, { code: token });
    });

    test('once the password was changed', async () => {
      const { server, mailbox } = await startOne();
      const { accessToken } = await server.client.register();
      await request(server);
      const { token } = await mailbox.next();
      await changePassword(server.client, accessToken);
      expect(refusalOf(await tryReset(server, { code: token, newPassword: 'a third horse battery' }))).toBe(WRONG);
    });

    test('once the user was deactivated or deleted', async () => {
      const { server, mailbox } = await startOne();
      const administrator = await newAdministrator(server);
      for (const operation of ['deactivateUser', 'deleteUser'] as const) {
        const { user } = await server.client.register(`${operation}@example.com`);
        await request(server, user.email);
        const { token } = await mailbox.next();
        await administrateWell(server.client, operation, user.id, administrator.accessToken);
        expect(refusalOf(await tryReset(server, { code: token }))).toBe(WRONG);
      }
    });

    test('after half an hour', async () => {
      const { server, mailbox } = await startOne();
      await server.client.register();
      await request(server);
      const { token, mail } = await mailbox.next();
      expect(mail.text).toContain('30 minutes');
      await passTime(server, 30 * MINUTE);
      expect(refusalOf(await tryReset(server, { code: token }))).toBe(WRONG);
      await passTime(server, HOUR + 1);
      expect((await server.auth.purge()).oneTimeCodes).toBe(1);
    });
  });

  test('a new password that is refused leaves the code good', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    const requestId = await request(server);
    const { digits } = await mailbox.next();
    for (const [newPassword, reason] of [
      ['short', 'PASSWORD_TOO_SHORT'],
      ['password1', 'PASSWORD_COMMON'],
      [EMAIL, 'PASSWORD_IS_EMAIL'],
    ] as const) {
      const answer = await tryReset(server, { code: digits, requestId, newPassword });
      expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.newPassword', reason }]);
    }
    await resetWell(server, { code: digits, requestId });
  });

  test('a deactivated account gets no mail', async () => {
    const { server, mailbox } = await startOne();
    const administrator = await newAdministrator(server);
    const { user } = await server.client.register();
    await administrateWell(server.client, 'deactivateUser', user.id, administrator.accessToken);
    await request(server);
    await request(server, administrator.user.email);
    expect((await mailbox.next()).mail.to).toBe(administrator.user.email);
    expect(mailbox.mails).toEqual([]);
  });

  test('an address gets five mails an hour, and every request the same answer', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    for (let count = 0; count < 12; count += 1) await request(server);
    await request(server, 'nobody@example.com');
    await waitUntil(() => mailbox.mails.length === 5);
    await passTime(server, 12 * MINUTE);
    await request(server);
    await waitUntil(() => mailbox.mails.length > 5);
    expect(mailbox.mails).toHaveLength(6);
  });

  test('the tables hold no code', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    await request(server);
    const { digits, token } = await mailbox.next();
    const tables = ['mail', 'one_time_code', 'rate_limit', 'security_event'];
    const rows = await Promise.all(
      tables.map((table) => server.orm.em.getConnection().execute(`select * from simplejwt_${table}`)),
    );
    const dump = JSON.stringify(rows);
    expect(dump).not.toContain(token);
    expect(dump).not.toMatch(new RegExp(`"${digits}"`));
  });

  test('a reset in cookies delivers the pair in cookies', async () => {
    const { server, mailbox } = await startOne();
    await server.client.register();
    await request(server);
    const { token } = await mailbox.next();
    const page = new Page(server);
    const input = { code: token, newPassword: NEW_PASSWORD, delivery: 'COOKIES' };
    const query = `mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { ${PAIR} } }`;
    const answer = await page.run(query, { input });
    expect(answer.data.resetPassword).toMatchObject({ accessToken: null, refreshToken: null });
    expect((await page.me()).data.me.id).toBe(answer.data.resetPassword.user.id);
  });

  describe('a mail', () => {
    test('that cannot be sent is sent later, with growing pauses, and the request does not wait', async () => {
      const { server, mailbox } = await startOne();
      await server.client.register();
      mailbox.failures.push(...Array.from({ length: 100 }, () => new Error(`550 no mailbox ${EMAIL}`)));
      await request(server);
      for (const pause of [5, 15, 30, 60]) {
        await waitUntil(async () => (await pauseOf(server)) === pause * SECOND);
        server.clock.advance(pause * SECOND - 1);
        expect(await pauseOf(server)).toBe(1);
        if (pause === 60) mailbox.failures.length = 0;
        server.clock.advance(1);
      }
      const { token } = await mailbox.next();
      expect(server.log()).toContain('was not sent at attempt 1');
      expect(server.log()).not.toContain(EMAIL);
      await resetWell(server, { code: token });
    });

    test('is not sent once its code has expired, and the log says so', async () => {
      const { server, mailbox } = await startOne();
      await server.client.register();
      mailbox.failures.push(new Error('down'));
      await request(server);
      await waitUntil(() => server.log().includes('was not sent'));
      server.clock.advance(30 * MINUTE);
      await waitUntil(() => server.log().includes('could not be sent in 1 attempts'));
      expect(mailbox.mails).toEqual([]);
      expect(await server.orm.em.getConnection().execute('select * from simplejwt_mail')).toEqual([]);
    });

    test('is sent by another process if its own has died, and once if both live', async () => {
      const { server, mailbox } = await startOne({ mailer: async () => new Promise(() => undefined) });
      await server.client.register();
      await request(server);
      await waitUntil(async () => (await attemptsOf(server)) === 1);
      const { databaseUrl, keys, clock } = server;
      const others = [new Mailbox(), new Mailbox()];
      for (const { mailer } of others) await start({ databaseUrl, keys, clock, mailer, linkUrl: LINK_URL });
      clock.advance(2 * MINUTE);
      await waitUntil(() => others.some(({ mails }) => mails.length > 0));
      await waitUntil(async () => (await attemptsOf(server)) === null);
      expect(others.flatMap(({ mails }) => mails)).toHaveLength(1);
      expect(mailbox.mails).toEqual([]);
    });

    test('is sent twice at most if the database fails right after it was sent', async () => {
      const { server, mailbox } = await startOne();
      await server.client.register();
      let isDown = true;
      await hookStatements(server.orm, {
        before(sql) {
          if (isDown && /^delete from .simplejwt_mail/.test(sql)) throw new Error('down');
        },
      });
      await request(server);
      await waitUntil(() => mailbox.mails.length === 1);
      await waitUntil(() => server.log() !== '');
      isDown = false;
      server.clock.advance(2 * MINUTE);
      await waitUntil(() => mailbox.mails.length === 2);
      const [first, second] = mailbox.mails;
      expect(second).toEqual(first);
      await waitUntil(async () => (await attemptsOf(server)) === null);
    });

    test('is written in the language that the client prefers, or else in English', async () => {
      const { server, mailbox } = await startOne();
      await server.client.register();
      const subjects = [];
      for (const language of ['de-CH, en;q=0.5', 'fr', 'en, de;q=0.9', 'de;q=0, *']) {
        await tryRequest(server, EMAIL, { 'accept-language': language });
        subjects.push((await mailbox.next()).mail.subject);
      }
      const [english, german] = ['Choose a new password', 'Neues Passwort wählen'];
      expect(subjects).toEqual([german, english, english, english]);
    });
  });

  /** The milliseconds until the next attempt. */
  async function pauseOf({ orm, clock }: TestAuth): Promise<number> {
    const [row] = await orm.em.fork().findAll(Mail);
    return (row?.nextAttemptAt.getTime() ?? NaN) - clock.now();
  }

  async function attemptsOf({ orm }: TestAuth): Promise<number | null> {
    const [row] = await orm.em.getConnection().execute<{ attempts: number }[]>('select attempts from simplejwt_mail');
    return row?.attempts ?? null;
  }
});

test('an address that cannot receive mail is refused by name', async () => {
  const server = await start({ mailer: new Mailbox().mailer, linkUrl: LINK_URL });
  const answer = await tryRequest(server, 'nobody');
  expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.email', reason: 'EMAIL_INVALID' }]);
});

test('a client address has a budget of requests', async () => {
  const server = await start({ mailer: new Mailbox().mailer, linkUrl: LINK_URL, registerBudget: '3/15m' });
  const answers = [];
  for (let count = 0; count < 5; count += 1) answers.push(await tryRequest(server, `user${count}@example.com`));
  expect(countBy(answers.slice(3), refusalOf)).toEqual({ RATE_LIMITED: 2 });
});

test('a host writes its own mails in its own languages', async () => {
  const mailbox = new Mailbox();
  const messages = {
    fr: {
      ...SHIPPED_MESSAGES.en,
      PASSWORD_RESET: ({ digits, link }: MessageParameters) => ({
        subject: 'Nouveau mot de passe',
        text: `${digits} ${link}`,
        html: '',
      }),
    },
  };
  const server = await start({ mailer: mailbox.mailer, linkUrl: LINK_URL, messages });
  await server.client.register();
  await request(server);
  const { mail, token } = await mailbox.next();
  expect(mail.subject).toBe('Nouveau mot de passe');
  await resetWell(server, { code: token });
});

test('without a mailer there is no field that sends a mail', async () => {
  const server = await start();
  for (const answer of [await tryRequest(server), await tryReset(server, { code: '123456' })])
    expect(refusalOf({ ...answer, errors: answer.errors.slice(0, 1) })).toBe('GRAPHQL_VALIDATION_FAILED');
});

test.each([
  [{ linkUrl: '' }, 'linkUrl'],
  [{ messages: {} }, 'messages'],
  [{ messages: { fr: {} as Messages } }, 'fr.PASSWORD_RESET, fr.EMAIL_VERIFICATION'],
])('a mailer without %j does not start', async (options, name) => {
  const mailer = new Mailbox().mailer;
  await expect(start({ mailer, linkUrl: LINK_URL, ...options })).rejects.toThrow(name);
});
