import { z } from 'zod';

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A span of time, such as `15m`: a whole number and one of `ms`, `s`, `m`, `h`, `d`. */
export type Duration = `${number}${keyof typeof UNITS}`;

const duration = z
  .string()
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a whole number and a unit (ms, s, m, h or d), such as 15m')
  .transform((text) => {
    const [, amount = '', unit = ''] = /^(\d+)(\D+)$/.exec(text) ?? [];
    return Number(amount) * UNITS[unit as keyof typeof UNITS];
  });

const lifetime = duration.refine(
  (span) => span >= 1_000 && span % 1_000 === 0,
  'must be whole seconds, one at the least',
);

/** Several values: a list, or a text with commas between them. */
function list<Item extends z.ZodType<string, string>>(item: Item) {
  const words = z.string().transform((text) => text.split(',').map((word) => word.trim()));
  return z.union([z.array(z.string()), words]).pipe(z.array(item));
}

const origin = z
  .string()
  .refine(isOrigin, 'must be origins such as https://app.example.com: scheme and host, no path and no wildcard');

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text && !text.includes('*');
}

/** A rule between two settings: judged as soon as these can be read, whatever is wrong with the others. */
function between(name: string, other: string, error: string) {
  const areBothRead = ({
    issues,
  }: {
    readonly issues: readonly { readonly path?: readonly PropertyKey[] | undefined }[];
  }) => !issues.some(({ path }) => path?.[0] === name || path?.[0] === other);
  return { path: [name], error, when: areBothRead };
}

const identifier = z.string().trim().min(1, 'must not be blank').max(255);

/**
 * What can be set, its default and what it means. The descriptions are printed into docs/configuration.md; the server
 * reads each from `AUTH_` and its name in upper case.
 */
export const settingsSchema = z
  .strictObject({
    issuer: identifier.describe('`iss` of every token, and `aud` of refresh tokens (RFC 7519 section 4.1.1).'),
    audience: identifier.default('api').describe('`aud` of access tokens (RFC 7519 section 4.1.3).'),
    registration: z
      .enum(['open', 'closed'])
      .default('open')
      .describe('Whether anybody may open an account. When `closed`, the schema has no `register`.'),
    accessTokenLifetime: lifetime.prefault('15m').describe('From the issue of an access token to its `exp`.'),
    refreshTokenLifetime: lifetime
      .prefault('7d')
      .describe('From the issue of a refresh token to its `exp`: how long a session may lie idle.'),
    sessionLifetime: z
      .union([z.literal('none').transform(() => null), lifetime])
      .prefault('30d')
      .describe('From the login to the end of the session, however often it is refreshed; `none` for no such limit.'),
    blacklistAfterRotation: z
      .union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')])
      .default(true)
      .describe(
        'Whether each rotated refresh token gets a row on the blacklist. Without it they are refused just the same, and the table grows with logins instead of refreshes.',
      ),
    reuseLeeway: duration
      .refine((span) => span <= 300_000, 'must not be over 5m')
      .prefault('10s')
      .describe(
        'How long after its rotation the previous refresh token is merely refused. Later it is a sign of theft.',
      ),
    leeway: duration
      .refine((span) => span <= 60_000, 'must not be over 60s')
      .prefault('5s')
      .describe("How far the clocks of this server's processes may disagree (RFC 7519 section 4.1.4)."),
    blacklistPoll: duration
      .refine((span) => span >= 10, 'must be 10ms at the least')
      .prefault('1s')
      .describe('How soon a session that ended on one process is refused on the others.'),
    blacklistStaleness: duration
      .refine((span) => span <= 600_000, 'must not be over 10m')
      .prefault('60s')
      .describe('How long access tokens are accepted while the blacklist cannot be read.'),
    maxSessions: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe('Live sessions per user. One more ends the oldest.'),
    tokenDelivery: list(z.enum(['BODY', 'COOKIES', 'REFRESH_COOKIE']))
      .prefault(['BODY', 'COOKIES', 'REFRESH_COOKIE'])
      .describe('Which ways of handing out tokens a client may ask for at login.'),
    allowedOrigins: list(origin)
      .prefault([])
      .describe('Origins whose pages may use cookies and read answers, beside the own one: `https://app.example.com`.'),
    cookieSameSite: z
      .enum(['Lax', 'Strict', 'None'])
      .default('Lax')
      .describe('SameSite of the cookies (RFC 6265bis section 4.1.2.7). `None` for pages on another site.'),
    eventRetention: duration.prefault('90d').describe('How long the record of what happened is kept.'),
    bcryptCost: z.coerce
      .number()
      .int()
      .min(4)
      .max(15)
      .default(12)
      .describe('Rounds of bcrypt, as a power of two. The server takes no less than 10.'),
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
    between('blacklistStaleness', 'blacklistPoll', 'must be twice the poll at the least'),
  );

/** Settings as they are given: durations as text, all but the issuer with a default. */
export type SettingsInput = z.input<typeof settingsSchema>;

/** Settings made whole: every span of time in milliseconds. */
export type Settings = Readonly<z.output<typeof settingsSchema>>;

/** Every fault of what was given, a line each. */
export function settingsFaults(error: z.ZodError): { name: string; message: string }[] {
  return error.issues.map((issue) => ({ name: issue.path.join('.'), message: issue.message }));
}

/**
 * Checks settings once and freezes them.
 *
 * @throws TypeError that names every fault.
 */
export function resolveSettings(input: SettingsInput): Settings {
  const result = settingsSchema.safeParse(input);
  if (result.success) return Object.freeze(result.data);
  const faults = settingsFaults(result.error).map(({ name, message }) => `${name}: ${message}`);
  throw new TypeError(`The settings cannot be used.\n${faults.join('\n')}`);
}
