import { resolveSettings } from '../src/settings.ts';
import { type Environment, readEnvironment, StartError, variableNames } from '../server/src/environment.ts';

/** The variables that production requires. */
const PRODUCTION = {
  NODE_ENV: 'production',
  AUTH_ISSUER: 'https://auth.example.com',
  AUTH_REGISTRATION: 'closed',
  AUTH_KEYS_FILE: '/run/secrets/keys.json',
  DATABASE_URL: 'postgresql://auth@db/auth',
};

function faultsOf(variables: Record<string, string>): readonly string[] {
  try {
    readEnvironment(variables);
  } catch (error) {
    if (error instanceof StartError) return error.faults;
    throw error;
  }
  return [];
}

/** The names that the faults are about. */
const namesOf = (variables: Record<string, string>) => faultsOf(variables).map((fault) => fault.split(':', 1)[0]);

/** The library's settings, as a server would have them. */
const settingsOf = ({ settings }: Environment) => resolveSettings(settings);

test('development requires no variable', () => {
  const environment = readEnvironment({});
  expect(environment).toMatchObject({
    isProduction: false,
    port: 4000,
    host: '127.0.0.1',
    databaseUrl: 'sqlite:./data/auth.db',
    keysFile: './data/keys.json',
    isExplorerOn: true,
    trustedProxies: [],
  });
  const minute = 60_000;
  const day = 24 * 60 * minute;
  expect(settingsOf(environment)).toMatchObject({
    issuer: 'http://localhost:4000',
    audience: 'api',
    registration: 'open',
    accessTokenLifetime: 15 * minute,
    refreshTokenLifetime: 7 * day,
    sessionLifetime: 30 * day,
    blacklistAfterRotation: true,
    reuseLeeway: 10_000,
    leeway: 5_000,
    blacklistPoll: 1_000,
    blacklistStaleness: minute,
    maxSessions: 50,
    bcryptCost: 12,
    bcryptParallelism: 3,
    passwordMinLength: 8,
    loginBudget: { checks: 100, window: 15 * minute },
    registerBudget: { checks: 100, window: 15 * minute },
    refreshBudget: { checks: 300, window: 15 * minute },
    allowedOrigins: [],
  });
});

test('each variable is read', () => {
  const environment = readEnvironment({
    ...PRODUCTION,
    PORT: '8080',
    HOST: '0.0.0.0',
    AUTH_AUDIENCE: 'shop',
    AUTH_ACCESS_TOKEN_LIFETIME: '5m',
    AUTH_REFRESH_TOKEN_LIFETIME: '14d',
    AUTH_SESSION_LIFETIME: 'none',
    AUTH_BLACKLIST_AFTER_ROTATION: 'false',
    AUTH_REUSE_LEEWAY: '0s',
    AUTH_LEEWAY: '1s',
    AUTH_BLACKLIST_POLL: '500ms',
    AUTH_BLACKLIST_STALENESS: '2m',
    AUTH_MAX_SESSIONS: '3',
    AUTH_BCRYPT_COST: '11',
    AUTH_BCRYPT_PARALLELISM: '7',
    AUTH_PASSWORD_MIN_LENGTH: '15',
    AUTH_LOGIN_BUDGET: '100000/1m',
    AUTH_REGISTER_BUDGET: '1/1d',
    AUTH_REFRESH_BUDGET: '50/90s',
    AUTH_LINK_URL: 'https://app.example.com/account',
    AUTH_SMTP_URL: 'smtps://me:secret@mail.example.com',
    AUTH_MAIL_FROM: 'Example <auth@example.com>',
    AUTH_MAX_DEPTH: '1',
    AUTH_MAX_ALIASES: '2',
    AUTH_MAX_ROOT_FIELDS: '3',
    AUTH_MAX_DIRECTIVES: '4',
    AUTH_MAX_COST: '5',
    AUTH_MAX_TOKENS: '6',
    AUTH_MAX_CONNECTIONS: '7',
    AUTH_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
    AUTH_TRUSTED_PROXIES: '10.0.0.0/8,::1',
  });
  expect(environment).toMatchObject({
    isProduction: true,
    port: 8080,
    host: '0.0.0.0',
    databaseUrl: 'postgresql://auth@db/auth',
    keysFile: '/run/secrets/keys.json',
    isExplorerOn: false,
    trustedProxies: ['10.0.0.0/8', '::1'],
    documentLimits: { depth: 1, aliases: 2, rootFields: 3, directives: 4, cost: 5 },
    maxTokens: 6,
    maxConnections: 7,
    smtp: { url: 'smtps://me:secret@mail.example.com', from: 'Example <auth@example.com>' },
  });
  expect(settingsOf(environment)).toMatchObject({
    issuer: 'https://auth.example.com',
    audience: 'shop',
    registration: 'closed',
    accessTokenLifetime: 300_000,
    refreshTokenLifetime: 14 * 86_400_000,
    sessionLifetime: null,
    blacklistAfterRotation: false,
    reuseLeeway: 0,
    leeway: 1_000,
    blacklistPoll: 500,
    blacklistStaleness: 120_000,
    maxSessions: 3,
    bcryptCost: 11,
    bcryptParallelism: 7,
    passwordMinLength: 15,
    loginBudget: { checks: 100_000, window: 60_000 },
    registerBudget: { checks: 1, window: 86_400_000 },
    refreshBudget: { checks: 50, window: 90_000 },
    linkUrl: 'https://app.example.com/account',
    allowedOrigins: ['https://a.example', 'https://b.example'],
  });
});

test.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1000ms', 1_000],
])('a duration is a whole number and its unit: %s', (text, milliseconds) => {
  expect(settingsOf(readEnvironment({ AUTH_ACCESS_TOKEN_LIFETIME: text })).accessTokenLifetime).toBe(milliseconds);
});

test.each([
  '0/15m',
  '100001/1m',
  '100/59s',
  '100/25h',
  '100',
  '100/',
  '/15m',
  '-1/15m',
  '1.5/15m',
  'none',
  '100/15m/2',
])('a budget cannot be %s', (text) => {
  for (const name of ['AUTH_LOGIN_BUDGET', 'AUTH_REGISTER_BUDGET', 'AUTH_REFRESH_BUDGET'])
    expect(namesOf({ [name]: text })).toEqual([name]);
});

test.each([
  [{ AUTH_SMTP_URL: 'https://mail.example.com' }, ['AUTH_MAIL_FROM', 'AUTH_LINK_URL', 'AUTH_SMTP_URL']],
  [{ AUTH_SMTP_URL: 'smtp://mail.example.com' }, ['AUTH_MAIL_FROM', 'AUTH_LINK_URL']],
  [{ AUTH_EMAIL_VERIFICATION: 'required' }, ['AUTH_SMTP_URL']],
  [{ AUTH_NOTICES: 'NEW_DEVICE' }, ['AUTH_SMTP_URL']],
  [{ AUTH_NOTICES: 'NEWS', AUTH_LOGIN_BY_CODE: 'true' }, ['AUTH_SMTP_URL', 'AUTH_SMTP_URL', 'AUTH_NOTICES']],
  [{ AUTH_LOGIN_BY_CODE: 'false', AUTH_EMAIL_VERIFICATION: 'optional' }, []],
  [{ AUTH_MAIL_FROM: 'nobody' }, ['AUTH_MAIL_FROM']],
  [{ AUTH_MAIL_FROM: 'a@b.test\r\nBcc: c@d.test' }, ['AUTH_MAIL_FROM']],
  [{ AUTH_LINK_URL: 'app.example.com' }, ['AUTH_LINK_URL']],
  [{ AUTH_LINK_URL: 'https://app.example.com/#x' }, ['AUTH_LINK_URL']],
  [{ AUTH_LINK_URL: 'javascript:alert(1)' }, ['AUTH_LINK_URL']],
])('production names what is wrong about mail: %j', (variables, names) => {
  expect(namesOf({ ...PRODUCTION, ...variables })).toEqual(names);
});

test.each(['15', '15 m', '15min', '1.5h', '-5m', 'm', '0s', '1500ms', '1e3s', '15M', '9999999999s'])(
  'a lifetime cannot be %s',
  (text) => {
    expect(namesOf({ AUTH_ACCESS_TOKEN_LIFETIME: text })).toEqual(['AUTH_ACCESS_TOKEN_LIFETIME']);
  },
);

test.each([
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '4000.5'],
  ['PORT', 'http'],
  ['DATABASE_URL', 'mysql://x'],
  ['DATABASE_URL', 'sqlite:'],
  ['AUTH_EXPLORER', 'yes'],
  ['AUTH_TRUSTED_PROXIES', 'everyone'],
  ['AUTH_TRUSTED_PROXIES', '10.0.0.0/33'],
  ['AUTH_ISSUER', ' '],
  ['AUTH_REGISTRATION', 'maybe'],
  ['AUTH_BLACKLIST_AFTER_ROTATION', 'no'],
  ['AUTH_MAX_SESSIONS', '0'],
  ['AUTH_MAX_SESSIONS', '1.5'],
  ['AUTH_BCRYPT_PARALLELISM', '0'],
  ['AUTH_BCRYPT_PARALLELISM', '65'],
  ['AUTH_PASSWORD_MIN_LENGTH', '7'],
  ['AUTH_PASSWORD_MIN_LENGTH', '65'],
  ['AUTH_MAX_DEPTH', '0'],
  ['AUTH_MAX_ALIASES', 'none'],
  ['AUTH_MAX_TOKENS', '1.5'],
  ['AUTH_BCRYPT_COST', '9'],
  ['AUTH_BCRYPT_COST', '3'],
  ['AUTH_BCRYPT_COST', '16'],
  ['AUTH_LEEWAY', '61s'],
  ['AUTH_REUSE_LEEWAY', '6m'],
  ['AUTH_BLACKLIST_POLL', '9ms'],
  ['AUTH_BLACKLIST_STALENESS', '11m'],
  ['AUTH_ALLOWED_ORIGINS', '*'],
])('%s cannot be %s', (name, value) => {
  expect(new Set(namesOf({ [name]: value }))).toEqual(new Set([name]));
});

test.each([
  [
    'an access token that outlives its refresh token',
    { AUTH_ACCESS_TOKEN_LIFETIME: '7d' },
    'AUTH_ACCESS_TOKEN_LIFETIME',
  ],
  ['a session that is shorter than its refresh token', { AUTH_SESSION_LIFETIME: '6d' }, 'AUTH_SESSION_LIFETIME'],
  ['an audience that is the issuer', { AUTH_AUDIENCE: 'http://localhost:4000' }, 'AUTH_AUDIENCE'],
  ['a staleness of less than two polls', { AUTH_BLACKLIST_POLL: '40s' }, 'AUTH_BLACKLIST_STALENESS'],
])('values that contradict each other are a fault: %s', (_name, variables, name) => {
  expect(namesOf(variables)).toEqual([name]);
});

test('an unknown variable that begins with AUTH_ is a fault, so that no misspelled setting goes unnoticed', () => {
  expect(faultsOf({ AUTH_ACCES_TOKEN_LIFETIME: '5m', AUTH_: 'x' })).toEqual([
    'AUTH_ACCES_TOKEN_LIFETIME: there is no such setting',
    'AUTH_: there is no such setting',
  ]);
  expect(faultsOf({ PATH: '/bin', SOMEBODYS_AUTH_TOKEN: 'x', auth_issuer: 'x' })).toEqual([]);
});

test('an empty variable counts as not set', () => {
  const empty = Object.fromEntries(variableNames.map((name) => [name, '']));
  expect(readEnvironment(empty)).toEqual(readEnvironment({}));
  expect(faultsOf({ ...PRODUCTION, AUTH_ISSUER: '' })).toEqual(['AUTH_ISSUER: must be set in production']);
});

test('production requires an explicit issuer, registration, key ring and database', () => {
  expect(faultsOf({ NODE_ENV: 'production' })).toEqual([
    'AUTH_ISSUER: must be set in production',
    'AUTH_REGISTRATION: must be set in production',
    'AUTH_KEYS_FILE: must be set in production',
    'DATABASE_URL: must be set in production',
  ]);
  expect(faultsOf(PRODUCTION)).toEqual([]);
});

test('the explorer is off in production unless it is switched on', () => {
  expect(readEnvironment(PRODUCTION).isExplorerOn).toBe(false);
  expect(readEnvironment({ ...PRODUCTION, AUTH_EXPLORER: 'true' }).isExplorerOn).toBe(true);
  expect(readEnvironment({ AUTH_EXPLORER: 'false' }).isExplorerOn).toBe(false);
});

test('every fault is reported at once, whatever its kind', () => {
  const variables = {
    NODE_ENV: 'production',
    PORT: 'x',
    AUTH_COLOUR: 'red',
    AUTH_ISSUER: 'api',
    AUTH_ACCESS_TOKEN_LIFETIME: '15',
    AUTH_REFRESH_TOKEN_LIFETIME: '8d',
    AUTH_SESSION_LIFETIME: '7d',
    AUTH_LEEWAY: '2m',
    AUTH_REUSE_LEEWAY: '1h',
    AUTH_BLACKLIST_POLL: '1ms',
    AUTH_BLACKLIST_STALENESS: '1h',
    AUTH_MAX_SESSIONS: 'many',
    AUTH_BCRYPT_COST: '8',
  };
  expect(namesOf(variables).toSorted()).toEqual([
    'AUTH_ACCESS_TOKEN_LIFETIME',
    'AUTH_AUDIENCE',
    'AUTH_BCRYPT_COST',
    'AUTH_BLACKLIST_POLL',
    'AUTH_BLACKLIST_STALENESS',
    'AUTH_COLOUR',
    'AUTH_KEYS_FILE',
    'AUTH_LEEWAY',
    'AUTH_MAX_SESSIONS',
    'AUTH_REGISTRATION',
    'AUTH_REUSE_LEEWAY',
    'AUTH_SESSION_LIFETIME',
    'DATABASE_URL',
    'PORT',
  ]);
});

test('no fault repeats a value, since it may be a misplaced secret', () => {
  const secret = 'hunter2secret';
  const all = Object.fromEntries(variableNames.map((name) => [name, secret]));
  const faults = faultsOf({ ...all, AUTH_SECRET: secret });
  expect(faults.length).toBeGreaterThan(15);
  expect(faults.join('\n')).not.toContain(secret);
});

test('the variables that Kubernetes adds beside a Service named auth are ignored', () => {
  const variables = {
    AUTH_SERVICE_HOST: '10.0.0.1',
    AUTH_SERVICE_PORT: '4000',
    AUTH_SERVICE_PORT_HTTP: '4000',
    AUTH_PORT: 'tcp://10.0.0.1:4000',
    AUTH_PORT_4000_TCP: 'tcp://10.0.0.1:4000',
    AUTH_PORT_4000_TCP_PROTO: 'tcp',
    AUTH_PORT_4000_TCP_PORT: '4000',
    AUTH_PORT_4000_TCP_ADDR: '10.0.0.1',
    AUTH_DB_SERVICE_HOST: '10.0.0.2',
    AUTH_DB_PORT_5432_TCP: 'tcp://10.0.0.2:5432',
  };
  expect(faultsOf(variables)).toEqual([]);
  expect(namesOf({ ...variables, AUTH_COLOUR: 'red' })).toEqual(['AUTH_COLOUR']);
  expect(namesOf({ AUTH_PORT: '8080' })).toEqual(['AUTH_PORT']);
});

test.each([
  ['', false],
  ['development', false],
  ['test', false],
  ['production', true],
  ['staging', true],
  ['Production', true],
  ['DEVELOPMENT', true],
])('NODE_ENV=%j is production: %s', (NODE_ENV, isProduction) => {
  expect(readEnvironment({ ...PRODUCTION, NODE_ENV }).isProduction).toBe(isProduction);
});
