import type { Comparison, Results } from '../bench/results.ts';
import { growthOf, type Usage } from './growth.ts';

/** The defaults of the settings, and a session that is used for two hours a day. */
const USAGE = {
  refreshesPerDay: 8,
  daysOfUse: 30,
  shareOfLogouts: 0.5,
  refreshTokenLifetime: 7,
  accessTokenLifetime: 15 / 1_440,
  eventRetention: 90,
} satisfies Partial<Usage>;
const SESSIONS = [1e6, 1e8, 1e9];
const GIGABYTE = 1e9;

/** Puts what a service needs between the marks of docs/scaling.md. */
export function printScaling(page: string, { comparisons }: Results): string {
  const bytes = {
    session: measured(comparisons, 'session-bytes', 'PostgreSQL'),
    event: measured(comparisons, 'event-bytes', 'PostgreSQL'),
    blacklisted: measured(comparisons, 'refresh-bytes', 'PostgreSQL'),
    entry: (measured(comparisons, 'mirror-memory', 'SQLite') * 1_048_576) / 1e6,
  };
  const columns = SESSIONS.map((sessions) => {
    const kept = growthOf({ ...USAGE, sessions, blacklistAfterRotation: true });
    const lean = growthOf({ ...USAGE, sessions, blacklistAfterRotation: false });
    const { sessionRows, eventRows, mirrorEntries } = kept;
    return {
      'refreshes a second, on average': whole(kept.refreshesPerSecond),
      'logins a second, on average': whole(kept.loginsPerSecond),
      'rows of sessions': whole(sessionRows),
      'disk of sessions': gigabytes(sessionRows * bytes.session),
      'rows of security events': whole(eventRows),
      'disk of security events': gigabytes(eventRows * bytes.event),
      'rows of the blacklist': whole(kept.blacklistRows),
      'disk of the blacklist': gigabytes(kept.blacklistRows * bytes.blacklisted),
      'rows of the blacklist, without rotated tokens': whole(lean.blacklistRows),
      'disk of the blacklist, without rotated tokens': gigabytes(lean.blacklistRows * bytes.blacklisted),
      'rows to purge a second': whole(kept.purgedPerSecond),
      'rows to purge a second, without rotated tokens': whole(lean.purgedPerSecond),
      'entries of the mirror of each process': whole(mirrorEntries),
      'memory of the mirror of each process': `${whole((mirrorEntries * bytes.entry) / 1e6)} MB`,
    };
  });
  const names = Object.keys(columns[0] ?? {}) as (keyof (typeof columns)[number])[];
  const table = [
    `| sessions in use | ${SESSIONS.map(whole).join(' | ')} |`,
    '| --- | --: | --: | --: |',
    ...names.map((name) => `| ${name} | ${columns.map((column) => column[name]).join(' | ')} |`),
  ].join('\n');
  return page.replace(/(<!-- printed: growth -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${table}\n\n$2`);
}

function measured(comparisons: readonly Comparison[], name: string, database: Comparison['database']): number {
  const found = comparisons.find((each) => each.name === name && each.database === database);
  if (found === undefined) throw new Error(`There is no figure "${name}".`);
  return found.of.median;
}

function whole(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}

function gigabytes(bytes: number): string {
  const value = bytes / GIGABYTE;
  return `${value < 10 ? value.toFixed(1) : whole(value)} GB`;
}
