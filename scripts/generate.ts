/**
 * Prints the files that are made from the code: `npm run generate`. With `--check`, it writes nothing and exits with 1 if a
 * file differs. It needs a build.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, getFileInfo, resolveConfig } from 'prettier';
import type { Results } from '../bench/results.ts';
import { drawGoals } from './draw-goals.ts';
import { drawSequence } from './draw-sequence.ts';
import { printConfiguration } from './print-configuration.ts';
import { printPerformance } from './print-performance.ts';
import { printScaling } from './print-scaling.ts';
import { printClientReasons, printErrorTables } from './print-reasons.ts';

const ROOT = join(import.meta.dirname, '..');

const printers: Readonly<Record<string, () => string>> = {
  'schema.graphql': () =>
    execFileSync(process.execPath, [join(ROOT, 'server/dist/main.js'), 'schema'], { encoding: 'utf8' }),
  'docs/configuration.md': printConfiguration,
  'docs/errors.md': () => printErrorTables(read('docs/errors.md')),
  'docs/performance.md': () =>
    printPerformance(read('docs/performance.md'), { requests: benchResults('requests'), peers: benchResults('peers') }),
  'docs/scaling.md': () => printScaling(read('docs/scaling.md'), benchResults('requests')),
  'docs/images/goals.svg': () => drawGoals(benchResults('requests'), 'How much of each goal is reached'),
  'docs/images/peers.svg': () => drawGoals(benchResults('peers'), 'How much of each goal beside others is reached'),
  'client/src/reasons.ts': printClientReasons,
  'docs/images/two-tabs.svg': () => drawSequence(read('docs/images/two-tabs.txt')),
  'docs/images/thief-and-lost-answer.svg': () => drawSequence(read('docs/images/thief-and-lost-answer.txt')),
};

const isCheck = process.argv.includes('--check');
let hasDrift = false;
for (const [file, print] of Object.entries(printers)) {
  const path = join(ROOT, file);
  const printed = await formatted(path, print());
  if (existsSync(path) && printed === readFileSync(path, 'utf8')) continue;
  hasDrift = true;
  if (!isCheck) writeFileSync(path, printed);
  console.log(isCheck ? `${file} is out of date: run "npm run generate".` : `${file} has changed.`);
}
process.exitCode = isCheck && hasDrift ? 1 : 0;

function benchResults(name: string): Results {
  return JSON.parse(read(`bench/results/${name}.json`)) as Results;
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

async function formatted(path: string, text: string): Promise<string> {
  // Prettier has no parser for SVG.
  const { ignored, inferredParser } = await getFileInfo(path, { ignorePath: join(ROOT, '.prettierignore') });
  return ignored || inferredParser === null ? text : format(text, { ...(await resolveConfig(path)), filepath: path });
}
