/** What was measured of one contestant: the median of its rounds, with the lowest and the highest. */
export interface Figure {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** Measures contestants in turn, so that whatever else the machine does meets all of them, and begins with another one each time. */
export async function alternate<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(contestants) as Name[];
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) measured[name].push(await contestants[name]());
    process.stderr.write(`  round ${round + 1} of ${rounds}\r`);
  }
  process.stderr.write(`${' '.repeat(24)}\r`);
  return measured;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const median = ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
  return { median, lowest: sorted[0] ?? Number.NaN, highest: sorted.at(-1) ?? Number.NaN };
}

/** The ratio within each round. */
export function ratios(of: readonly number[], to: readonly number[]): Figure {
  return figureOf(of.map((value, round) => value / (to[round] ?? Number.NaN)));
}
