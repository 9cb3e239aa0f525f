import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NEW_PASSWORD, tryChangePassword } from './support/accounts.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { type MailOperation, runMail, startMailing, tryMail } from './support/mail-operations.ts';
import { refusalOf } from './support/outcomes.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const PAGE = readFileSync(join(import.meta.dirname, '../docs/mail.md'), 'utf8');

/** The rows of the table, by the names of its columns. */
function rowsOf(heading: string): Record<string, string>[] {
  const [section = ''] = (PAGE.split(`## ${heading}\n`)[1] ?? '').split('\n## ');
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
  const [names = [], , ...rows] = cells;
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])));
}

const ROWS = rowsOf('Every kind of account');

/** An account of the kind that a row describes. */
async function startWith(row: Record<string, string>) {
  const isProved = row['address'] === 'proved';
  const emailVerification = row['AUTH_EMAIL_VERIFICATION'] === 'required' ? 'required' : 'optional';
  const mailing = await startMailing(start, { emailVerification, loginByCode: true });
  const { server, client, mailbox } = mailing;
  const { id } = await server.auth.createUser({ email: EMAIL, password: PASSWORD, isEmailVerified: isProved });
  if (row['password'] === 'no')
    await server.orm.em.getConnection().execute("update simplejwt_user set password_hash = ''");
  const opened = await server.auth.openSession({ userId: id });
  const accessToken = opened?.accessToken ?? '';
  /** The token of the mail that an operation asks for; null if there is none. */
  const tokenFrom = async (operation: MailOperation): Promise<string | null> => {
    await runMail(client, operation, { email: EMAIL });
    if (operation === 'requestPasswordReset') return (await mailbox.next()).token;
    // Everybody gets this one, so it shows whether the other one was sent.
    await runMail(client, 'requestPasswordReset', { email: EMAIL });
    const { mail, token } = await mailbox.next();
    return mail.purpose === 'PASSWORD_RESET' ? null : token;
  };
  const state = async () => {
    const [user] = await server.orm.em
      .getConnection()
      .execute<{ password_hash: string; email_verified_at: unknown }[]>('select * from simplejwt_user');
    return { hasPassword: user?.password_hash !== '', isProved: user?.email_verified_at !== null };
  };
  return { ...mailing, accessToken, tokenFrom, state };
}
type World = Awaited<ReturnType<typeof startWith>>;

function outcomeOf(answer: Answer, opened: string): string {
  return answer.errors.length > 0 ? refusalOf(answer) : opened;
}

/** What is done to the account for each column. */
const OPERATIONS: Readonly<Record<string, (world: World) => Promise<string>>> = {
  login: async ({ client }) => outcomeOf(await client.tryLogin(), 'opens a session'),
  changePassword: async ({ client, accessToken }) =>
    outcomeOf(await tryChangePassword(client, accessToken), 'opens a session'),
  async requestEmailChange({ client, accessToken, mailbox }) {
    const input = { newEmail: 'new@example.com', password: PASSWORD };
    const outcome = outcomeOf(await tryMail(client, 'requestEmailChange', input, accessToken), 'mails a code');
    if (outcome === 'mails a code') expect((await mailbox.next()).mail.to).toBe('new@example.com');
    return outcome;
  },
  async loginWithCode({ client, tokenFrom }) {
    const code = await tokenFrom('requestLoginCode');
    return outcomeOf(await tryMail(client, 'loginWithCode', { code }), 'opens a session');
  },
  async 'verifyEmail without a session'({ client, tokenFrom }) {
    const code = await tokenFrom('requestEmailVerification');
    return code === null ? 'no mail' : outcomeOf(await tryMail(client, 'verifyEmail', { code }), '');
  },
  async resetPassword({ client, tokenFrom }) {
    const code = await tokenFrom('requestPasswordReset');
    return outcomeOf(await tryMail(client, 'resetPassword', { code, newPassword: NEW_PASSWORD }), 'opens a session');
  },
};

test('the table has every combination once', () => {
  const kinds = ROWS.map((row) => [row['password'], row['address'], row['AUTH_EMAIL_VERIFICATION']].join(' '));
  expect(new Set(kinds).size).toBe(8);
  expect(kinds).toHaveLength(8);
  expect(Object.keys(ROWS[0] ?? {}).slice(3)).toEqual(Object.keys(OPERATIONS));
});

describe.each(ROWS)('an account (password: $password, $address, verification $AUTH_EMAIL_VERIFICATION)', (row) => {
  test.each(Object.entries(OPERATIONS))('answers %s as docs/mail.md says', async (name, operate) => {
    const world = await startWith(row);
    const before = await world.state();
    const outcome = await operate(world);
    const after = await world.state();
    const found = [
      outcome,
      before.hasPassword && !after.hasPassword ? 'voids' : '',
      !before.isProved && after.isProved ? 'proves' : '',
    ];
    expect(found.filter((word) => word !== '').join(', ')).toBe(row[name]);
    const isAlive = (await world.client.me(world.accessToken)).errors.length === 0;
    const endsSessions =
      found.includes('voids') ||
      name === 'resetPassword' ||
      (name === 'changePassword' && outcome === 'opens a session') ||
      (found.includes('proves') && row['password'] === 'no');
    expect(isAlive).toBe(!endsSessions);
  });
});
