import { isIP } from 'node:net';
import {
  type AuthSettings,
  DEFAULT_DOCUMENT_LIMITS,
  type DocumentLimits,
  resolveSettings,
  SettingsError,
} from 'graphql-simplejwt';
import { z } from 'zod';
import { DatabaseUrlError, parseDatabaseUrl } from './database/database-url.ts';

/** The server's configuration, as the environment gives it. */
export interface Environment {
  readonly isProduction: boolean;
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string;
  readonly keysFile: string;
  readonly isExplorerOn: boolean;
  /** Null if there is no mail server. */
  readonly smtp: { readonly url: string; readonly from: string } | null;
  /** Addresses and networks whose forwarded headers are trusted. */
  readonly trustedProxies: readonly string[];
  /** Headers that pages of allowed origins may send, besides the usual ones. */
  readonly allowedHeaders: readonly string[];
  readonly documentLimits: Required<DocumentLimits>;
  readonly maxTokens: number;
  readonly maxConnections: number;
  readonly settings: AuthSettings;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function databaseUrlFault(text: string): string | null {
  try {
    parseDatabaseUrl(text);
    return null;
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.message;
    throw error;
  }
}

const yesOrNo = z.enum(['true', 'false']).transform((word) => word === 'true');

/** The tokens that a document may have where nothing else is set. */
export const DEFAULT_MAX_TOKENS = 2_000;

/** The connections that one address may have open where nothing else is set. */
export const DEFAULT_MAX_CONNECTIONS = 1_000;

function limit(byDefault: number, meaning: string) {
  return z.coerce.number().int().min(1).max(1_000_000).default(byDefault).describe(meaning);
}

/** The server's own variables. docs/configuration.md is printed from them. */
export const serverVariables = {
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(4000)
    .describe('The port to listen on; 0 for any free port.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('The address to listen on.'),
  DATABASE_URL: z
    .string()
    .superRefine((text, context) => {
      const message = databaseUrlFault(text);
      if (message !== null) context.addIssue({ code: 'custom', message });
    })
    .default('sqlite:./data/auth.db')
    .describe('`sqlite:PATH` or `postgresql://...`. See "Databases" below for the parameters.'),
  AUTH_KEYS_FILE: z
    .string()
    .min(1)
    .default('./data/keys.json')
    .describe(
      'The private JWK Set that signs the tokens and digests the passwords. In development, the first start writes it.',
    ),
  AUTH_SMTP_URL: z
    .string()
    .refine((text) => /^smtps?:$/.test(URL.parse(text)?.protocol ?? ''), 'must be smtp://... or smtps://...')
    .optional()
    .describe(
      'The mail server, such as `smtps://user:password@mail.example.com`. Without it, production has no field that sends a mail, and development writes mails to `./data/mail`.',
    ),
  AUTH_MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/, 'must be an address, such as `Example <auth@example.com>`')
    .optional()
    .describe('The sender of mails. It must be set if `AUTH_SMTP_URL` is.'),
  AUTH_EXPLORER: yesOrNo
    .optional()
    .describe('Whether `GET /graphql` shows GraphiQL to a browser. Off in production unless set.'),
  AUTH_ALLOWED_HEADERS: z
    .string()
    .default('')
    .transform((text) => (text === '' ? [] : words(text.toLowerCase())))
    .refine((names) => names.every((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)), 'must be names of headers')
    .describe(
      'Further request headers that pages of allowed origins may send, besides those of common GraphQL clients and tracers.',
    ),
  AUTH_MAX_DEPTH: limit(DEFAULT_DOCUMENT_LIMITS.depth, 'How deep the selections of a document may nest.'),
  AUTH_MAX_ALIASES: limit(DEFAULT_DOCUMENT_LIMITS.aliases, 'How many aliases a document may have.'),
  AUTH_MAX_ROOT_FIELDS: limit(DEFAULT_DOCUMENT_LIMITS.rootFields, 'How many root fields a document may have.'),
  AUTH_MAX_DIRECTIVES: limit(DEFAULT_DOCUMENT_LIMITS.directives, 'How many directives a document may have.'),
  AUTH_MAX_COST: limit(DEFAULT_DOCUMENT_LIMITS.cost, 'How many fields an answer may have if every list is full.'),
  AUTH_MAX_TOKENS: limit(DEFAULT_MAX_TOKENS, 'How many tokens a document may have: names, values and punctuation.'),
  AUTH_MAX_CONNECTIONS: limit(
    DEFAULT_MAX_CONNECTIONS,
    'How many connections a client address may have open. Trusted proxies may have any number.',
  ),
  AUTH_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => (text === '' ? [] : words(text)))
    .refine((proxies) => proxies.every(isNetwork), 'must be addresses or networks, such as 10.0.0.0/8')
    .describe(
      'The proxies whose `X-Forwarded-For` header is trusted for the address of the client. If your proxy is not listed, all clients share its address, and with it one budget of logins.',
    ),
};

const serverSchema = z.object(serverVariables);

const DEVELOPMENT_PORT = '4000';
const issuerAt = (port: string) => `http://localhost:${port}`;
/** Defaults that apply outside production only. */
export const DEVELOPMENT_DEFAULTS: Readonly<Record<string, string>> = {
  AUTH_ISSUER: issuerAt(DEVELOPMENT_PORT),
  AUTH_EXPLORER: 'true',
  AUTH_LINK_URL: issuerAt(DEVELOPMENT_PORT),
};
export const REQUIRED_IN_PRODUCTION = ['AUTH_ISSUER', 'AUTH_REGISTRATION', 'AUTH_KEYS_FILE', 'DATABASE_URL'];
const LOWEST_COST = 10;
/** The values of NODE_ENV that are not production. Every other one is, `staging` and `Production` included. */
const DEVELOPMENT: readonly string[] = ['', 'development', 'test'];

/** Reads a setting from its text, or returns the text, which the library then rejects. */
type Reader = (text: string) => unknown;

const asIs: Reader = (text) => text;
const number: Reader = (text) => (/^\d+$/.test(text) ? Number(text) : text);
const boolean: Reader = (text) => ({ true: true, false: false })[text] ?? text;

function words(text: string): string[] {
  return text.split(',').map((word) => word.trim());
}

/** How each of the library's settings is read from text. */
const readers: { readonly [Setting in keyof AuthSettings]-?: Reader } = {
  issuer: asIs,
  audience: asIs,
  registration: asIs,
  accessTokenLifetime: asIs,
  refreshTokenLifetime: asIs,
  sessionLifetime: asIs,
  blacklistAfterRotation: boolean,
  reuseLeeway: asIs,
  leeway: asIs,
  blacklistPoll: asIs,
  blacklistStaleness: asIs,
  maxSessions: number,
  tokenDelivery: words,
  allowedOrigins: words,
  cookieSameSite: asIs,
  cookiePrefix: asIs,
  eventRetention: asIs,
  bcryptCost: number,
  bcryptParallelism: number,
  passwordMinLength: number,
  loginBudget: asIs,
  registerBudget: asIs,
  refreshBudget: asIs,
  linkUrl: asIs,
  emailVerification: asIs,
  loginByCode: boolean,
  notices: words,
};

/** `accessTokenLifetime` is read from `AUTH_ACCESS_TOKEN_LIFETIME`, and so on. */
export function variableOf(setting: string): string {
  return `AUTH_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

const readersByVariable = new Map(
  Object.entries(readers).map(([setting, read]) => [variableOf(setting), { setting, read }]),
);

/** The names of all variables that the server reads. */
export const variableNames: readonly string[] = [...Object.keys(serverVariables), ...readersByVariable.keys()];

/** The server cannot start. `faults` lists everything that is wrong, one line each. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/**
 * Reads the environment.
 *
 * @throws StartError that lists every fault.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const isProduction = !DEVELOPMENT.includes(variables['NODE_ENV'] ?? '');
  // An empty variable counts as not set: `docker run -e NAME=` and CI templates leave such variables.
  const given = Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
  const server = serverSchema.safeParse(given);
  const settings = settingsFrom(given, isProduction);
  const faults = [
    ...unknownVariables(given),
    ...missingVariables(given, isProduction),
    ...missingForMail(given, isProduction),
    ...missingMailer(given, isProduction),
    ...(server.success ? [] : server.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)),
    ...faultsOf(settings),
  ];
  if (!server.success || faults.length > 0) throw new StartError(faults);
  return Object.freeze({
    isProduction,
    port: server.data.PORT,
    host: server.data.HOST,
    databaseUrl: server.data.DATABASE_URL,
    keysFile: server.data.AUTH_KEYS_FILE,
    isExplorerOn: server.data.AUTH_EXPLORER ?? !isProduction,
    smtp: smtpOf(server.data),
    trustedProxies: server.data.AUTH_TRUSTED_PROXIES,
    allowedHeaders: server.data.AUTH_ALLOWED_HEADERS,
    documentLimits: {
      depth: server.data.AUTH_MAX_DEPTH,
      aliases: server.data.AUTH_MAX_ALIASES,
      rootFields: server.data.AUTH_MAX_ROOT_FIELDS,
      directives: server.data.AUTH_MAX_DIRECTIVES,
      cost: server.data.AUTH_MAX_COST,
    },
    maxTokens: server.data.AUTH_MAX_TOKENS,
    maxConnections: server.data.AUTH_MAX_CONNECTIONS,
    settings,
  });
}

function settingsFrom(given: Readonly<Record<string, string>>, isProduction: boolean): AuthSettings {
  const settings = [...readersByVariable].flatMap(([variable, { setting, read }]) =>
    given[variable] === undefined ? [] : [[setting, read(given[variable])]],
  );
  // The library checks the values: see faultsOf().
  const { PORT: port = '0' } = given;
  // Two servers on one machine get two issuers, so that their cookies do not collide.
  const issuer = issuerAt(port === '0' ? DEVELOPMENT_PORT : port);
  const defaults = isProduction ? {} : { linkUrl: linkUrlFor(given['AUTH_ISSUER'] ?? issuer) };
  return { issuer, ...defaults, ...Object.fromEntries(settings) } as AuthSettings;
}

/** Where links of mails lead in development. An issuer may be no URL. */
function linkUrlFor(issuer: string): string {
  return URL.canParse(issuer) ? issuer : issuerAt(DEVELOPMENT_PORT);
}

function faultsOf(settings: AuthSettings): string[] {
  const { bcryptCost } = settings;
  const faults =
    typeof bcryptCost === 'number' && bcryptCost < LOWEST_COST
      ? [`AUTH_BCRYPT_COST: must be at least ${LOWEST_COST}`]
      : [];
  try {
    resolveSettings(settings);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    faults.push(...error.faults.map(({ setting, message }) => `${variableOf(setting)}: ${message}`));
  }
  return faults;
}

function unknownVariables(given: Readonly<Record<string, string>>): string[] {
  return Object.keys(given)
    .filter((name) => name.startsWith('AUTH_') && !variableNames.includes(name) && !isOfKubernetes(name, given))
    .map((name) => `${name}: there is no such setting`);
}

/** Kubernetes sets such variables for each Service: `AUTH_SERVICE_HOST` and `AUTH_PORT_4000_TCP` for one named `auth`. */
function isOfKubernetes(name: string, given: Readonly<Record<string, string>>): boolean {
  const [, service] = /^(AUTH\w*?)_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_\w+)?)$/.exec(name) ?? [];
  return service !== undefined && given[`${service}_SERVICE_HOST`] !== undefined;
}

function smtpOf({ AUTH_SMTP_URL: url, AUTH_MAIL_FROM: from }: z.infer<typeof serverSchema>): Environment['smtp'] {
  return url === undefined || from === undefined ? null : { url, from };
}

function missingForMail(given: Readonly<Record<string, string>>, isProduction: boolean): string[] {
  if (given['AUTH_SMTP_URL'] === undefined) return [];
  return ['AUTH_MAIL_FROM', ...(isProduction ? ['AUTH_LINK_URL'] : [])]
    .filter((name) => given[name] === undefined)
    .map((name) => `${name}: must be set if AUTH_SMTP_URL is`);
}

/** What needs a mail server in production. Development writes mails to a folder. */
function missingMailer(given: Readonly<Record<string, string>>, isProduction: boolean): string[] {
  if (!isProduction || given['AUTH_SMTP_URL'] !== undefined) return [];
  const needing = [
    ...(given['AUTH_EMAIL_VERIFICATION'] === 'required' ? ['AUTH_EMAIL_VERIFICATION is required'] : []),
    ...['AUTH_NOTICES', 'AUTH_LOGIN_BY_CODE'].filter((name) => !['false', undefined].includes(given[name])),
  ];
  return needing.map((need) => `AUTH_SMTP_URL: must be set if ${need}`);
}

function missingVariables(given: Readonly<Record<string, string>>, isProduction: boolean): string[] {
  if (!isProduction) return [];
  return REQUIRED_IN_PRODUCTION.filter((name) => given[name] === undefined).map(
    (name) => `${name}: must be set in production`,
  );
}
