import { EMAIL } from '../../tests/support/graphql-client.ts';
import { ManualClock, MINUTE } from '../../tests/support/manual-clock.ts';
import { createAuthClient } from '../src/index.ts';
import { useFakePages } from './support/fake-page.ts';

const openPage = useFakePages();
const PAGE = 'https://app.example/shop/';

/** A client with a token. Its server answers at every URL. */
async function logIn(url: string) {
  const sent: { target: string; authorization: string | null }[] = [];
  const clock = new ManualClock();
  const through: typeof fetch = async (input, init) => {
    const target = input instanceof Request ? input.url : String(input);
    sent.push({ target, authorization: new Headers(init?.headers).get('authorization') });
    return Response.json({ data: {} });
  };
  const auth = createAuthClient({ url, fetch: through, clock, isShared: false });
  const until = (milliseconds: number) => new Date(clock.now() + milliseconds).toISOString();
  await auth.adopt({
    accessToken: 'secret',
    accessTokenExpiresAt: until(15 * MINUTE),
    accessTokenExpiresIn: 900,
    refreshToken: 'more-secret',
    refreshTokenExpiresAt: until(60 * MINUTE),
    session: { id: '1' },
    user: { id: '1', email: EMAIL, roles: [] },
  });
  const isTrusted = async (target: string | Request) => {
    await auth.fetch(target);
    return sent.at(-1)?.authorization === 'Bearer secret';
  };
  return { isTrusted };
}

const ELSEWHERE = [
  '//evil.example/x',
  String.raw`/\evil.example/x`,
  String.raw`\\evil.example/x`,
  ' https://evil.example/x',
  '\thttps://evil.example/x',
  String.raw`https:\\evil.example/x`,
  'https:///evil.example/x',
  'https://app.example@evil.example/x',
  'https://app.example:8443/graphql',
  'http://app.example/graphql',
  'https://app.example.evil.example/graphql',
  'data:application/json,{}',
  'https://[',
];

describe('on a page', () => {
  test.each([
    '/graphql',
    'graphql',
    '?query={me}',
    PAGE,
    'https://APP.example:443/graphql',
    '//app.example/graphql',
    'https:path',
  ])("a token is sent to the API's own origin, written as %s", async (target) => {
    openPage(PAGE);
    const { isTrusted } = await logIn('/graphql');

    expect(await isTrusted(target)).toBe(true);
  });

  test.each(ELSEWHERE)('no token is sent to %j', async (target) => {
    openPage(PAGE);
    const { isTrusted } = await logIn('/graphql');

    expect(await isTrusted(target)).toBe(false);
  });
});

describe('without a page', () => {
  test.each(['https://app.example', 'https://app.example/other?x#y', 'HTTPS://App.Example/graphql'])(
    "a token is sent to the API's own origin, written as %s",
    async (target) => {
      const { isTrusted } = await logIn('https://app.example/graphql');

      expect(await isTrusted(target)).toBe(true);
    },
  );

  test("a token is sent with a Request to the API's own origin only", async () => {
    const { isTrusted } = await logIn('https://app.example/graphql');

    expect(await isTrusted(new Request('https://app.example/x'))).toBe(true);
    expect(await isTrusted(new Request('https://evil.example/x'))).toBe(false);
  });

  test.each([
    ...ELSEWHERE,
    '/graphql',
    '',
    'https:app.example/x',
    String.raw`https://app.example\@evil.example/`,
    'https://app.example\t@evil/',
  ])('no token is sent to %j', async (target) => {
    const { isTrusted } = await logIn('https://app.example/graphql');

    expect(await isTrusted(target)).toBe(false);
  });
});
