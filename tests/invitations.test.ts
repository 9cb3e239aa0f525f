import { administrateWell, NEW_PASSWORD, securityEvents } from './support/accounts.ts';
import { onEachDatabase } from './support/databases.ts';
import { EMAIL } from './support/graphql-client.ts';
import { runMail, startMailing, tryMail } from './support/mail-operations.ts';
import { DAY } from './support/manual-clock.ts';
import { errorOf, refusalOf } from './support/outcomes.ts';
import { passTime } from './support/pass-time.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const WRONG = 'INVALID_CREDENTIALS';

onEachDatabase((database) => {
  async function startOne() {
    const mailing = await startMailing(start, {
      registration: 'closed',
      emailVerification: 'required',
      databaseUrl: await database.fresh(),
    });
    const { server } = mailing;
    await server.auth.createUser({
      email: 'root@example.com',
      password: 'the root of it all',
      roles: ['ADMIN'],
      isEmailVerified: true,
    });
    const { accessToken } = await server.client.login('root@example.com', 'the root of it all');
    return { ...mailing, admin: accessToken };
  }

  test('an administrator invites somebody, who chooses a password with the link and has the roles', async () => {
    const { client, mailbox, admin } = await startOne();
    await runMail(client, 'inviteUser', { email: ` ${EMAIL.toUpperCase()}`, roles: ['EDITOR'] }, admin);
    const { mail, token, link, digits } = await mailbox.next();
    expect(mail).toMatchObject({ purpose: 'INVITATION', to: EMAIL });
    expect(mail.text).toContain('7 days');
    expect(link.hash).toContain('purpose=INVITATION');
    expect(digits).toBe('');
    expect(refusalOf(await client.tryLogin(EMAIL, NEW_PASSWORD))).toBe(WRONG);

    const pair = await runMail(client, 'resetPassword', { code: token, newPassword: NEW_PASSWORD });

    expect(pair.user).toMatchObject({ email: EMAIL, isEmailVerified: true });
    expect((await client.me(pair.accessToken)).data.me.roles).toEqual(['EDITOR']);
    const types = (await securityEvents(client, pair.accessToken)).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['USER_INVITED', 'PASSWORD_RESET']));
    await client.login(EMAIL, NEW_PASSWORD);
  });

  test('a second invitation has the roles that it gives, and voids the link of the first', async () => {
    const { client, mailbox, admin } = await startOne();
    await runMail(client, 'inviteUser', { email: EMAIL, roles: ['EDITOR'] }, admin);
    const first = await mailbox.next();
    await runMail(client, 'inviteUser', { email: EMAIL }, admin);
    const { token } = await mailbox.next();
    const reset = (code: string) => tryMail(client, 'resetPassword', { code, newPassword: NEW_PASSWORD });
    expect(refusalOf(await reset(first.token))).toBe(WRONG);
    const { data } = await reset(token);
    expect((await client.me(data.resetPassword.accessToken)).data.me.roles).toEqual([]);
  });

  test('somebody who has an account, or was deactivated, is not invited', async () => {
    const { client, mailbox, admin } = await startOne();
    const invite = (email: string) => tryMail(client, 'inviteUser', { email }, admin);
    await runMail(client, 'inviteUser', { email: 'gone@example.com' }, admin);
    await mailbox.next();
    const { data } = await client.run('{ users { edges { node { id email } } } }', {}, admin);
    const gone = data.users.edges.find(({ node }: { node: { email: string } }) => node.email === 'gone@example.com');
    await administrateWell(client, 'deactivateUser', gone.node.id, admin);
    for (const email of ['root@example.com', 'gone@example.com'])
      expect(errorOf(await invite(email)).extensions.fields).toEqual([{ path: 'input.email', reason: 'EMAIL_TAKEN' }]);
  });

  test.each([
    ['an address that cannot receive mail', { email: 'nobody' }, { path: 'input.email', reason: 'EMAIL_INVALID' }],
    ['a role that is none', { email: EMAIL, roles: ['no role'] }, { path: 'input.roles', reason: 'ROLE_INVALID' }],
  ])('%s is refused by name', async (_what, input, field) => {
    const { client, admin } = await startOne();
    expect(errorOf(await tryMail(client, 'inviteUser', input, admin)).extensions.fields).toEqual([field]);
  });

  test('nobody else invites anybody', async () => {
    const { client, mailbox, admin } = await startOne();
    await runMail(client, 'inviteUser', { email: EMAIL }, admin);
    const code = (await mailbox.next()).token;
    const pair = await runMail(client, 'resetPassword', { code, newPassword: NEW_PASSWORD });
    const input = { email: 'friend@example.com', roles: ['ADMIN'] };
    expect(refusalOf(await tryMail(client, 'inviteUser', input, pair.accessToken))).toBe('FORBIDDEN ROLE_MISSING');
    expect(refusalOf(await tryMail(client, 'inviteUser', input))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(mailbox.mails).toEqual([]);
  });

  test('an invitation is good for seven days', async () => {
    const { client, mailbox, admin, server } = await startOne();
    await runMail(client, 'inviteUser', { email: EMAIL }, admin);
    const { token } = await mailbox.next();
    await passTime(server, 7 * DAY);
    expect(refusalOf(await tryMail(client, 'resetPassword', { code: token, newPassword: NEW_PASSWORD }))).toBe(WRONG);
  });
});
