import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderMailer } from '../server/src/mail/folder-mailer.ts';
import { openSmtpMailer } from '../server/src/mail/smtp-mailer.ts';
import type { Mail } from '../src/index.ts';
import { EMAIL } from './support/graphql-client.ts';
import { openSmtpInbox, type SmtpInbox } from './support/smtp-inbox.ts';
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

async function inboxWith(options: Parameters<typeof openSmtpInbox>[0] = {}): Promise<SmtpInbox> {
  const inbox = await openSmtpInbox(options);
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
