import { type Figure, figureOf, ratios } from './rounds.ts';

/** What was compared, under the name by which docs/performance.md explains it. */
export interface Comparison {
  readonly name: string;
  readonly database: 'SQLite' | 'PostgreSQL' | null;
  readonly rounds: number;
  readonly ratio: Figure;
  readonly unit: string;
  readonly of: Figure;
  readonly to: Figure;
}

/** One run of `npm run bench`. */
export interface Results {
  readonly measuredOn: string;
  readonly machine: string;
  readonly comparisons: readonly Comparison[];
}

export function compare(
  name: string,
  database: Comparison['database'],
  { of, to }: Readonly<Record<'of' | 'to', readonly number[]>>,
  unit: string,
): Comparison {
  const comparison = {
    name,
    database,
    rounds: of.length,
    ratio: ratios(of, to),
    unit,
    of: figureOf(of),
    to: figureOf(to),
  };
  const { median, lowest, highest } = comparison.ratio;
  const shown = [median, lowest, highest].map((value) => value.toFixed(3));
  console.log(
    `${name.padEnd(14)} ${(database ?? '').padEnd(10)} ${shown[0]} (${shown[1]} to ${shown[2]})  ` +
      `${comparison.of.median.toFixed(1)} to ${comparison.to.median.toFixed(1)} ${unit}`,
  );
  return comparison;
}
