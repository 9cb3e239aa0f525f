import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TokenDelivery } from './delivery.ts';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span of time: a whole number followed by `ms`, `s`, `m`, `h` or `d`, such as `15m`. */
export type Duration = `${number}${keyof typeof UNITS}`;

/** The notices that users can get by mail. */
const NOTICES = Object.freeze(['NEW_DEVICE', 'PASSWORD_CHANGED', 'REUSE_DETECTED'] as const);
export type Notice = (typeof NOTICES)[number];

/** So many checks in a span of time, such as `100/15m`. */
export type BudgetText = `${number}/${Duration}`;

/** So many checks in so many milliseconds. */
export interface Budget {
  readonly checks: number;
  readonly window: number;
}

/** The settings that `createAuth` takes. Only `issuer` has no default. docs/configuration.md is printed from this. */
export interface AuthSettings {
  /** The `iss` of every token and the `aud` of refresh tokens (RFC 7519 section 4.1.1). */
  readonly issuer: string;
  /**
   * The `aud` of access tokens (RFC 7519 section 4.1.3). It must differ from the issuer.
   * @defaultValue `'api'`
   */
  readonly audience?: string;
  /**
   * Whether anyone may open an account. With `closed`, the schema has no `register`.
   * @defaultValue `'open'`
   */
  readonly registration?: 'open' | 'closed';
  /**
   * The time from the issue of an access token to its `exp`. Whole seconds.
   * @defaultValue `'15m'`
   */
  readonly accessTokenLifetime?: Duration;
  /**
   * The time from the issue of a refresh token to its `exp`, which is how long a session may stay idle. Whole seconds.
   * @defaultValue `'7d'`
   */
  readonly refreshTokenLifetime?: Duration;
  /**
   * The time from the login to the end of the session, however often it is refreshed. Whole seconds, or `none` for no limit.
   * @defaultValue `'30d'`
   */
  readonly sessionLifetime?: Duration | 'none';
  /**
   * Whether each rotated refresh token gets a row on the blacklist. Without the row, the token is refused all the same,
   * and the table grows with logins instead of refreshes.
   * @defaultValue `true`
   */
  readonly blacklistAfterRotation?: boolean;
  /**
   * How long after a rotation the previous refresh token is only refused. Later, presenting it counts as theft and ends
   * the session. At most `5m`.
   * @defaultValue `'10s'`
   */
  readonly reuseLeeway?: Duration;
  /**
   * How far the clocks of this server's processes may disagree (RFC 7519 section 4.1.4). At most `60s`.
   * @defaultValue `'5s'`
   */
  readonly leeway?: Duration;
  /**
   * How soon the other processes refuse the access tokens of a session that has ended. At least `10ms`.
   * @defaultValue `'1s'`
   */
  readonly blacklistPoll?: Duration;
  /**
   * How long access tokens are accepted while the blacklist cannot be read. At least twice the poll, at most `10m`.
   * @defaultValue `'60s'`
   */
  readonly blacklistStaleness?: Duration;
  /**
   * The number of live sessions that a user may have, 1 to 10,000. One more ends the oldest.
   * @defaultValue `50`
   */
  readonly maxSessions?: number;
  /**
   * The ways of delivering tokens that a client may request at login.
   * @defaultValue `['BODY', 'COOKIES', 'REFRESH_COOKIE']`
   */
  readonly tokenDelivery?: readonly TokenDelivery[];
  /**
   * The origins whose pages may use cookies and read answers, besides the issuer's: `https://app.example.com`, or
   * `capacitor://localhost` for the shell of a native app.
   * @defaultValue `[]`
   */
  readonly allowedOrigins?: readonly string[];
  /**
   * The `SameSite` attribute of the cookies (RFC 6265bis section 4.1.2.7). `None` is for pages on another site.
   * @defaultValue `'Lax'`
   */
  readonly cookieSameSite?: 'Lax' | 'Strict' | 'None';
  /**
   * The part of the cookies' names that tells deployments on one host apart: `__Host-PREFIX-refresh`. 1 to 32 letters,
   * digits, `_` and `-`.
   * @defaultValue eight hexadecimal digits that depend on the issuer
   */
  readonly cookiePrefix?: string;
  /**
   * How long security events are kept.
   * @defaultValue `'90d'`
   */
  readonly eventRetention?: Duration;
  /**
   * The cost of bcrypt, 4 to 15: the base-two logarithm of its rounds. The server requires at least 10.
   * @defaultValue `12`
   */
  readonly bcryptCost?: number;
  /**
   * How many passwords are hashed at once, 1 to 64. Keep it below the size of Node's thread pool, which is 4 unless
   * `UV_THREADPOOL_SIZE` is set: the database needs threads too. Ten times as many requests may wait, and further ones are
   * refused as RATE_LIMITED.
   * @defaultValue `3`
   */
  readonly bcryptParallelism?: number;
  /**
   * The number of characters that a new password must have at least, 8 to 64. Where the password is the only factor, 15 is
   * recommended (NIST SP 800-63B-4 section 3.1.1.2).
   * @defaultValue `8`
   */
  readonly passwordMinLength?: number;
  /**
   * How many passwords and mailed codes a client address may have checked: 1 to 100,000 in a minute to a day, such as
   * `100/15m`. A part of the time brings back that part of the budget. An IPv6 address counts with its /64. Raise it if
   * many users share an address.
   * @defaultValue `'100/15m'`
   */
  readonly loginBudget?: BudgetText;
  /**
   * How many times a client address may ask for an account or a mail, in the same form.
   * @defaultValue `'100/15m'`
   */
  readonly registerBudget?: BudgetText;
  /**
   * How many refusals of `refreshToken` and `verifyToken` a client address may get, in the same form. Good tokens do not count
   * and are never limited.
   * @defaultValue `'300/15m'`
   */
  readonly refreshBudget?: BudgetText;
  /**
   * The page of your app that links in mails open. Its fragment then has the `purpose` and the `code`. It is never taken from a
   * request. Required if mails are sent.
   * @defaultValue `''`
   */
  readonly linkUrl?: string;
  /**
   * Whether an address must be proved before the first login. With `required`, `register` answers null, whether or not the
   * address is free, and mails a link. It needs a mailer.
   * @defaultValue `'optional'`
   */
  readonly emailVerification?: 'optional' | 'required';
  /**
   * Whether users may log in with a code that is mailed, without a password. Without a mailer, it has no effect.
   * @defaultValue `false`
   */
  readonly loginByCode?: boolean;
  /**
   * What users are told by mail: NEW_DEVICE (a login from a device that was not used before), PASSWORD_CHANGED and
   * REUSE_DETECTED. They need a mailer.
   * @defaultValue `[]`
   */
  readonly notices?: readonly Notice[];
}

/** The settings in full: defaults filled in, every span of time in milliseconds. */
export interface Settings {
  readonly issuer: string;
  readonly audience: string;
  readonly registration: 'open' | 'closed';
  readonly accessTokenLifetime: number;
  readonly refreshTokenLifetime: number;
  /** Null for no limit. */
  readonly sessionLifetime: number | null;
  readonly blacklistAfterRotation: boolean;
  readonly reuseLeeway: number;
  readonly leeway: number;
  readonly blacklistPoll: number;
  readonly blacklistStaleness: number;
  readonly maxSessions: number;
  readonly tokenDelivery: readonly TokenDelivery[];
  readonly allowedOrigins: readonly string[];
  readonly cookieSameSite: 'Lax' | 'Strict' | 'None';
  readonly cookiePrefix: string;
  readonly eventRetention: number;
  readonly bcryptCost: number;
  readonly bcryptParallelism: number;
  readonly passwordMinLength: number;
  readonly loginBudget: Budget;
  readonly registerBudget: Budget;
  readonly refreshBudget: Budget;
  readonly linkUrl: string;
  readonly emailVerification: 'optional' | 'required';
  readonly loginByCode: boolean;
  readonly notices: readonly Notice[];
}

/** What is wrong with one setting. */
export interface SettingsFault {
  /** The name of the setting; empty if the fault is not about one setting. */
  readonly setting: string;
  readonly message: string;
}

/** The settings cannot be used. `faults` lists everything that is wrong with them. */
export class SettingsError extends TypeError {
  override readonly name = 'SettingsError';
  readonly faults: readonly SettingsFault[];

  constructor(faults: readonly SettingsFault[]) {
    super(
      ['The settings are not valid.', ...faults.map(({ setting, message }) => `${setting}: ${message}`)].join('\n'),
    );
    this.faults = faults;
  }
}

/**
 * Checks settings and fills in the defaults.
 *
 * @throws SettingsError that lists every fault.
 */
export function resolveSettings(given: AuthSettings): Settings {
  const result = schema.safeParse(given);
  if (result.success)
    return Object.freeze({ ...result.data, cookiePrefix: result.data.cookiePrefix ?? prefixOf(result.data.issuer) });
  throw new SettingsError(
    result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((setting) => ({ setting, message: `there is no such setting. There are: ${NAMES}` }))
        : [{ setting: String(issue.path[0] ?? ''), message: issue.message }],
    ),
  );
}

function prefixOf(issuer: string): string {
  return createHash('sha256').update(issuer).digest('hex').slice(0, 8);
}

const duration = z
  .string()
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a whole number and a unit (ms, s, m, h or d), such as 15m')
  .transform(milliseconds);

function milliseconds(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+)(\D+)$/.exec(text) ?? [];
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

const MOST_CHECKS = 100_000;

const budget = z
  .string()
  .regex(/^\d{1,9}\/\d{1,9}(ms|s|m|h|d)$/, 'must be a number of checks and a span of time, such as 100/15m')
  .transform((text): Budget => {
    const [checks = '', window = ''] = text.split('/');
    return Object.freeze({ checks: Number(checks), window: milliseconds(window) });
  })
  .refine(({ checks }) => checks >= 1 && checks <= MOST_CHECKS, 'must allow 1 to 100000 checks')
  .refine(({ window }) => window >= UNITS.m && window <= UNITS.d, 'must be for a span of 1m to 1d');

const lifetime = duration.refine((span) => span >= 1_000 && span % 1_000 === 0, 'must be whole seconds, at least one');

const origin = z
  .string()
  .refine(isOrigin, 'must be origins such as https://app.example.com: scheme and host, no path and no wildcard');

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || text.includes('*') || url.protocol === 'file:') return false;
  // The shells of native apps have schemes of their own, such as capacitor://localhost, for which `origin` is null.
  return url.origin === 'null' ? url.host !== '' && text === `${url.protocol}//${url.host}` : url.origin === text;
}

function isLinkUrl(text: string): boolean {
  const url = URL.parse(text);
  return text === '' || (url !== null && url.hash === '' && !/^(javascript|data|file):$/.test(url.protocol));
}

const identifier = z.string().trim().min(1, 'must not be blank').max(255);
const deliveries = z.enum(['BODY', 'COOKIES', 'REFRESH_COOKIE']);

/** A rule between two settings. It is checked whenever both can be read, whatever is wrong with the others. */
function between(setting: keyof Settings, other: keyof Settings, error: string) {
  const areBothRead = ({ issues }: { readonly issues: readonly z.core.$ZodRawIssue[] }) =>
    !issues.some(({ path }) => path?.[0] === setting || path?.[0] === other);
  return { path: [setting], error, when: areBothRead };
}

const schema = z
  .strictObject({
    issuer: identifier,
    audience: identifier.default('api'),
    registration: z.enum(['open', 'closed']).default('open'),
    accessTokenLifetime: lifetime.prefault('15m'),
    refreshTokenLifetime: lifetime.prefault('7d'),
    sessionLifetime: z.union([z.literal('none').transform(() => null), lifetime]).prefault('30d'),
    blacklistAfterRotation: z.boolean().default(true),
    reuseLeeway: duration.refine((span) => span <= 300_000, 'must be at most 5m').prefault('10s'),
    leeway: duration.refine((span) => span <= 60_000, 'must be at most 60s').prefault('5s'),
    blacklistPoll: duration.refine((span) => span >= 10, 'must be at least 10ms').prefault('1s'),
    blacklistStaleness: duration.refine((span) => span <= 600_000, 'must be at most 10m').prefault('60s'),
    maxSessions: z.number().int().min(1).max(10_000).default(50),
    tokenDelivery: z.array(deliveries).default(['BODY', 'COOKIES', 'REFRESH_COOKIE']),
    allowedOrigins: z.array(origin).default([]),
    cookieSameSite: z.enum(['Lax', 'Strict', 'None']).default('Lax'),
    cookiePrefix: z
      .string()
      .regex(/^[\w-]{1,32}$/, 'must be 1 to 32 letters, digits, _ and -')
      .optional(),
    eventRetention: duration.prefault('90d'),
    bcryptCost: z.number().int().min(4).max(15).default(12),
    bcryptParallelism: z.number().int().min(1).max(64).default(3),
    passwordMinLength: z.number().int().min(8).max(64).default(8),
    loginBudget: budget.prefault('100/15m'),
    registerBudget: budget.prefault('100/15m'),
    refreshBudget: budget.prefault('300/15m'),
    linkUrl: z
      .string()
      .refine(isLinkUrl, 'must be a URL such as https://app.example.com/account, without a fragment')
      .default(''),
    emailVerification: z.enum(['optional', 'required']).default('optional'),
    loginByCode: z.boolean().default(false),
    notices: z.array(z.enum(NOTICES)).default([]),
  })
  .refine(
    (settings) => settings.audience !== settings.issuer,
    between('audience', 'issuer', 'must differ from the issuer, which is the audience of refresh tokens'),
  )
  .refine(
    (settings) => settings.accessTokenLifetime < settings.refreshTokenLifetime,
    between('accessTokenLifetime', 'refreshTokenLifetime', 'must be shorter than the lifetime of refresh tokens'),
  )
  .refine(
    ({ sessionLifetime, refreshTokenLifetime }) => sessionLifetime === null || sessionLifetime >= refreshTokenLifetime,
    between('sessionLifetime', 'refreshTokenLifetime', 'must not be shorter than the lifetime of refresh tokens'),
  )
  .refine(
    (settings) => settings.blacklistStaleness >= 2 * settings.blacklistPoll,
    between('blacklistStaleness', 'blacklistPoll', 'must be at least twice the poll'),
  );

const NAMES = Object.keys(schema.shape).join(', ');
