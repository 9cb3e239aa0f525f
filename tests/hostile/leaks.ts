import { hookStatements } from '../support/driver-faults.ts';
import { PASSWORD } from '../support/graphql-client.ts';
import { refusalOf } from '../support/outcomes.ts';
import { readEnvironment } from '../../server/src/environment.ts';
import { requestOf } from './http.ts';
import { type Cases, expectControl, expectInvalid, SECRETS, WRONG_PASSWORD, type World } from './world.ts';

const STACK = /\bat .+:\d+|stacktrace|node_modules|\.ts:|\.js:/;

/** Requests that fail in as many ways as there are. */
async function failures(world: World): Promise<string[]> {
  const { email } = await world.register();
  const answers = [
    await world.run('{ me { id } }'),
    await world.run('{ nothing }'),
    await world.run('{'),
    await world.tryLogin({ email, password: WRONG_PASSWORD }),
    await world.tryLogin({ email: 1, password: {} }),
    await world.tryRegister({ email, password: PASSWORD }),
    await world.tryRefresh({ refresh: 'x.y.z', csrf: '' }),
    await world.client.send({ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }),
    await world.client.send({}, '/nothing'),
  ];
  return answers.map(({ text }) => text);
}

/** Cases of what errors, headers and logs reveal. */
export const leakCases: Cases = {
  'EL-02': async (world) => {
    for (const NODE_ENV of ['', 'production', 'test', 'staging']) {
      const production = { AUTH_REGISTRATION: 'open', AUTH_KEYS_FILE: 'k', DATABASE_URL: 'sqlite:x' };
      const { isProduction } = readEnvironment({ NODE_ENV, AUTH_ISSUER: 'https://x.test', ...production });
      const apart = await world.apart({ isProduction });
      for (const text of await failures(apart)) expect(text).not.toMatch(STACK);
    }
  },
  'EL-04': async (world) => {
    const answer = await world.tryRegister({ email: world.email(), password: 'horse battery'.slice(0, 7) });
    expectInvalid(answer);
    expect(answer.text).not.toMatch(/target|value|horse/);
  },
  'EL-06': async (world) => {
    const { email } = await world.register();
    const { text } = await world.tryRegister({ email, password: PASSWORD });
    expect(text).toContain('EMAIL_TAKEN');
    expect(text).not.toMatch(/unique|constraint|simplejwt|auth_user|hostile/i);
  },
  // The log of the whole run is searched after each case and at the end: tests/hostile.test.ts.
  'EL-08': async (world) => {
    await failures(world);
    expect(world.server.log()).not.toMatch(SECRETS);
  },
  'EL-10': async (world) => {
    const { headers } = await world.run('{ __typename }');
    expect([...headers.keys()].filter((name) => /powered|server|version|via/.test(name))).toEqual([]);
  },
  'EL-12': async (world) => {
    const answer = await requestOf(world, 'TRACE', '/graphql', { 'x-secret': 'repeat me' });
    expect(answer.status).toBe(405);
    expect(answer.text).not.toContain('repeat me');
  },
  'EL-14': async (world) => {
    const apart = await world.apart();
    const held = await apart.register();
    let isBroken = true;
    await hookStatements(apart.server.orm, {
      before() {
        if (isBroken) throw new TypeError('a fault inside');
      },
    });
    const answer = await apart.me(held.access);
    expect(refusalOf(answer)).toBe('INTERNAL_SERVER_ERROR');
    expect(answer.text).not.toMatch(/fault/);
    isBroken = false;
    // The poll of the blacklist may have met the fault first.
    const line = apart.server
      .log()
      .split('\n')
      .find((each) => each.includes('requestId'));
    const entry = JSON.parse(line ?? '{}') as Record<string, unknown>;
    expect(entry).toMatchObject({ level: 50, requestId: expect.any(String), fault: { name: 'TypeError' } });
    await expectControl(apart);
  },
};
