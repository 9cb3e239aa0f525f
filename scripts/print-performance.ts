import type { Comparison, Results } from '../bench/results.ts';

interface Meaning {
  readonly what: string;
  readonly against: string;
  /** The ratio that is wanted. */
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  guarded: { what: 'guarded `currentToken`', against: 'an unguarded object field', goal: { atLeast: 0.92 } },
  me: { what: '`me`', against: '`__typename`', goal: { atLeast: 0.68 } },
  bare: { what: 'our `__typename`', against: 'Apollo Server on Fastify', goal: { atMost: 1.2 } },
  'refresh-16': { what: '`refreshToken`, 16 connections', against: '`__typename`', goal: { atLeast: 0.35 } },
  'refresh-64': { what: '`refreshToken`, 64 connections', against: '`__typename`', goal: { atLeast: 0.4 } },
  'verify-first': { what: 'an access token, first time', against: 'a bare HMAC', goal: { atMost: 2.5 } },
  'verify-again': { what: 'an access token, again', against: 'a bare HMAC', goal: { atMost: 0.1 } },
};
/** A refresh on PostgreSQL has a goal of its own, for any number of connections. */
const REFRESH_ON_POSTGRESQL = { atLeast: 0.2 };

/** Puts the results of the last `npm run bench` between the marks of docs/performance.md. */
export function printPerformance(page: string, { measuredOn, machine, comparisons }: Results): string {
  const rows = comparisons.map((each) => `| ${cellsOf(each).join(' | ')} |`);
  const table = [
    `Measured on ${measuredOn}: ${machine}.`,
    '',
    '| what | against | on | ratio: median (lowest to highest) | absolute | goal | met |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
  return page.replace(/(<!-- printed: requests -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${table}\n\n$2`);
}

function cellsOf(comparison: Comparison): string[] {
  const { database, rounds, ratio, unit, of, to } = comparison;
  const { what, against, goal } = meaningOf(comparison);
  const shown = [ratio.median, ratio.lowest, ratio.highest].map((value) => value.toFixed(value < 0.1 ? 3 : 2));
  return [
    what,
    against,
    database ?? '',
    `${shown[0]} (${shown[1]} to ${shown[2]}), ${rounds} rounds`,
    `${round(of.median)} and ${round(to.median)} ${unit}`,
    'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`,
    shareOfGoal(comparison, ratio.median) >= 1 ? 'yes' : 'no',
  ];
}

export function meaningOf({ name, database }: Comparison): Meaning {
  const meaning = MEANINGS[name];
  if (meaning === undefined) throw new Error(`Nothing explains the comparison "${name}".`);
  const isRefresh = name.startsWith('refresh');
  return isRefresh && database === 'PostgreSQL' ? { ...meaning, goal: REFRESH_ON_POSTGRESQL } : meaning;
}

/** How much of its goal a ratio reaches: 1 or more if it is met. */
export function shareOfGoal(comparison: Comparison, ratio: number): number {
  const { goal } = meaningOf(comparison);
  return 'atLeast' in goal ? ratio / goal.atLeast : goal.atMost / ratio;
}

function round(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}
