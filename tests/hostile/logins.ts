import { dictionary } from '@zxcvbn-ts/language-common';
import { administrateWell, NEW_PASSWORD, newAdministrator } from '../support/accounts.ts';
import { User } from '../support/entities.ts';
import { type Answer, PASSWORD } from '../support/graphql-client.ts';
import { HOUR } from '../support/manual-clock.ts';
import { countBy, errorOf, refusalOf } from '../support/outcomes.ts';
import { type Cases, expectInvalid, WRONG_PASSWORD, type World } from './world.ts';

const WRONG = WRONG_PASSWORD;

/** Everything that a client can compare. */
function look({ status, headers, text }: Answer): unknown {
  return { status, text, headers: [...headers].filter(([name]) => name !== 'date') };
}

const from = (address: string) => ({ 'x-forwarded-for': address });
const BEHIND_A_PROXY = { trustedProxies: ['127.0.0.1'] };

/** Refused with these reasons, at login and at registration or at a change of the password. */
async function expectReason(answer: Promise<Answer>, reason: string): Promise<void> {
  expect(errorOf(await answer).extensions.fields?.map((field) => field.reason)).toEqual([reason]);
}

async function expectLogin(world: World, stored: string, typed: string, isRight: boolean): Promise<void> {
  const email = world.email();
  await world.register(email, stored);
  const answer = await world.tryLogin({ email, password: typed });
  if (isRight) expect(answer.errors).toEqual([]);
  else expect(refusalOf(answer)).toBe('INVALID_CREDENTIALS');
}

/** Cases of login, registration and passwords. */
export const loginCases: Cases = {
  'LO-01': async (world) => {
    const { email } = await world.register();
    const known = look(await world.tryLogin({ email, password: WRONG }));
    expect(look(await world.tryLogin({ email: world.email(), password: WRONG }))).toEqual(known);
  },
  'LO-03': async (world) => {
    const { email, userId } = await world.register();
    const unknown = look(await world.tryLogin({ email: world.email(), password: WRONG }));
    const { accessToken } = await newAdministrator(world.server);
    await administrateWell(world.client, 'deactivateUser', userId, accessToken);
    for (const password of [PASSWORD, WRONG]) expect(look(await world.tryLogin({ email, password }))).toEqual(unknown);
  },
  'LO-05': async (world) => {
    const { email } = await world.register();
    const salted = '$wu3lOBNqkQDu8b1JQYk.LuyPxFV1cBkTJcE4VHfbXbYOOCkLp2CdC';
    for (const passwordHash of ['notahash', `$2y$04${salted}`, `$2b$31${salted}`]) {
      await world.server.orm.em.fork().nativeUpdate(User, { email }, { passwordHash });
      expect(refusalOf(await world.tryLogin({ email, password: WRONG }))).toBe('INVALID_CREDENTIALS');
    }
  },
  'LO-07': async (world) => {
    const login = (alias: string) =>
      `${alias}: login(input: { email: "a@hostile.test", password: "x" }) { accessToken }`;
    expectInvalid(await world.run(`mutation { ${login('a')} ${login('b')} }`));
  },
  'LO-09': async (world) => {
    const login = 'fragment F on Mutation { login(input: { email: "a@hostile.test", password: "x" }) { accessToken } }';
    expectInvalid(await world.run(`mutation { ${'...F '.repeat(50)} } ${login}`));
    const aliases = Array.from(
      { length: 20 },
      (_, index) => `a${index}: login(input: { email: "a@hostile.test", password: "x" }) { accessToken }`,
    );
    expectInvalid(await world.run(`mutation { ...F } fragment F on Mutation { ${aliases.join(' ')} }`));
  },
  'LO-11': async (world) => {
    const apart = await world.apart({ loginBudget: '20/15m' });
    const emails = Array.from({ length: 200 }, () => world.email());
    const answers = await Promise.all(emails.map(async (email) => apart.tryLogin({ email, password: WRONG })));
    expect(countBy(answers, refusalOf)).toEqual({ INVALID_CREDENTIALS: 20, RATE_LIMITED: 180 });
    const other = await world.apart(BEHIND_A_PROXY);
    const email = world.email();
    const guesses = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        other.tryLogin({ email, password: WRONG }, from(`198.51.100.${index}`)),
      ),
    );
    expect(countBy(guesses, refusalOf)).toEqual({ INVALID_CREDENTIALS: 10, RATE_LIMITED: 190 });
  },
  'LO-13': async (world) => {
    const apart = await world.apart({ loginBudget: '5/15m' });
    const answers = [];
    for (let count = 0; count < 20; count += 1)
      answers.push(await apart.tryLogin({ email: world.email(), password: WRONG }, from(`198.51.100.${count}`)));
    expect(countBy(answers, refusalOf)).toEqual({ INVALID_CREDENTIALS: 5, RATE_LIMITED: 15 });
  },
  'LO-15': async (world) => {
    const apart = await world.apart(BEHIND_A_PROXY);
    const email = world.email();
    await apart.register(email);
    for (let failures = 0; failures < 100; failures += 1) {
      const answer = await apart.tryLogin({ email, password: WRONG }, from(`198.51.100.${failures}`));
      if (refusalOf(answer) === 'INVALID_CREDENTIALS') continue;
      const { retryAfterSeconds } = errorOf(answer).extensions as unknown as { retryAfterSeconds: number };
      apart.server.clock.advance(retryAfterSeconds * 1_000);
      failures -= 1;
    }
    const attacker = await apart.tryLogin({ email, password: WRONG }, from('198.51.100.200'));
    expect(refusalOf(attacker)).toBe('RATE_LIMITED');
    expect((await apart.tryLogin({ email, password: PASSWORD })).errors).toEqual([]);
    apart.server.clock.advance(HOUR);
    expect((await apart.tryLogin({ email, password: PASSWORD }, from('203.0.113.1'))).errors).toEqual([]);
  },
  'LO-17': async (world) => {
    const password = `${'a'.repeat(71)}bX`;
    await expectLogin(world, password, `${'a'.repeat(71)}bY`, false);
    await expectLogin(world, password, password, true);
  },
  'LO-19': async (world) => {
    const crowd = '\u{1F600}'.repeat(18);
    await expectLogin(world, crowd, `${crowd}\u{1F601}`, false);
    await expectLogin(world, `${crowd}\u{1F601}`, crowd, false);
  },
  'LO-21': async (world) => {
    for (const password of ['\ud800 horse battery', '\udbff horse battery']) {
      await expectReason(world.tryRegister({ email: world.email(), password }), 'PASSWORD_INVALID');
      await expectReason(world.tryLogin({ email: world.email(), password }), 'PASSWORD_INVALID');
    }
    await expectLogin(world, '\ufffd correct horse battery', '\ufffe correct horse battery', false);
  },
  'LO-23': async (world) => {
    const password = '  correct  horse battery ';
    await expectLogin(world, password, password, true);
    for (const other of [password.trim(), password.trimStart(), password.replace('  h', ' h')])
      await expectLogin(world, password, other, false);
  },
  'LO-25': async (world) => {
    const password = 'p'.repeat(99_000);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => world.tryLogin({ email: 'a@hostile.test', password })),
    );
    for (const answer of answers)
      expect(errorOf(answer).extensions.fields).toEqual([{ path: 'input.password', reason: 'PASSWORD_TOO_LONG' }]);
  },
  'LO-27': async (world) => {
    const { email } = await world.register();
    const known = look(await world.tryLogin({ email, password: '' }));
    expect(look(await world.tryLogin({ email: world.email(), password: '' }))).toEqual(known);
    await expectReason(world.tryLogin({ email, password: '' }), 'REQUIRED');
  },
  'LO-29': async (world) => {
    const held = await world.register();
    const common = dictionary['passwords-common'].slice(0, 3_000).filter(({ length }) => length >= 8);
    expect(common.length).toBeGreaterThan(200);
    for (const password of common)
      await expectReason(world.tryRegister({ email: world.email(), password }), 'PASSWORD_COMMON');
    for (const password of common.slice(0, 20))
      await expectReason(world.changePassword(held, PASSWORD, password.toUpperCase()), 'PASSWORD_COMMON');
  },
  'LO-31': async (world) => {
    for (const password of ['aaaaaaaaaaaaaaaaaaab', 'пароль из слов', '正しい馬電池ホチキス', 'all lower case words'])
      await world.register(world.email(), password);
  },
  'LO-33': async (world) => {
    for (const extra of [
      { role: 'admin' },
      { roles: ['ADMIN'] },
      { isActive: true },
      { id: 'x' },
      { passwordHash: 'x' },
    ])
      expectInvalid(await world.tryRegister({ email: world.email(), password: PASSWORD, ...extra }));
    const held = await world.register();
    const { data } = await world.run('{ me { roles } }', {}, world.carry(held.access));
    expect(data.me.roles).toEqual([]);
  },
  // `register` says that an e-mail is taken: SECURITY.md.
  'LO-35': async (world) => {
    const { email } = await world.register();
    await expectReason(world.tryRegister({ email, password: NEW_PASSWORD }), 'EMAIL_TAKEN');
  },
  'LO-37': async (world) => {
    const begun = performance.now();
    for (const email of [
      `a@${'a.'.repeat(45_000)}`,
      `${'a'.repeat(64_000)}@hostile.test`,
      `${'a.'.repeat(32_000)}@x.y`,
    ]) {
      await expectReason(world.tryRegister({ email, password: PASSWORD }), 'EMAIL_INVALID');
      await expectReason(world.tryLogin({ email, password: PASSWORD }), 'EMAIL_INVALID');
    }
    expect(performance.now() - begun).toBeLessThan(5_000);
  },
  'LO-39': async (world) => {
    const { email } = await world.register();
    const query = `mutation { login(input: { email: "${email}", password: "${PASSWORD}" }) { accessToken } }`;
    for (const headers of [{}, { 'apollo-require-preflight': '1' }]) {
      const answer = await world.client.send({ headers }, `/graphql?query=${encodeURIComponent(query)}`);
      expect([400, 405]).toContain(answer.status);
      expect(answer.data).toBeNull();
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  },
};
