import type { Answer } from '../support/graphql-client.ts';
import { PASSWORD } from '../support/graphql-client.ts';
import { parseSetCookie } from '../support/cookie-jar.ts';
import { accessOf, refusalOf } from '../support/outcomes.ts';
import { ACCESS, CSRF, REFRESH } from '../support/page.ts';
import { type Cases, expectEnded, type Held, World } from './world.ts';

const EVIL = 'https://evil.test';
const JSON_TYPE = { 'content-type': 'application/json' };
const LOGOUT = 'mutation { logout { endedSessions } }';

/** The cookies of a victim, whatever mode the other cases are in. */
async function victimOf(world: World): Promise<{ victim: Held; cookie: string; cookies: World }> {
  const cookies = new World('cookies', world.server, undefined as never, undefined as never);
  const victim = await cookies.register();
  return { victim, cookie: `${ACCESS}=${victim.access}; ${REFRESH}=${victim.refresh}`, cookies };
}

/** C: nothing was executed, and the victim's session goes on. */
async function expectNothingDone(cookies: World, victim: Held, answer: Answer): Promise<void> {
  expect(answer.status).toBeGreaterThanOrEqual(200);
  expect(answer.status).toBeLessThan(500);
  expect(Object.values(answer.data ?? {}).every((value) => value === null)).toBe(true);
  expect(answer.errors.length).toBeGreaterThan(0);
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect(accessOf(await cookies.me(victim.access))).toBe('good');
}

async function expectRejected(cookies: World, victim: Held, answer: Answer): Promise<void> {
  expect(refusalOf(answer)).toBe('CSRF_REJECTED');
  await expectNothingDone(cookies, victim, answer);
}

/** A logout with the victim's cookies and these headers. */
async function logoutWith(world: World, cookie: string, headers: Record<string, string>): Promise<Answer> {
  return world.client.send({
    method: 'POST',
    headers: { ...JSON_TYPE, cookie, ...headers },
    body: JSON.stringify({ query: LOGOUT }),
  });
}

/** The same body in a form that needs no preflight, from another site. */
function simpleBody(type: string, body: string) {
  return async (world: World) => {
    const { victim, cookie, cookies } = await victimOf(world);
    for (const site of [{ origin: EVIL, 'sec-fetch-site': 'cross-site' }, world.page]) {
      const answer = await world.client.send({
        method: 'POST',
        headers: { 'content-type': type, cookie, ...site },
        body,
      });
      await expectNothingDone(cookies, victim, answer);
      expect([403, 415]).toContain(answer.status);
    }
  };
}

/** A logout from elsewhere is refused. */
function rejects(...strangers: readonly Record<string, string>[]) {
  return async (world: World) => {
    const { victim, cookie, cookies } = await victimOf(world);
    for (const headers of strangers) {
      const answer = await logoutWith(world, cookie, { 'x-csrf-token': victim.csrf, ...headers });
      expect(answer.status).toBe(403);
      await expectRejected(cookies, victim, answer);
    }
  };
}

/** Cases of cookies, CSRF and CORS. */
export const cookieCases: Cases = {
  'CK-01': simpleBody('application/x-www-form-urlencoded', new URLSearchParams({ query: LOGOUT }).toString()),
  'CK-03': simpleBody(
    'multipart/form-data; boundary=x',
    `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${LOGOUT}\r\n--x--\r\n`,
  ),
  'CK-05': async (world) => {
    for (const type of [
      'text/plain',
      'text/plain; application/json',
      'text/plain;charset=application/json',
      'application/json, text/plain',
    ])
      await simpleBody(type, JSON.stringify({ query: LOGOUT }))(world);
  },
  'CK-07': async (world) => {
    const { victim, cookie, cookies } = await victimOf(world);
    for (const preflight of [{}, { 'apollo-require-preflight': '1' }]) {
      for (const site of [{ origin: EVIL }, world.page]) {
        const headers = { cookie, 'x-csrf-token': victim.csrf, ...site, ...preflight };
        const answer = await world.client.send({ headers }, `/graphql?query=${encodeURIComponent(LOGOUT)}`);
        expect([400, 403, 405]).toContain(answer.status);
        await expectNothingDone(cookies, victim, answer);
      }
    }
  },
  'CK-09': async (world) => {
    const { victim, cookie, cookies } = await victimOf(world);
    const headers = { cookie, 'content-type': 'message/rfc822', ...world.page };
    const answer = await world.client.send({ headers }, `/graphql?query=${encodeURIComponent('{ me { id } }')}`);
    expect(answer.status).toBe(415);
    await expectNothingDone(cookies, victim, answer);
  },
  'CK-11': async (world) => {
    const { victim, cookie, cookies } = await victimOf(world);
    for (const token of ['wrong', '', victim.csrf.slice(0, -1), `${victim.csrf}x`, (await victimOf(world)).victim.csrf])
      await expectRejected(cookies, victim, await logoutWith(world, cookie, { ...world.page, 'x-csrf-token': token }));
    const huge = await logoutWith(world, cookie, { ...world.page, 'x-csrf-token': 'x'.repeat(1_000_000) }).catch(
      () => null,
    );
    expect(huge === null || huge.status === 431).toBe(true);
  },
  'CK-13': async (world) => {
    const { victim, cookie, cookies } = await victimOf(world);
    const tossed = `${cookie}; ${CSRF}=chosen`;
    await expectRejected(cookies, victim, await logoutWith(world, tossed, { ...world.page, 'x-csrf-token': 'chosen' }));
  },
  'CK-15': rejects({ origin: EVIL }, { origin: EVIL, 'sec-fetch-site': 'same-origin-x' }, { origin: 'null' }),
  'CK-17': rejects({}, { referer: EVIL }, { origin: '' }),
  'CK-19': async (world) => {
    await rejects(
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
    )(world);
    const allowed = await world.apart({ allowedOrigins: ['https://app.hostile.test'] });
    const { victim, cookie } = await victimOf(allowed);
    const headers = { origin: 'https://app.hostile.test', 'sec-fetch-site': 'same-site', 'x-csrf-token': victim.csrf };
    expect((await logoutWith(allowed, cookie, headers)).data.logout.endedSessions).toBe(1);
  },
  'CK-21': async (world) => {
    const { victim } = await victimOf(world);
    const query = 'mutation ($input: LoginInput!) { login(input: $input) { session { id } } }';
    for (const delivery of ['COOKIES', 'REFRESH_COOKIE']) {
      const input = { email: victim.email, password: PASSWORD, delivery };
      const answer = await world.run(query, { input }, { origin: EVIL, 'sec-fetch-site': 'cross-site' });
      expect([answer.status, refusalOf(answer)]).toEqual([403, 'CSRF_REJECTED']);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  },
  'CK-23': async (world) => {
    const { victim } = await victimOf(world);
    for (const name of [ACCESS.toLowerCase(), ACCESS.toUpperCase(), ACCESS.replace('__Host', '__HOST')]) {
      const answer = await world.run('{ me { id } }', {}, { ...world.page, cookie: `${name}=${victim.access}` });
      expect(refusalOf(answer)).toBe('UNAUTHENTICATED TOKEN_MISSING');
    }
  },
  'CK-25': async (world) => {
    const answer = await world.tryRegister({ email: world.email(), password: PASSWORD, delivery: 'COOKIES' });
    const cookies = answer.headers.getSetCookie().map(parseSetCookie);
    expect(cookies.map(({ name }) => name).toSorted()).toEqual([ACCESS, CSRF, REFRESH].toSorted());
    for (const { name, attributes } of cookies) {
      expect(attributes.has('secure')).toBe(true);
      expect(attributes.has('httponly')).toBe(name !== CSRF);
      expect(attributes.has('domain')).toBe(false);
      expect([attributes.get('path'), attributes.get('samesite')]).toEqual(['/', 'Lax']);
      expect(Number(attributes.get('max-age'))).toBeLessThanOrEqual(7 * 86_400);
    }
  },
  'CK-27': async (world) => {
    const { victim, cookies } = await victimOf(world);
    const answer = await cookies.logout(victim);
    const cleared = answer.headers.getSetCookie().map(parseSetCookie);
    expect(cleared.map(({ name }) => name).toSorted()).toEqual([ACCESS, CSRF, REFRESH].toSorted());
    for (const { value, attributes } of cleared)
      expect([value, attributes.get('max-age'), attributes.get('path')]).toEqual(['', '0', '/']);
    await expectEnded(cookies, victim);
  },
  'CK-29': async (world) => {
    const { cookie } = await victimOf(world);
    for (const origin of [EVIL, 'null', world.server.url.replace('127', '128')]) {
      const { headers } = await world.run('{ csrfToken }', {}, { origin, cookie });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  },
  'CK-31': async (world) => {
    const headers = {
      origin: EVIL,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-csrf-token',
    };
    const answer = await world.client.send({ method: 'OPTIONS', headers });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
  },
  'CK-33': async (world) => {
    const email = world.email();
    const registered = await world.tryRegister({ email, password: PASSWORD });
    const answers = [
      registered,
      await world.tryLogin({ email, password: PASSWORD }),
      await world.tryRefresh(world.pairOf(registered, 'register')),
    ];
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store');
  },
  'CK-35': async (world) => {
    const input = { email: world.email(), password: PASSWORD, delivery: 'COOKIES' };
    const query = 'mutation ($input: RegisterInput!) { register(input: $input) { session { id } } }';
    const answer = await world.run(query, { input }, { ...world.page, 'x-forwarded-proto': 'http' });
    for (const cookie of answer.headers.getSetCookie())
      expect(parseSetCookie(cookie).attributes.has('secure')).toBe(true);
    expect(answer.headers.getSetCookie()).toHaveLength(3);
  },
};
