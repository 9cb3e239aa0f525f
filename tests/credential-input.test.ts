import { tryChangePassword } from './support/accounts.ts';
import { EMAIL, PASSWORD, type Answer } from './support/graphql-client.ts';
import { startTestAuth, type TestAuth } from './support/start-test-auth.ts';
import { useServers } from './support/use-servers.ts';

const start = useServers();
const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }';

let server: TestAuth;
beforeAll(async () => {
  server = await startTestAuth();
  await server.client.register();
});
afterAll(() => server.stop());

type Fields = Readonly<Record<string, string>>;
const NEW = { email: 'new@example.com', password: PASSWORD };

/** Invalid inputs, with the reason for each field. */
const faults: readonly (readonly [title: string, input: unknown, fields: Fields])[] = [
  ['no input', undefined, { input: 'REQUIRED' }],
  ['null', null, { input: 'REQUIRED' }],
  ['no fields', {}, { 'input.email': 'REQUIRED', 'input.password': 'REQUIRED' }],
  ['no password', { email: EMAIL }, { 'input.password': 'REQUIRED' }],
  ['no e-mail', { password: PASSWORD }, { 'input.email': 'REQUIRED' }],
  ['nulls', { email: null, password: null }, { 'input.email': 'REQUIRED', 'input.password': 'REQUIRED' }],
  ['empty strings', { email: '', password: '' }, { 'input.email': 'REQUIRED', 'input.password': 'REQUIRED' }],
  [
    'blank strings',
    { email: ' \t', password: '         ' },
    { 'input.email': 'REQUIRED', 'input.password': 'REQUIRED' },
  ],
  ['numbers', { email: 1, password: 12_345_678 }, { 'input.email': 'INVALID_TYPE', 'input.password': 'INVALID_TYPE' }],
  ['booleans', { email: true, password: false }, { 'input.email': 'INVALID_TYPE', 'input.password': 'INVALID_TYPE' }],
  [
    'lists',
    { email: [EMAIL], password: [PASSWORD] },
    { 'input.email': 'INVALID_TYPE', 'input.password': 'INVALID_TYPE' },
  ],
  [
    'objects',
    { email: { $ne: '' }, password: {} },
    { 'input.email': 'INVALID_TYPE', 'input.password': 'INVALID_TYPE' },
  ],
  ['text in place of the input', 'email', { input: 'INVALID_TYPE' }],
  ['a list of inputs', [NEW], { input: 'INVALID_TYPE' }],
  ['an unknown field', { ...NEW, admin: true }, { 'input.admin': 'UNKNOWN_FIELD' }],
  [
    'NUL',
    { email: 'a\0da@example.com', password: 'correct\0horse' },
    { 'input.email': 'EMAIL_INVALID', 'input.password': 'PASSWORD_INVALID' },
  ],
  ['NUL at the end', { ...NEW, password: `${PASSWORD}\0` }, { 'input.password': 'PASSWORD_INVALID' }],
  [
    'half a surrogate pair',
    { email: '\ud800@example.com', password: '\ud800 horse battery' },
    { 'input.email': 'EMAIL_INVALID', 'input.password': 'PASSWORD_INVALID' },
  ],
  [
    'the other half of a surrogate pair',
    { ...NEW, password: '\udbff horse battery' },
    { 'input.password': 'PASSWORD_INVALID' },
  ],
  ['a password of 257 characters', { ...NEW, password: 'a'.repeat(257) }, { 'input.password': 'PASSWORD_TOO_LONG' }],
  ['a password of 257 emoji', { ...NEW, password: '🔑'.repeat(257) }, { 'input.password': 'PASSWORD_TOO_LONG' }],
  [
    'a password that is longer than 256 characters in NFKC',
    { ...NEW, password: '\ufdfa'.repeat(20) },
    { 'input.password': 'PASSWORD_TOO_LONG' },
  ],
  ['a password of 90 kB', { ...NEW, password: 'a'.repeat(90_000) }, { 'input.password': 'PASSWORD_TOO_LONG' }],
  [
    'an e-mail of 255 characters',
    { ...NEW, email: `a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(61)}` },
    { 'input.email': 'EMAIL_INVALID' },
  ],
  [
    'a local part of 65 characters',
    { ...NEW, email: `${'a'.repeat(65)}@example.com` },
    { 'input.email': 'EMAIL_INVALID' },
  ],
  [
    'an e-mail that would stall a slow regular expression',
    { ...NEW, email: `a@${'a.'.repeat(40_000)}` },
    { 'input.email': 'EMAIL_INVALID' },
  ],
  [
    'an e-mail with spaces that would do the same',
    { ...NEW, email: `a@${' '.repeat(60_000)}b` },
    { 'input.email': 'EMAIL_INVALID' },
  ],
  ...[
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'a b@example.com',
    'ada@exam ple.com',
    'ada@@example.com',
    'a@b@example.com',
    'ada@.com',
    'ada@example.',
    'ada@ex..com',
    'ada@example.com\r\nBcc: eve@example.com',
    'ürsula@example.com',
    '\u0430da@example.com',
    '\uFF41da@example.com',
    '\u212Aate@example.com',
    'a\u200Bda@example.com',
    'ad\u00ADa@example.com',
    'a,b@example.com',
    '<ada@example.com',
    '"ada"@example.com',
    '.ada@example.com',
    'ada.@example.com',
    'a..b@example.com',
    'ada@-example.com',
    'ada@exa_mple.com',
    'ada@127.0.0.1',
    'ada@0x7f.1',
    'ada@[127.0.0.1]',
    'ada@exa%6Dple.com',
  ].map(
    (email) =>
      [`not an e-mail: ${JSON.stringify(email)}`, { ...NEW, email }, { 'input.email': 'EMAIL_INVALID' }] as const,
  ),
];

async function submit(mutation: string, input: unknown): Promise<Answer> {
  const type = mutation === 'login' ? 'LoginInput' : 'RegisterInput';
  const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { accessToken refreshToken } }`;
  return server.client.run(query, input === undefined ? {} : { input });
}

/** The reason for each field that an answer names. A code other than BAD_USER_INPUT shows up as well. */
function fieldsOf({ errors }: Answer): Fields {
  const entries = errors.flatMap(({ extensions: { code, fields } }) =>
    code === 'BAD_USER_INPUT' && fields !== undefined ? fields.map(({ path, reason }) => [path, reason]) : [[code, '']],
  );
  return Object.fromEntries(entries) as Fields;
}

describe.each(['login', 'register'])('%s names each invalid field', (mutation) => {
  test.each(faults)('%s', async (_title, input, fields) => {
    const answer = await submit(mutation, input);
    expect(answer.status).toBeLessThan(500);
    expect(answer.data?.[mutation] ?? null).toBeNull();
    expect(fieldsOf(answer)).toEqual(fields);
    expect(new Set(answer.errors.map(({ message }) => message))).toEqual(new Set(['The input is not valid.']));
    expect(server.log()).toBe('');
    expect((await server.client.login()).user.email).toBe(EMAIL);
  });
});

describe('a password of fewer than 8 characters', () => {
  test.each(['a', 'seven77', '🔑🔑🔑🔑🔑🔑🔑'])('is too short for a new account: %s', async (password) => {
    expect(fieldsOf(await submit('register', { ...NEW, password }))).toEqual({
      'input.password': 'PASSWORD_TOO_SHORT',
    });
  });

  test('is merely wrong in a login, since a password older than the rule may be that short', async () => {
    const { errors } = await submit('login', { email: EMAIL, password: 'a' });
    expect(errors[0]?.extensions).toEqual({ code: 'INVALID_CREDENTIALS' });
  });
});

test.each([
  'ada+tag@example.co.uk',
  "o'hara@example.com",
  'a@b.cd',
  `${'a'.repeat(64)}@example.com`,
  `a@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.${'e'.repeat(60)}`,
  'ada@xn--exmple-cua.com',
])('an e-mail that can be delivered is accepted: %s', async (email) => {
  expect((await server.client.register(email)).user.email).toBe(email);
});

describe('one address has one account, in whichever form it is written', () => {
  test.each([
    ['in capitals', 'Grace.Hopper@Example.COM'],
    ['with spaces around it', ' \tgrace.hopper@example.com\u00A0'],
    ['with a soft hyphen in the domain', 'grace.hopper@exam\u00ADple.com'],
    ['with a zero-width space in the domain', 'grace.hopper@exa\u200Bmple.com'],
    ['with an ideographic full stop', 'grace.hopper@example\u3002com'],
    ['with a full-width domain', 'grace.hopper@\uFF45xample.com'],
  ])('%s', async (_form, email) => {
    const { client } = await start();
    const { user } = await client.register('grace.hopper@example.com');
    expect(user.email).toBe('grace.hopper@example.com');
    expect(fieldsOf(await client.run(REGISTER, { input: { email, password: PASSWORD } }))).toEqual({
      'input.email': 'EMAIL_TAKEN',
    });
    expect((await client.login(email)).user.id).toBe(user.id);
  });

  test.each([
    ['composed', 'ada@b\u00FCcher.example'],
    ['decomposed', 'ada@bu\u0308cher.example'],
    ['in capitals', 'ada@B\u00DCCHER.example'],
    ['as punycode', 'ada@xn--bcher-kva.example'],
  ])('a domain in Unicode is stored in ASCII: %s', async (_form, email) => {
    const { client } = await start();
    expect((await client.register(email)).user.email).toBe('ada@xn--bcher-kva.example');
    expect((await client.login('ada@b\u00FCcher.example')).user.email).toBe('ada@xn--bcher-kva.example');
  });
});

test('a password that is set in one Unicode form is accepted in another', async () => {
  const { client } = await start();
  const [composed, decomposed] = ['pass\u00E9 compos\u00E9', 'passe\u0301 compose\u0301'];
  const { accessToken } = await client.register(EMAIL, composed);
  await client.login(EMAIL, decomposed);

  const fullWidth = '\uFF50\uFF41\uFF53\uFF53\uFF57\uFF4F\uFF52\uFF44 new';
  expect((await tryChangePassword(client, accessToken, decomposed, fullWidth)).errors).toEqual([]);
  await client.login(EMAIL, 'password new');
});
