import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderMailer } from '../server/src/mail/folder-mailer.ts';
import { openSmtpMailer } from '../server/src/mail/smtp-mailer.ts';
import type { Mail } from '../src/index.ts';
import { EMAIL } from './support/graphql-client.ts';
import { runMail, tryMail } from './support/mail-operations.ts';
import { errorOf } from './support/outcomes.ts';
import { openSmtpInbox, type SmtpInbox } from './support/smtp-inbox.ts';
import type { TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';
import { waitUntil } from './support/wait-until.ts';

const start = useServers();
const FROM = 'Example <auth@example.com>';
const MAIL: Mail = {
  id: '01b8dd58-e200-71d2-9b97-5156f38e0f73',
  purpose: 'PASSWORD_RESET',
  to: EMAIL,
  subject: 'Wählen Sie',
  text: 'text 123456\n',
  html: '<p>html</p>\n',
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function inboxWith(options: Parameters<typeof openSmtpInbox>[0] = {}, port = 0): Promise<SmtpInbox> {
  const inbox = await openSmtpInbox(options, port);
  closing.push(() => inbox.close());
  return inbox;
}

function mailerTo(url: string) {
  const mailer = openSmtpMailer(url, FROM);
  closing.push(() => mailer.close());
  return mailer.send;
}

test('a mail reaches a mail server with text, HTML, sender and an id that stays the same', async () => {
  const inbox = await inboxWith();
  const send = mailerTo(`smtp://127.0.0.1:${inbox.port}`);
  await send(MAIL);
  await send(MAIL);
  const [first, second] = inbox.received;
  expect(first?.to).toEqual([EMAIL]);
  expect(first?.source).toMatch(/^From: Example <auth@example\.com>\r?$/m);
  expect(first?.source).toMatch(/^Message-ID: <01b8dd58-e200-71d2-9b97-5156f38e0f73@example\.com>\r?$/m);
  expect(first?.source).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
  expect(first?.source).toContain('text 123456');
  expect(first?.source).toContain('<p>html</p>');
  expect(second?.source).toContain('<01b8dd58-e200-71d2-9b97-5156f38e0f73@example.com>');
});

test('the user name and the password of the URL are used, and wrong ones are a failure', async () => {
  const inbox = await inboxWith({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'me@x' && password === 'p/w' ? done(null, { user: 'me' }) : done(new Error('no')),
  });
  await mailerTo(`smtp://me%40x:p%2Fw@127.0.0.1:${inbox.port}`)(MAIL);
  expect(inbox.received).toHaveLength(1);
  await expect(mailerTo(`smtp://me%40x:wrong@127.0.0.1:${inbox.port}`)(MAIL)).rejects.toThrow(/login/i);
});

test('smtps requires TLS with a certificate that is trusted', async () => {
  const plain = await inboxWith();
  await expect(mailerTo(`smtps://127.0.0.1:${plain.port}`)(MAIL)).rejects.toThrow(/SSL|TLS|version/i);
  const selfSigned = await inboxWith({ secure: true });
  await expect(mailerTo(`smtps://127.0.0.1:${selfSigned.port}`)(MAIL)).rejects.toThrow(/certificate/i);
  await mailerTo(`smtps://127.0.0.1:${selfSigned.port}?tls.rejectUnauthorized=false`)(MAIL);
  expect([plain.received.length, selfSigned.received.length]).toEqual([0, 1]);
});

test('a server mails through it, and waits for no mail server', async () => {
  const inbox = await inboxWith();
  const server = await start({
    mailer: mailerTo(`smtp://127.0.0.1:${inbox.port}`),
    linkUrl: 'https://app.example.com/',
  });
  await server.client.register();
  const query = `mutation { requestPasswordReset(input: { email: "${EMAIL}" }) { isAccepted } }`;
  expect((await server.client.run(query)).data.requestPasswordReset.isAccepted).toBe(true);
  await waitUntil(() => inbox.received.length === 1);
});

describe('a request for a mail is answered, and everything else goes on,', () => {
  /** Asks for a mail, and gives the milliseconds until the answer. */
  async function askFor(server: TestAuth): Promise<number> {
    const begun = performance.now();
    const query = `mutation { requestPasswordReset(input: { email: "${EMAIL}" }) { isAccepted } }`;
    expect((await server.client.run(query)).data.requestPasswordReset.isAccepted).toBe(true);
    await server.client.login();
    return performance.now() - begun;
  }
  const startWith = async (url: string) => {
    const server = await start({ mailer: mailerTo(url), linkUrl: 'https://app.example.com/' });
    await server.client.register();
    return server;
  };

  test('while the mail server is down; the mail is sent once it is up', async () => {
    const down = await inboxWith();
    await down.close();
    const server = await startWith(`smtp://127.0.0.1:${down.port}`);
    await askFor(server);
    await waitUntil(() => server.log().includes('was not sent at attempt 1'));
    const up = await inboxWith({}, down.port);
    server.clock.advance(5_000);
    await waitUntil(() => up.received.length === 1);
    expect(up.received[0]?.to).toEqual([EMAIL]);
  });

  test('while the mail server says nothing, and a stop does not wait for it', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const server = await startWith(`smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    await askFor(server);
    await waitUntil(() => sockets.size === 1);
    expect(await askFor(server)).toBeLessThan(2_000);
    const begun = performance.now();
    await server.stop();
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(await failuresOf(server)).toBe('closed');
  });

  test.each([
    ['refuses the address for good', 550],
    ['wants it again later', 451],
  ])('while the mail server %s; the reason is listed, and the mail is sent later', async (_what, responseCode) => {
    let isRefusing = true;
    const inbox = await inboxWith({
      onRcptTo(_address, _session, done) {
        done(isRefusing ? Object.assign(new Error('no such mailbox'), { responseCode }) : null);
      },
    });
    const server = await startWith(`smtp://127.0.0.1:${inbox.port}`);
    await askFor(server);
    await waitUntil(() => server.log().includes('was not sent at attempt 1'));
    const [failed, ...others] = await server.auth.failedMails();
    expect(failed).toMatchObject({ purpose: 'PASSWORD_RESET', email: EMAIL, attempts: 1 });
    expect(failed?.lastError).toContain('no such mailbox');
    expect(others).toEqual([]);
    expect(server.log()).not.toContain(EMAIL);
    isRefusing = false;
    server.clock.advance(5_000);
    await waitUntil(() => inbox.received.length === 1);
    // It is removed once the mail server has taken it.
    await waitUntil(async () => (await server.auth.failedMails()).length === 0);
  });

  async function failuresOf(server: TestAuth): Promise<string> {
    return server.auth.failedMails().then(
      () => 'open',
      () => 'closed',
    );
  }
});

test.each([
  'a"b@example.com',
  '"a b"@example.com',
  'a@example.com\r\nBcc: eve@example.com',
  'a\nb@example.com',
  'a@example.com,eve@example.com',
  'a@example.com, eve@example.com',
  '<a@example.com>',
  'Eve <a@example.com>',
  'a@example.com\0',
])('an address that would name another recipient or add a header gets no mail: %j', async (email) => {
  const inbox = await inboxWith();
  const mailer = mailerTo(`smtp://127.0.0.1:${inbox.port}`);
  const server = await start({ mailer, linkUrl: 'https://app.example.com/', emailVerification: 'required' });
  const answers = [
    await server.client.tryRegister(email),
    await tryMail(server.client, 'requestPasswordReset', { email }),
    await tryMail(server.client, 'requestEmailVerification', { email }),
  ];
  for (const answer of answers)
    expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.email', reason: 'EMAIL_INVALID' }]);
  expect(inbox.received).toEqual([]);
});

test.each(["o'brien+news@example.com", "!#$%&'*+/=?^_`{|}~-@example.com"])(
  'a mail to %s reaches it alone',
  async (email) => {
    const inbox = await inboxWith();
    const mailer = mailerTo(`smtp://127.0.0.1:${inbox.port}`);
    const { client } = await start({ mailer, linkUrl: 'https://app.example.com/' });
    await client.register(email);
    await runMail(client, 'requestPasswordReset', { email });
    await waitUntil(() => inbox.received.length === 1);
    expect(inbox.received[0]?.to).toEqual([email]);
    expect(inbox.received[0]?.source).toMatch(/^To: \S+\r?$/m);
  },
);

test('in development, a mail is a file that only its owner can read, and the line says where', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-'));
  closing.push(() => rmSync(folder, { recursive: true }));
  const lines: string[] = [];
  await createFolderMailer(join(folder, 'mail'), (line) => lines.push(line))(MAIL);
  const path = join(folder, 'mail', `${MAIL.id}.eml`);
  expect(lines).toEqual([`A mail for ${EMAIL} is in ${path}`]);
  expect(readFileSync(path, 'utf8')).toContain('text 123456');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'mail'))).toEqual([`${MAIL.id}.eml`]);
});
