/** A line of a sequence diagram: a message between two actors, or a note beside one. */
type Step =
  | { readonly from: number; readonly to: number; readonly text: string; readonly isLost: boolean }
  | { readonly at: number; readonly text: string };

interface Sequence {
  readonly title: string;
  readonly actors: readonly string[];
  readonly steps: readonly Step[];
}

const WIDTH = 760;
const MARGIN = 90;
const TOP = 64;
const ROW = 46;
const NOTE_WIDTH = 330;
const LINE = 17;

/**
 * Draws the text of a sequence diagram as SVG. The text has a `title:`, a list of `actors:`, and one step a line:
 * `A -> B: a message`, `A -x B: a message that is lost`, or `A: a note`.
 */
export function drawSequence(text: string): string {
  const { title, actors, steps } = parse(text);
  const x = (actor: number) => MARGIN + (actor * (WIDTH - 2 * MARGIN)) / (actors.length - 1);
  let y = TOP + 60;
  const drawn = steps.map((step) => {
    const height = 'at' in step ? LINE * wrap(step.text).length + 27 : ROW;
    const shape = 'at' in step ? note(x(step.at), y, step.text) : message(x(step.from), x(step.to), y, step);
    y += height;
    return shape;
  });
  const bottom = y - 10;
  const lanes = actors.map((name, index) => lane(x(index), bottom, name));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 24}" role="img" aria-labelledby="title">
<title id="title">${escape(title)}</title>
<style>
  svg { --ink: #1f2328; --soft: #59636e; --paper: #ffffff; --line: #d1d9e0; --note: #fff8e1; --edge: #e3c565; --lost: #c4302b; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #f0f6fc; --soft: #9198a1; --paper: #0d1117; --line: #3d444d; --note: #2b2410; --edge: #7a6320; --lost: #ff7b72; }
  }
  text { font: 14px ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--ink); }
  .title { font-size: 17px; font-weight: 600; }
  .actor { font-weight: 600; text-anchor: middle; }
  .message { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; text-anchor: middle; }
  .note { font-size: 13px; text-anchor: middle; }
  .box { fill: var(--paper); stroke: var(--line); }
  .lane { stroke: var(--line); stroke-dasharray: 4 4; }
  .arrow { stroke: var(--soft); stroke-width: 1.5; }
  .head { fill: var(--soft); }
  .lost { stroke: var(--lost); fill: none; stroke-width: 1.5; }
  .paper { fill: var(--note); stroke: var(--edge); }
</style>
<rect class="box" x="0.5" y="0.5" width="${WIDTH - 1}" height="${bottom + 23}" rx="10"/>
<text class="title" x="24" y="34">${escape(title)}</text>
${[...lanes, ...drawn].join('\n')}
</svg>
`;
}

function parse(text: string): Sequence {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const valueOf = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
  const actors = valueOf('actors').split(', ');
  const steps = lines.filter((line) => !/^(title|actors): /.test(line)).map((line) => parseStep(line, actors));
  return { title: valueOf('title'), actors, steps };
}

function parseStep(line: string, actors: readonly string[]): Step {
  const [, from = '', arrow, to = '', text = ''] = /^([^:]+?)(?: (->|-x) ([^:]+))?: (.*)$/.exec(line) ?? [];
  const indexOf = (name: string) => {
    const index = actors.indexOf(name);
    if (index === -1) throw new Error(`Unknown actor in "${line}".`);
    return index;
  };
  if (arrow === undefined) return { at: indexOf(from), text };
  return { from: indexOf(from), to: indexOf(to), text, isLost: arrow === '-x' };
}

function lane(x: number, bottom: number, name: string): string {
  const width = 26 + name.length * 9;
  return `<line class="lane" x1="${x}" y1="${TOP + 28}" x2="${x}" y2="${bottom}"/>
<rect class="box" x="${x - width / 2}" y="${TOP - 4}" width="${width}" height="32" rx="6"/>
<text class="actor" x="${x}" y="${TOP + 17}">${escape(name)}</text>`;
}

function message(from: number, to: number, y: number, { text, isLost }: { text: string; isLost: boolean }): string {
  const towards = Math.sign(to - from);
  const end = isLost ? from + (to - from) * 0.55 : to - towards * 2;
  const label = `<text class="message" x="${isLost ? (from + end) / 2 : (from + to) / 2}" y="${y - 8}">${escape(text)}</text>`;
  const line = `<line class="${isLost ? 'lost' : 'arrow'}" x1="${from}" y1="${y}" x2="${end}" y2="${y}"/>`;
  const back = end - towards * 9;
  const head = isLost
    ? `<path class="lost" d="M${end - 6} ${y - 6}l12 12m0 -12l-12 12"/>`
    : `<path class="head" d="M${end} ${y}L${back} ${y - 5}L${back} ${y + 5}Z"/>`;
  return `${label}\n${line}\n${head}`;
}

function note(x: number, y: number, text: string): string {
  const lines = wrap(text);
  const top = y - 24;
  const texts = lines.map(
    (line, index) => `<text class="note" x="${x}" y="${top + 19 + index * LINE}">${escape(line)}</text>`,
  );
  const height = lines.length * LINE + 13;
  return `<rect class="paper" x="${x - NOTE_WIDTH / 2}" y="${top}" width="${NOTE_WIDTH}" height="${height}" rx="6"/>
${texts.join('\n')}`;
}

/** Breaks a note into lines that fit its box. */
function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length < 46) lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
