import { isIP } from 'node:net';
import { z } from 'zod';
import { settingsFaults, settingsSchema, type SettingsInput } from 'graphql-simplejwt';

/** What the server is told by its environment. */
export interface Environment {
  readonly isProduction: boolean;
  readonly port: number;
  readonly host: string;
  readonly databaseUrl: string;
  readonly keysFile: string;
  readonly isExplorerOn: boolean;
  /** Addresses and networks whose forwarded headers count. */
  readonly trustedProxies: readonly string[];
  readonly settings: SettingsInput;
}

/** A variable, its default and what it means; docs/configuration.md is printed from these. */
export interface Variable {
  readonly name: string;
  readonly schema: z.ZodType;
  /** What it is in development where the schema has no default; null where the schema has one. */
  readonly developmentDefault: string | null;
  /** The default is one of development only. */
  readonly isRequiredInProduction: boolean;
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

const yesOrNo = z.enum(['true', 'false']).transform((word) => word === 'true');

const serverVariables = {
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000).describe('Where it listens; 0 takes any free port.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('The address it listens on.'),
  DATABASE_URL: z
    .string()
    .regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)/, 'must be sqlite:PATH or postgresql://...')
    .default('sqlite:./data/auth.db')
    .describe('`sqlite:PATH`, or `postgresql://...`.'),
  AUTH_KEYS_FILE: z
    .string()
    .min(1)
    .default('./data/keys.json')
    .describe('The private JWK Set that signs the tokens. Written on the first start, in development only.'),
  AUTH_EXPLORER: yesOrNo
    .optional()
    .describe('Whether `GET /graphql` shows GraphiQL to a browser. Off in production unless set.'),
  AUTH_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => (text === '' ? [] : text.split(',').map((word) => word.trim())))
    .refine((proxies) => proxies.every(isNetwork), 'must be addresses or networks, such as 10.0.0.0/8')
    .describe('Whose `X-Forwarded-*` headers count, for the protocol, the host and the address of the client.'),
};

const DEVELOPMENT_ISSUER = 'http://localhost:4000';
const DEVELOPMENT_DEFAULTS: Readonly<Record<string, string>> = {
  AUTH_ISSUER: DEVELOPMENT_ISSUER,
  AUTH_EXPLORER: 'true',
};
const REQUIRED_IN_PRODUCTION = ['AUTH_ISSUER', 'AUTH_REGISTRATION', 'AUTH_KEYS_FILE', 'DATABASE_URL'];
const LOWEST_COST = 10;

/** `accessTokenLifetime` is read from `AUTH_ACCESS_TOKEN_LIFETIME`, and so on; an item of a list from the list's. */
function variableOf(setting: string): string {
  return `AUTH_${setting
    .replace(/\..*/, '')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`;
}

const settingNames = Object.keys(settingsSchema.shape) as (keyof typeof settingsSchema.shape)[];
const settingByVariable = new Map(settingNames.map((name) => [variableOf(name), name]));

/** Every variable that is read, in the order of docs/configuration.md. */
export function listVariables(): Variable[] {
  const ofServer = Object.entries(serverVariables).map(([name, schema]) => ({ name, schema }));
  const ofLibrary = settingNames.map((name) => ({ name: variableOf(name), schema: settingsSchema.shape[name] }));
  return [...ofServer, ...ofLibrary].map(({ name, schema }) => ({
    name,
    schema,
    developmentDefault: DEVELOPMENT_DEFAULTS[name] ?? null,
    isRequiredInProduction: REQUIRED_IN_PRODUCTION.includes(name),
  }));
}

/** What stops a start: every fault, a line each. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** What came of reading the environment. */
export interface Inspection {
  /** Null where anything is wrong with it. */
  readonly environment: Environment | null;
  readonly faults: readonly string[];
  readonly isProduction: boolean;
  /** Where else to look for what stops a start; null where that cannot be read. */
  readonly keysFile: string | null;
  readonly databaseUrl: string | null;
}

/**
 * Reads the environment, whole.
 *
 * @throws StartError that names every fault.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  const { environment, faults } = inspectEnvironment(variables);
  if (environment === null) throw new StartError(faults);
  return environment;
}

/** Reads the environment, and what can be read of it where something is wrong. */
export function inspectEnvironment(variables: NodeJS.ProcessEnv = process.env): Inspection {
  const isProduction = variables['NODE_ENV'] === 'production';
  // An empty variable is one that is not set: `docker run -e NAME=` and CI templates leave such.
  const given = Object.fromEntries(
    Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''),
  );
  const faults = [...unknownVariables(given), ...missingVariables(given, isProduction)];

  const server = z.object(serverVariables).safeParse(given);
  if (!server.success) faults.push(...server.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));

  const settings = settingsFrom(given);
  const checked = settingsSchema.safeParse(settings);
  if (!checked.success)
    faults.push(...settingsFaults(checked.error).map(({ name, message }) => `${variableOf(name)}: ${message}`));
  const cost = settingsSchema.shape.bcryptCost.safeParse(settings.bcryptCost);
  if (cost.success && cost.data < LOWEST_COST) faults.push(`AUTH_BCRYPT_COST: must be ${LOWEST_COST} at the least`);
  if (!server.success || faults.length > 0) {
    const read = (name: 'AUTH_KEYS_FILE' | 'DATABASE_URL') =>
      given[name] === undefined ? null : (serverVariables[name].safeParse(given[name]).data ?? null);
    return {
      environment: null,
      faults,
      isProduction,
      keysFile: read('AUTH_KEYS_FILE'),
      databaseUrl: read('DATABASE_URL'),
    };
  }
  const environment = Object.freeze({
    isProduction,
    port: server.data.PORT,
    host: server.data.HOST,
    databaseUrl: server.data.DATABASE_URL,
    keysFile: server.data.AUTH_KEYS_FILE,
    isExplorerOn: server.data.AUTH_EXPLORER ?? !isProduction,
    trustedProxies: server.data.AUTH_TRUSTED_PROXIES,
    settings,
  });
  const { keysFile, databaseUrl } = environment;
  return { environment, faults, isProduction, keysFile, databaseUrl };
}

function settingsFrom(given: Record<string, string | undefined>): SettingsInput {
  const named = [...settingByVariable].flatMap(([variable, setting]) =>
    given[variable] === undefined ? [] : [[setting, given[variable]]],
  );
  return { issuer: DEVELOPMENT_ISSUER, ...Object.fromEntries(named) } as SettingsInput;
}

function unknownVariables(given: Record<string, unknown>): string[] {
  const known = new Set([...Object.keys(serverVariables), ...settingByVariable.keys()]);
  return Object.keys(given)
    .filter((name) => name.startsWith('AUTH_') && !known.has(name))
    .map((name) => `${name}: there is no such setting`);
}

function missingVariables(given: Record<string, unknown>, isProduction: boolean): string[] {
  if (!isProduction) return [];
  return REQUIRED_IN_PRODUCTION.filter((name) => given[name] === undefined).map(
    (name) => `${name}: must be set in production`,
  );
}
