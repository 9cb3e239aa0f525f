import { existsSync } from 'node:fs';
import type { MikroORM } from '@mikro-orm/core';
import { authEntities, type PrivateJwk, type Settings, systemClock } from 'graphql-simplejwt';
import { type Environment, StartError } from '../environment.ts';
import { modeOf, READABLE_BY_OTHERS, readKeysFile } from '../keys-file.ts';
import { databaseExists, openDatabase, pendingMigrations } from '../database/open-database.ts';
import { type ClientSetup, isLocal, isTrustworthy } from './client-setups.ts';
import { findWrongVersions } from './installed-versions.ts';

/** The result of one check. */
export interface Finding {
  /** A `fault` prevents something from working. */
  readonly grade: 'ok' | 'note' | 'warning' | 'fault';
  readonly about: string;
  readonly text: string;
}

/** Checks the configuration, and the files and the database that it names. Changes nothing. */
export async function examine(
  apiUrl: URL,
  setups: readonly ClientSetup[],
  environment: Environment,
  settings: Settings,
): Promise<Finding[]> {
  return [
    ...examineVersions(process.cwd()),
    ...examineSetups(setups),
    ...examineAddress(apiUrl, environment, settings),
    ...(await examineKeys(environment)),
    ...(await examineDatabase(environment, settings)),
  ];
}

function examineVersions(folder: string): Finding[] {
  return findWrongVersions(folder).map(({ name, installed, needed }) => ({
    grade: 'fault',
    about: 'packages',
    text: `${name} ${installed} is installed, and graphql-simplejwt needs ${needed}`,
  }));
}

/** An allowed origin is meant to work, and at least one way of using the API has to. */
function examineSetups(setups: readonly ClientSetup[]): Finding[] {
  const wanted = setups.filter(({ outcome }) => outcome !== 'off');
  const origins = [...new Set(wanted.map(({ origin }) => origin))];
  return origins.flatMap((origin): Finding[] => {
    const ofOrigin = wanted.filter((setup) => setup.origin === origin);
    const broken = ofOrigin.filter(({ outcome }) => outcome === 'breaks');
    const isAllowedOrigin = ofOrigin.some(({ relation }) => relation !== 'same-origin');
    if (broken.length === 0) return [];
    const isFault = broken.length === ofOrigin.length || isAllowedOrigin;
    const names = broken.map(({ delivery }) => delivery).join(' and ');
    return [{ grade: isFault ? 'fault' : 'warning', about: 'clients', text: `${names} cannot work from ${origin}` }];
  });
}

function examineAddress(apiUrl: URL, environment: Environment, settings: Settings): Finding[] {
  const { isProduction, isExplorerOn, trustedProxies, host } = environment;
  const isPublic = !isLocal(apiUrl.hostname);
  const checks: readonly (readonly [applies: boolean, Finding['grade'], about: string, text: string])[] = [
    [
      isPublic && !isProduction,
      'warning',
      'production',
      'NODE_ENV is not production: faults of the configuration do not stop the start',
    ],
    [isProduction && isExplorerOn, 'warning', 'production', 'AUTH_EXPLORER is on: GraphiQL is shown to everybody'],
    [
      isProduction && settings.registration === 'open',
      'note',
      'production',
      'AUTH_REGISTRATION is open: anyone may open an account',
    ],
    [isPublic && !isTrustworthy(apiUrl), 'warning', 'tls', 'passwords and tokens are sent without encryption'],
    [
      apiUrl.protocol === 'https:' && trustedProxies.length === 0,
      'warning',
      'proxies',
      'TLS ends in front of this server, but AUTH_TRUSTED_PROXIES is empty: sessions show the address of the proxy, and browsers without Sec-Fetch-Site are refused',
    ],
    [
      trustedProxies.some((network) => network.endsWith('/0')),
      'warning',
      'proxies',
      'AUTH_TRUSTED_PROXIES trusts every client about protocol, host and address',
    ],
    [
      isPublic && trustedProxies.length === 0 && isLocal(host),
      'note',
      'proxies',
      `the server listens on ${host}: only a proxy on this machine can reach it`,
    ],
    [
      settings.cookieSameSite === 'None' && !isTrustworthy(apiUrl),
      'fault',
      'cookies',
      'SameSite=None needs Secure, and Secure needs https: browsers drop such cookies',
    ],
    [
      settings.cookieSameSite === 'None' && settings.allowedOrigins.length === 0,
      'warning',
      'cookies',
      'AUTH_COOKIE_SAME_SITE=None weakens the cookies, and no allowed origin needs it',
    ],
  ];
  return checks.filter(([applies]) => applies).map(([, grade, about, text]) => ({ grade, about, text }));
}

async function examineKeys({ keysFile, isProduction }: Environment): Promise<Finding[]> {
  const about = 'keys';
  if (!existsSync(keysFile) && !isProduction)
    return [{ grade: 'note', about, text: `${keysFile} will be written at the first start` }];
  try {
    const { keys } = await readKeysFile(keysFile);
    const mode = await modeOf(keysFile);
    const isOpen = (mode & READABLE_BY_OTHERS) !== 0;
    return [
      { grade: 'ok', about, text: keys.map(describeKey).join(', ') },
      ...(isOpen
        ? [
            {
              grade: 'warning' as const,
              about,
              text: `${keysFile} can be read by others (mode ${mode.toString(8)}): chmod 600`,
            },
          ]
        : []),
    ];
  } catch (error) {
    if (error instanceof StartError) return error.faults.map((text) => ({ grade: 'fault', about, text }));
    throw error;
  }
}

function describeKey({ purpose, alg, k, n }: PrivateJwk): string {
  const bits = 8 * Buffer.from(k ?? n ?? '', 'base64url').length;
  return `${purpose} ${alg}${bits === 0 ? '' : ` of ${bits} bits`}`;
}

async function examineDatabase({ databaseUrl, isProduction }: Environment, settings: Settings): Promise<Finding[]> {
  const about = 'database';
  const isSqlite = databaseUrl.startsWith('sqlite:');
  let orm: MikroORM | undefined;
  try {
    if (!(await databaseExists(databaseUrl)))
      return [{ grade: isProduction ? 'fault' : 'note', about, text: 'it does not exist yet' }];
    orm = await openDatabase(databaseUrl, authEntities);
    const pending = await pendingMigrations(orm);
    return [
      ...(pending.length === 0
        ? [{ grade: 'ok' as const, about, text: 'every migration is applied' }]
        : [
            {
              grade: isProduction ? ('fault' as const) : ('note' as const),
              about,
              text: `${pending.length} migrations are pending`,
            },
          ]),
      isSqlite
        ? { grade: 'ok', about: 'clock', text: 'the database uses the clock of this machine' }
        : await examineClock(orm, settings),
    ];
  } catch (error) {
    return [{ grade: 'fault', about, text: error instanceof Error ? error.message : String(error) }];
  } finally {
    await orm?.close();
  }
}

async function examineClock(orm: MikroORM, { leeway }: Settings): Promise<Finding> {
  const before = systemClock.now();
  const [row] = await orm.em
    .getConnection()
    .execute<{ now: number | string }[]>('select extract(epoch from clock_timestamp()) * 1000 as now');
  const after = systemClock.now();
  const now = Number(row?.now);
  // The database answered at some moment between the two.
  const difference = Math.max(0, before - now, now - after);
  const text = `the clocks of this machine and the database differ by ${(difference / 1000).toFixed(1)} s`;
  if (difference <= leeway) return { grade: 'ok', about: 'clock', text };
  return {
    grade: 'warning',
    about: 'clock',
    text: `${text}, but AUTH_LEEWAY is ${leeway / 1000} s: one of the clocks is wrong`,
  };
}
