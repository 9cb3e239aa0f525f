import type { Comparison, Results } from '../bench/results.ts';
import { meaningOf, shareOfGoal } from './print-performance.ts';

const WIDTH = 860;
const LEFT = 440;
const TOP = 70;
const ROW = 34;
/** Of a goal, at the right edge at most. */
const MOST = 3.5;

/** Draws how much of each goal of a table of docs/performance.md is reached: the median as a bar, the rounds as a line. */
export function drawGoals({ comparisons: all }: Results, title: string): string {
  const comparisons = all.filter((comparison) => meaningOf(comparison).goal !== undefined);
  const shares = comparisons.map((each) => shareOfGoal(each, (each.ratio ?? each.of).median));
  const edge = Math.min(MOST, 1.1 * Math.max(...shares));
  const x = (share: number) => LEFT + (Math.min(share, edge) / edge) * (WIDTH - LEFT - 30);
  const bottom = TOP + comparisons.length * ROW;
  const rows = comparisons.map((comparison, index) => {
    const { of, ratio } = comparison;
    const figure = ratio ?? of;
    const y = TOP + index * ROW;
    const [share, one, other] = [figure.median, figure.lowest, figure.highest].map((value) =>
      x(shareOfGoal(comparison, value)),
    ) as [number, number, number];
    const label = labelOf(comparison);
    const isMet = shareOfGoal(comparison, figure.median) >= 1;
    return `<text class="label" x="${LEFT - 12}" y="${y + 18}">${label}</text>
<rect class="${isMet ? 'met' : 'unmet'}" x="${LEFT}" y="${y + 5}" width="${(share - LEFT).toFixed(1)}" height="18" rx="3"/>
<line class="rounds" x1="${one.toFixed(1)}" y1="${y + 14}" x2="${other.toFixed(1)}" y2="${y + 14}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 24}" role="img" aria-labelledby="title">
<title id="title">${title}</title>
<style>
  svg { --ink: #1f2328; --soft: #59636e; --paper: #ffffff; --line: #d1d9e0; --met: #4a9d6e; --unmet: #d9a441; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #f0f6fc; --soft: #9198a1; --paper: #0d1117; --line: #3d444d; --met: #3f8f61; --unmet: #a87d2c; }
  }
  text { font: 13px ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; }
  .label { text-anchor: end; }
  .scale { fill: var(--soft); text-anchor: middle; }
  .box { fill: var(--paper); stroke: var(--line); }
  .met { fill: var(--met); }
  .unmet { fill: var(--unmet); }
  .rounds { stroke: var(--ink); stroke-width: 1.5; }
  .goal { stroke: var(--soft); stroke-dasharray: 4 4; }
</style>
<rect class="box" x="0.5" y="0.5" width="${WIDTH - 1}" height="${bottom + 23}" rx="10"/>
<text class="title" x="24" y="34">${title}</text>
<text class="scale" x="${x(1)}" y="${TOP - 12}">the goal</text>
<line class="goal" x1="${x(1)}" y1="${TOP - 4}" x2="${x(1)}" y2="${bottom + 4}"/>
${rows.join('\n')}
</svg>
`;
}

/** What is measured, and on which database, or beside which peer. */
function labelOf(comparison: Comparison): string {
  const { what, against = '' } = meaningOf(comparison);
  const beside = comparison.name.startsWith('peer-') ? against : comparison.database;
  const ofOthers = comparison.name.endsWith('-apollo') ? ', beside Apollo Server' : '';
  return `${what}${beside === null ? '' : `, ${beside}`}${ofOthers}`.replaceAll('`', '');
}
