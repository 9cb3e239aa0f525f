import type { Comparison, Results } from '../bench/results.ts';

interface Meaning {
  readonly what: string;
  /** What it is compared with; undefined if the figure stands for itself. */
  readonly against?: string;
  /** What is wanted of the ratio, or else of the figure; undefined if it is only shown. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  guarded: { what: 'guarded `currentToken`', against: 'an unguarded object field', goal: { atLeast: 0.92 } },
  me: { what: '`me`', against: '`__typename`', goal: { atLeast: 0.68 } },
  bare: { what: 'our `__typename`', against: 'Apollo Server on Fastify', goal: { atMost: 1.2 } },
  apollo: { what: 'Apollo Server on Fastify', against: 'graphql-js alone on Fastify' },
  'refresh-16': { what: '`refreshToken`, 16 connections', against: '`__typename`', goal: { atLeast: 0.35 } },
  'refresh-64': { what: '`refreshToken`, 64 connections', against: '`__typename`', goal: { atLeast: 0.4 } },
  'verify-first': { what: 'an access token, first time', against: 'a bare HMAC', goal: { atMost: 2.5 } },
  'verify-again': { what: 'an access token, again', against: 'a bare HMAC', goal: { atMost: 0.1 } },
  login: { what: '`login`', against: 'bare bcrypt', goal: { atLeast: 0.9 } },
  'beside-logins': { what: '`currentToken` beside 200 logins at a time, 99 %', goal: { atMost: 150 } },
  start: { what: 'start to the first answer', against: 'Apollo Server on Fastify', goal: { atMost: 2.5 } },
  idle: { what: 'memory when idle', goal: { atMost: 140 } },
  memory: { what: 'memory under load', against: 'Apollo Server on Fastify', goal: { atMost: 1.8 } },
  'start-bundled': {
    what: 'start to the first answer, from a bundle',
    against: 'Apollo Server on Fastify',
    goal: { atMost: 2.5 },
  },
  'idle-bundled': { what: 'memory when idle, from a bundle', goal: { atMost: 140 } },
  'memory-bundled': {
    what: 'memory under load, from a bundle',
    against: 'Apollo Server on Fastify',
    goal: { atMost: 1.8 },
  },
  'session-bytes': { what: 'disk of a session, indexes included', goal: { atMost: 500 } },
  'event-bytes': { what: 'disk of a security event, indexes included' },
  'refresh-bytes': { what: 'disk of a refresh: its row on the blacklist' },
  'mirror-load': { what: 'mirror of a million ended sessions: to load', goal: { atMost: 5_000 } },
  'mirror-memory': { what: 'mirror of a million: memory', goal: { atMost: 150 } },
  'mirror-check': { what: 'mirror of a million: a check', goal: { atMost: 1 } },
  'peer-yoga': { what: 'a guarded field', against: 'GraphQL Yoga with its JWT plugin', goal: { atLeast: 1.7 } },
  'peer-better-auth': { what: 'a guarded field', against: 'Apollo Server with better-auth', goal: { atLeast: 3.5 } },
  'peer-mercurius': {
    what: 'our guard in a Mercurius host',
    against: 'mercurius-auth with fast-jwt',
    goal: { atLeast: 0.95 },
  },
  'peer-simplejwt-check': {
    what: 'a check of a token',
    against: 'djangorestframework-simplejwt',
    goal: { atLeast: 5 },
  },
  'peer-simplejwt-bare': {
    what: '`__typename` of Apollo Server on Fastify, which checks nothing',
    against: 'djangorestframework-simplejwt, which checks a token',
  },
  'peer-simplejwt-me': { what: '`me`', against: 'djangorestframework-simplejwt', goal: { atLeast: 4 } },
  'peer-simplejwt-refresh': { what: '`refreshToken`', against: 'djangorestframework-simplejwt', goal: { atLeast: 10 } },
};
/** A refresh on PostgreSQL has a goal of its own, for any number of connections. */
const REFRESH_ON_POSTGRESQL = { atLeast: 0.2 };

/** Puts results between the marks of docs/performance.md that have their names. */
export function printPerformance(page: string, all: Readonly<Record<string, Results>>): string {
  return Object.entries(all).reduce((printed, [name, results]) => {
    const marks = new RegExp(`(<!-- printed: ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);
    return printed.replace(marks, `$1\n${printTable(results)}\n\n$2`);
  }, page);
}

function printTable({ measuredOn, machine, comparisons }: Results): string {
  const rows = comparisons.map((each) => `| ${cellsOf(each).join(' | ')} |`);
  return [
    `Measured on ${measuredOn}: ${machine}.`,
    '',
    '| what | against | on | median (lowest to highest) | absolute | goal | met |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function cellsOf(comparison: Comparison): string[] {
  const { database, rounds, ratio, unit, of, to } = comparison;
  const { what, against = '', goal } = meaningOf(comparison);
  const { median, lowest, highest } = ratio ?? of;
  const spread = rounds === 1 ? '' : ` (${round(lowest)} to ${round(highest)}), ${rounds} rounds`;
  return [
    what,
    against,
    database ?? '',
    `${round(median)}${ratio === null ? ` ${unit}` : ''}${spread}`,
    to === null ? '' : `${round(of.median)} and ${round(to.median)} ${unit}`,
    goal === undefined ? '' : 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`,
    goal === undefined ? '' : shareOfGoal(comparison, median) >= 1 ? 'yes' : 'no',
  ];
}

export function meaningOf({ name, database }: Pick<Comparison, 'name' | 'database'>): Meaning {
  const sessions = /^sessions-(\d+)$/.exec(name)?.[1];
  if (sessions !== undefined)
    return {
      what: `\`refreshToken\` beside ${Number(sessions).toLocaleString('en')} sessions`,
      against: 'beside 10,000',
      goal: { atMost: 1.25 },
    };
  const measured = /^(.+)-apollo$/.exec(name)?.[1];
  if (measured !== undefined)
    return { ...meaningOf({ name: measured, database }), against: '`__typename` of Apollo Server on Fastify' };
  const meaning = MEANINGS[name];
  if (meaning === undefined) throw new Error(`Nothing explains the comparison "${name}".`);
  const isRefresh = name === 'refresh-16' || name === 'refresh-64';
  return isRefresh && database === 'PostgreSQL' ? { ...meaning, goal: REFRESH_ON_POSTGRESQL } : meaning;
}

/** How much of its goal a ratio or figure reaches: 1 or more if it is met. */
export function shareOfGoal(comparison: Comparison, value: number): number {
  const { goal } = meaningOf(comparison);
  if (goal === undefined) return Number.NaN;
  return 'atLeast' in goal ? value / goal.atLeast : goal.atMost / value;
}

function round(value: number): string {
  if (value < 0.1) return value.toFixed(3);
  if (value < 10) return value.toFixed(2);
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}
