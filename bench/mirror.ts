import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Build } from '../tests/soak/program.ts';
import { ManyRows } from './many-rows.ts';
import { type Comparison, measure } from './results.ts';
import { figureOf } from './rounds.ts';
import { prepareServer } from './start.ts';

const ROUNDS = 5;

/** What a mirror of so many ended sessions takes: to load it, to hold it and to ask it. */
export async function measureMirror(build: Build, databaseUrl: string, entries: number): Promise<Comparison[]> {
  await prepareServer(build, databaseUrl);
  const orm = await build.openDatabase(databaseUrl, build.library.authEntities);
  await new ManyRows(orm, databaseUrl).addEntries(entries);
  await orm.close();
  const seen: { loaded: number; megabytes: number; check: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const probe = join(import.meta.dirname, 'mirror-probe.ts');
    const words = ['--expose-gc', '--disable-warning=ExperimentalWarning', probe, build.main, databaseUrl];
    const child = spawn(process.execPath, [...words, String(entries)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    seen.push(JSON.parse(line) as (typeof seen)[number]);
  }
  const figure = (part: keyof (typeof seen)[number]) => figureOf(seen.map((each) => each[part]));
  return [
    measure('mirror-load', 'SQLite', figure('loaded'), ROUNDS, 'ms'),
    measure('mirror-memory', 'SQLite', figure('megabytes'), ROUNDS, 'MB'),
    measure('mirror-check', 'SQLite', figure('check'), ROUNDS, 'µs'),
  ];
}
