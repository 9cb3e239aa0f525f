import { type Figure, figureOf, ratios } from './rounds.ts';

/** What was measured, under the name by which docs/performance.md explains it. */
export interface Comparison {
  readonly name: string;
  readonly database: 'SQLite' | 'PostgreSQL' | null;
  readonly rounds: number;
  readonly unit: string;
  readonly of: Figure;
  /** What it was compared with, and the ratio within the rounds. Null if it stands for itself. */
  readonly to: Figure | null;
  readonly ratio: Figure | null;
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
  const figures = { of: figureOf(of), to: figureOf(to), ratio: ratios(of, to) };
  return show({ name, database, rounds: of.length, unit, ...figures });
}

/** A figure that is compared with nothing. */
export function measure(
  name: string,
  database: Comparison['database'],
  of: Figure,
  rounds: number,
  unit: string,
): Comparison {
  return show({ name, database, rounds, unit, of, to: null, ratio: null });
}

function show(comparison: Comparison): Comparison {
  const { name, database, of, to, ratio, unit } = comparison;
  const { median, lowest, highest } = ratio ?? of;
  const shown = [median, lowest, highest].map((value) => value.toFixed(3));
  const absolute = to === null ? '' : `${of.median.toFixed(1)} to ${to.median.toFixed(1)} `;
  console.log(
    `${name.padEnd(16)} ${(database ?? '').padEnd(10)} ${shown[0]} (${shown[1]} to ${shown[2]})  ${absolute}${unit}`,
  );
  return comparison;
}
