import { Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { type AuthContext, Authorized, Public } from '../src/index.ts';
import { parseSetCookie } from './support/cookie-jar.ts';
import { type Answer, EMAIL, PASSWORD } from './support/graphql-client.ts';
import { DAY, SECOND } from './support/manual-clock.ts';
import { accessOf, errorOf, refusalOf } from './support/outcomes.ts';
import { ACCESS, COOKIE_DELIVERIES, CSRF, type CookiePair, Page, REFRESH, setCookiesOf } from './support/page.ts';
import { someEmail } from './support/someone.ts';
import { ISSUER, startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { claimsOf, TOKEN_PART } from './support/tokens.ts';

@Resolver()
class NoteResolver {
  static readonly calls: string[] = [];

  @Authorized()
  @Mutation(() => String, { nullable: true })
  addNote(@Ctx() { currentUser }: AuthContext): string {
    NoteResolver.calls.push('addNote');
    return String(currentUser?.id);
  }

  @Public()
  @Mutation(() => String, { nullable: true })
  signGuestBook(@Ctx() { currentUser }: AuthContext): string {
    return currentUser?.id ?? 'somebody';
  }

  @Public()
  @Query(() => String, { nullable: true })
  greeting(@Ctx() { currentUser }: AuthContext): string {
    return currentUser?.id ?? 'somebody';
  }
}

const ALLOWED = 'https://app.example.com';
const EVIL = 'https://evil.test';

let server: TestAuth;
beforeAll(async () => {
  server = await startTestAuth({ resolvers: [NoteResolver], allowedOrigins: [ALLOWED] });
});
afterEach(() => {
  expect(server.log()).not.toMatch(TOKEN_PART);
});
afterAll(() => server.stop());

/** Headers of requests that do not come from a page of ours. */
const STRANGERS: readonly (readonly [title: string, Record<string, string>])[] = [
  ['with a foreign Origin', { origin: EVIL }],
  ['with a foreign Origin and Sec-Fetch-Site', { origin: EVIL, 'sec-fetch-site': 'cross-site' }],
  ['without Origin and Sec-Fetch-Site', {}],
  ['with only a Referer of ours', { referer: `${ALLOWED}/page` }],
  ['with Sec-Fetch-Site: cross-site', { 'sec-fetch-site': 'cross-site' }],
  ['with Sec-Fetch-Site: same-site, from a sub-domain', { 'sec-fetch-site': 'same-site' }],
  ['with Sec-Fetch-Site: none', { 'sec-fetch-site': 'none' }],
  ['with an unknown Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin, cross-site' }],
  ['with Origin: null', { origin: 'null' }],
  ['with an empty Origin', { origin: '' }],
  ['with an allowed origin in capitals', { origin: ALLOWED.toUpperCase() }],
  ['with an allowed origin under http', { origin: ALLOWED.replace('https', 'http') }],
  ['with a sub-domain of an allowed origin', { origin: 'https://evil.app.example.com' }],
  ['with an origin that begins like an allowed one', { origin: `${ALLOWED}.evil.test` }],
  ['with an allowed origin and a port', { origin: `${ALLOWED}:8443` }],
  ['with two origins', { origin: `${EVIL}, ${ALLOWED}` }],
];

/** Bodies that a form, or a script without a preflight, can send. */
const SIMPLE_BODIES: readonly (readonly [title: string, type: string | undefined, body: (query: string) => string])[] =
  [
    ['as a form', 'application/x-www-form-urlencoded', (query) => new URLSearchParams({ query }).toString()],
    [
      'as multipart/form-data',
      'multipart/form-data; boundary=x',
      (query) => `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${query}\r\n--x--\r\n`,
    ],
    ['as text/plain', 'text/plain', (query) => JSON.stringify({ query })],
    ['as text/plain; application/json', 'text/plain; application/json', (query) => JSON.stringify({ query })],
    [
      'as text/plain;charset=application/json',
      'text/plain;charset=application/json',
      (query) => JSON.stringify({ query }),
    ],
    ['without a type', undefined, (query) => JSON.stringify({ query })],
  ];

const LOGIN = (delivery: string) =>
  `mutation { login(input: { email: "${EMAIL}", password: "${PASSWORD}", delivery: ${delivery} }) { session { id } } }`;
const LOGOUT = 'mutation { logout { endedSessions } }';
const REFRESH_TOKEN = 'mutation { refreshToken { session { id } } }';
const ADD_NOTE = 'mutation { addNote }';

describe.each(COOKIE_DELIVERIES)('%s', (delivery) => {
  const isAll = delivery === 'COOKIES';
  let victim: Page;
  let pair: CookiePair;
  beforeEach(async () => {
    victim = new Page(server);
    pair = await victim.register(delivery, someEmail());
    victim.reload();
    NoteResolver.calls.length = 0;
  });

  /** A page of another site, in the same browser. */
  function pageFrom(site: Record<string, string>): Page {
    return new Page(server, site, victim.jar);
  }

  function expectRefused(answer: Answer): void {
    expect([answer.status, answer.data, refusalOf(answer)]).toEqual([403, null, 'CSRF_REJECTED']);
    expect(setCookiesOf(answer)).toEqual([]);
  }

  async function expectUnharmed(): Promise<void> {
    expect(NoteResolver.calls).toEqual([]);
    await victim.refresh();
    expect(accessOf(await victim.me())).toBe('good');
    victim.reload();
  }

  test.each(STRANGERS)('a request %s is refused as a whole, whatever it asks for', async (_title, site) => {
    const attacker = pageFrom(site);

    for (const query of [ADD_NOTE, REFRESH_TOKEN, LOGOUT, LOGIN('BODY'), '{ me { id } }', '{ csrfToken }', '{'])
      expectRefused(await attacker.run(query));
    expectRefused(await attacker.run('{ me { id } }', {}, { authorization: 'Basic YWRhOmxvdmVsYWNl' }));
    await expectUnharmed();
  });

  test.each(SIMPLE_BODIES)(
    'a body sent %s from another site is refused, and nothing runs',
    async (_title, type, body) => {
      const attacker = pageFrom({ origin: EVIL, 'sec-fetch-site': 'cross-site' });

      for (const query of [ADD_NOTE, REFRESH_TOKEN, LOGOUT]) {
        const init = { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(body(query)) };
        expectRefused(await attacker.send(init));
      }
      await expectUnharmed();
    },
  );

  test.each(SIMPLE_BODIES)('a body sent %s from a page of ours runs nothing either', async (_title, type, body) => {
    const headers = { 'content-type': type, 'x-csrf-token': victim.jar.get(CSRF) };

    for (const query of [ADD_NOTE, LOGOUT]) {
      const answer = await victim.send({ method: 'POST', headers, body: Buffer.from(body(query)) });
      expect([400, 415]).toContain(answer.status);
      expect(answer.data).toBeNull();
    }
    await expectUnharmed();
  });

  test.each([
    ['without the preflight header', {}],
    ['with the preflight header', { 'apollo-require-preflight': 'yes' }],
  ])('a mutation by GET %s is refused', async (_title, headers: Record<string, string>) => {
    const path = `/graphql?query=${encodeURIComponent(LOGOUT)}`;

    expectRefused(await pageFrom({ origin: EVIL }).send({ headers }, path));
    expectRefused(await pageFrom({ 'sec-fetch-site': 'cross-site' }).send({ headers }, path));
    const own = await victim.send({ headers: { ...headers, 'x-csrf-token': victim.jar.get(CSRF) } }, path);
    expect([own.status, own.headers.get('allow')]).toEqual(
      'apollo-require-preflight' in headers ? [405, 'POST'] : [400, null],
    );
    await expectUnharmed();
  });

  test.each([
    ['is missing', () => undefined],
    ['is empty', () => ''],
    ['is wrong', () => 'A'.repeat(43)],
    ['has one letter too many', (token: string) => `${token}A`],
    ['has one letter too few', (token: string) => token.slice(0, -1)],
    ['is in small letters', (token: string) => token.toLowerCase()],
    ['comes twice', (token: string) => `${token}, ${token}`],
  ])('a mutation by cookie is refused when X-CSRF-Token %s', async (_title, alter) => {
    const headers = { 'x-csrf-token': alter(String(victim.jar.get(CSRF))) };

    for (const query of isAll ? [ADD_NOTE, REFRESH_TOKEN, LOGOUT] : [REFRESH_TOKEN, LOGOUT]) {
      const answer = await victim.run(query, {}, headers);
      expect([answer.status, refusalOf(answer)]).toEqual([200, 'CSRF_REJECTED']);
      expect(setCookiesOf(answer)).toEqual([]);
    }
    await expectUnharmed();
  });

  test('an X-CSRF-Token of 1 MB is refused by the HTTP server, which keeps running', async () => {
    const answer = await victim.run(LOGOUT, {}, { 'x-csrf-token': 'A'.repeat(1_000_000) }).catch(() => null);

    expect(answer?.status ?? 431).toBe(431);
    await expectUnharmed();
  });

  test('a CSRF cookie planted by an attacker and an equal header prove nothing', async () => {
    const own = String(victim.jar.get(CSRF));
    for (const planted of ['planted', 'B'.repeat(43)]) {
      victim.jar.put(CSRF, planted);
      expect(refusalOf(await victim.run(LOGOUT))).toBe('CSRF_REJECTED');
    }
    victim.jar.put(CSRF, own);
    await expectUnharmed();
  });

  test('the CSRF token of another session proves nothing, even for the same user', async () => {
    const other = new Page(server);
    await other.login(delivery, pair.user.email);
    const stranger = new Page(server);
    await stranger.register(delivery, someEmail());

    for (const { jar } of [other, stranger])
      expect(refusalOf(await victim.run(LOGOUT, {}, { 'x-csrf-token': jar.get(CSRF) }))).toBe('CSRF_REJECTED');
    await expectUnharmed();
  });

  test.each([['as JSON', 'application/json', (query: string) => JSON.stringify({ query })] as const, ...SIMPLE_BODIES])(
    'another site cannot log a browser in with a body sent %s',
    async (_title, type, body) => {
      for (const [, site] of STRANGERS) {
        const browser = new Page(server, site);
        const answer = await browser.send({
          method: 'POST',
          headers: { 'content-type': type },
          body: Buffer.from(body(LOGIN(delivery))),
        });
        expect(answer.data?.login ?? null).toBeNull();
        expect(refusalOf(answer)).toMatch(
          type === 'application/json' ? /^CSRF_REJECTED$/ : /^(BAD_REQUEST|UNSUPPORTED_MEDIA_TYPE)$/,
        );
        expect(browser.jar.names()).toEqual([]);
      }
    },
  );

  test('another site cannot give a browser a session by register or refreshToken, and the session it tried to use lives on', async () => {
    const browser = new Page(server, { origin: EVIL });
    const refreshToken = String(victim.jar.get(REFRESH));

    const email = someEmail();
    expect(refusalOf(await browser.tryRegister(delivery, email))).toBe('CSRF_REJECTED');
    expect(refusalOf(await server.client.tryLogin(email))).toBe('INVALID_CREDENTIALS');
    expect(refusalOf(await browser.tryRefresh({ refreshToken }))).toBe('CSRF_REJECTED');
    expect(browser.jar.names()).toEqual([]);
    await expectUnharmed();
  });

  test('a page of an allowed origin may use the cookies, and gets the CSRF token again after a reload', async () => {
    const app = pageFrom({ origin: ALLOWED, 'sec-fetch-site': 'cross-site' });

    const { data } = await app.run('{ csrfToken }', {}, { 'x-csrf-token': undefined });

    expect(data.csrfToken).toBe(pair.csrfToken);
    const answer = await app.run(REFRESH_TOKEN, {}, { 'x-csrf-token': data.csrfToken });
    expect(answer.errors).toEqual([]);
    await expectUnharmed();
  });

  test('an old browser that sends only Origin may use the cookies', async () => {
    await pageFrom({ origin: ISSUER }).refresh();
    await expectUnharmed();
  });

  test.each([
    ['in small letters', (name: string) => name.toLowerCase().replace('__host', '__host')],
    ['in capitals', (name: string) => name.toUpperCase()],
    ['without the prefix', (name: string) => name.replace('__Host-', '')],
    ['with the other prefix', (name: string) => name.replace('__Host-', '__Secure-')],
    ['with a space before it', (name: string) => `x ${name}`],
  ])('a cookie whose name is written %s is ignored', async (_title, rename) => {
    const cookie = [ACCESS, REFRESH]
      .map((name) => `${name === rename(name) ? name.replace('H', 'h') : rename(name)}=${victim.jar.get(name) ?? 'x'}`)
      .join('; ');

    expect(errorOf(await victim.me({ cookie })).extensions).toEqual({
      code: 'UNAUTHENTICATED',
      reason: 'TOKEN_MISSING',
      refreshable: false,
    });
    expect(refusalOf(await victim.tryRefresh(null, { cookie }))).toBe('INVALID_REFRESH_TOKEN TOKEN_MISSING');
  });

  test('two cookies with the same name authenticate nobody', async () => {
    const attacker = new Page(server);
    await attacker.register(delivery, someEmail());
    const [tossed, own] = [attacker.jar.get(REFRESH), victim.jar.get(REFRESH)];

    for (const cookie of [`${REFRESH}=${tossed}; ${REFRESH}=${own}`, `${REFRESH}=${own}; ${REFRESH}=${tossed}`]) {
      expect((await victim.run('{ csrfToken }', {}, { cookie })).data.csrfToken).toBeNull();
      for (const token of [attacker.jar.get(CSRF), victim.jar.get(CSRF)])
        expect(refusalOf(await victim.tryRefresh(null, { cookie, 'x-csrf-token': token }))).toMatch(
          /TOKEN_(INVALID|MISSING)/,
        );
    }
    await expectUnharmed();
  });

  test('the cookies are bound to the host, live as long as their tokens and, except for the CSRF token, are hidden from scripts', async () => {
    const answer = await victim.tryLogin(delivery, pair.user.email);

    const cookies = setCookiesOf(answer).map(parseSetCookie);
    expect(cookies.map(({ name }) => name)).toEqual([ACCESS, REFRESH, CSRF]);
    for (const { name, value, attributes } of cookies) {
      expect([...attributes.keys()].toSorted()).toEqual(
        ['max-age', 'path', 'secure', 'samesite', ...(name === CSRF ? [] : ['httponly'])].toSorted(),
      );
      expect(attributes.get('path')).toBe('/');
      expect(attributes.get('samesite')).toBe('Lax');
      expect([name, Number(attributes.get('max-age'))]).toEqual([name, lifetimeOf(name, value)]);
    }
    function lifetimeOf(name: string, value: string): number {
      if (name === ACCESS && !isAll) return 0;
      if (name === CSRF) return (7 * DAY) / SECOND;
      return claimsOf(value).exp - Math.floor(server.clock.now() / SECOND);
    }
  });

  test('logout clears each cookie with the attributes it was set with', async () => {
    const set = setCookiesOf(await victim.tryLogin(delivery, pair.user.email)).map(parseSetCookie);
    victim.reload();

    const cleared = setCookiesOf(await victim.logout()).map(parseSetCookie);

    const shapeOf = ({ name, attributes }: ReturnType<typeof parseSetCookie>) => ({
      name,
      attributes: [...attributes].filter(([key]) => key !== 'max-age'),
    });
    expect(cleared.map(shapeOf)).toEqual(set.map(shapeOf));
    for (const { value, attributes } of cleared) expect([value, attributes.get('max-age')]).toEqual(['', '0']);
  });

  test('an answer with tokens is not cached', async () => {
    for (const answer of [await victim.tryRefresh(), await victim.tryLogin(delivery, pair.user.email)])
      expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('a batch of operations is refused', async () => {
    const answer = await victim.send({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': victim.jar.get(CSRF) },
      body: JSON.stringify([{ query: REFRESH_TOKEN }, { query: LOGOUT }]),
    });

    expect([answer.status, refusalOf(answer)]).toEqual([400, 'BAD_REQUEST']);
    await expectUnharmed();
  });
});

describe('authentication by cookie', () => {
  let page: Page;
  let id: string;
  beforeEach(async () => {
    page = new Page(server);
    id = (await page.register('COOKIES', someEmail())).user.id;
  });

  test('a guarded mutation runs with the CSRF token', async () => {
    expect((await page.run(ADD_NOTE)).data.addNote).toBe(id);
  });

  test('a query needs no CSRF token', async () => {
    expect((await page.run('{ me { id } greeting }', {}, { 'x-csrf-token': undefined })).data).toEqual({
      me: { id },
      greeting: id,
    });
  });

  test('a public mutation without the CSRF token runs as for an anonymous caller', async () => {
    const { data } = await page.run('mutation { signGuestBook }', {}, { 'x-csrf-token': undefined });
    expect(data.signGuestBook).toBe('somebody');

    expect((await page.run('mutation { signGuestBook }')).data.signGuestBook).toBe(id);
  });

  test('requests that authenticate by header need no CSRF token, wherever they come from', async () => {
    const pair = await server.client.login(await emailOf(page));
    for (const site of [{}, { origin: EVIL }, { origin: EVIL, 'sec-fetch-site': 'cross-site' }]) {
      const machine = new Page(server, site);
      const headers = { authorization: `Bearer ${pair.accessToken}` };
      expect((await machine.run('mutation { addNote signGuestBook }', {}, headers)).data).toEqual({
        addNote: id,
        signGuestBook: id,
      });
    }
  });

  test('the cookies of a page elsewhere are ignored beside a Bearer header', async () => {
    const somebody = await server.client.register(someEmail());
    const attacker = new Page(server, { origin: EVIL }, page.jar);
    const headers = { authorization: `Bearer ${somebody.accessToken}`, 'x-csrf-token': page.jar.get(CSRF) };

    expect((await attacker.me(headers)).data.me.id).toBe(somebody.user.id);
    expect((await attacker.run('{ csrfToken }', {}, headers)).data.csrfToken).toBeNull();
    expect(refusalOf(await attacker.tryRefresh(null, headers))).toBe('INVALID_REFRESH_TOKEN TOKEN_MISSING');
    expect((await attacker.logout(null, headers)).data.logout.endedSessionIds).toEqual([somebody.session.id]);
    expect(accessOf(await page.me())).toBe('good');
  });

  test('Query.csrfToken is null without a cookie, and with cookies that are not ours', async () => {
    expect((await new Page(server).run('{ csrfToken }')).data.csrfToken).toBeNull();
    const cookie = `${ACCESS}=garbage; ${REFRESH}=garbage`;
    expect((await page.run('{ csrfToken }', {}, { cookie })).data.csrfToken).toBeNull();
  });

  test('the log contains no CSRF token and no cookie', async () => {
    await page.run(LOGOUT, {}, { 'x-csrf-token': 'wrong' });

    for (const name of page.jar.names()) expect(server.log()).not.toContain(String(page.jar.get(name)));
  });
});

async function emailOf(page: Page): Promise<string> {
  return (await page.run('{ me { email } }')).data.me.email;
}
