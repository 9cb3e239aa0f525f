import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Build, Program } from '../tests/soak/program.ts';
import { bundleServer } from '../tests/support/bundle-server.ts';
import { ask } from './load.ts';
import { alternate, figureOf } from './rounds.ts';
import { type Comparison, compare, measure } from './results.ts';
import { residentMemory } from '../tests/soak/machine.ts';
import { prepareServer, startBare } from './start.ts';

const ROUNDS = 5;
const TYPENAME = '{ __typename }';

/**
 * What a process takes, as it is built and from a bundle, beside Apollo Server on Fastify: until its first answer, while it is idle, and
 * under load.
 */
export async function compareProcesses(build: Build, databaseUrl: string): Promise<Comparison[]> {
  const options = await prepareServer(build, databaseUrl);
  const bundle = { ...build, main: bundleServer(build.main, join(build.main, '../..')) };
  const idle = { built: [] as number[], bundled: [] as number[] };
  const loaded = { built: [] as number[], bundled: [] as number[], bare: [] as number[] };

  const run = (from: Build, kind: 'built' | 'bundled') => async () => {
    const program = new Program(from, options);
    const begun = performance.now();
    await program.start();
    await firstAnswer(program.url);
    const time = performance.now() - begun;
    await pause(1_000);
    const pid = program.pid ?? 0;
    idle[kind].push(residentMemory(pid));
    await load(program.url);
    loaded[kind].push(residentMemory(pid));
    // Only a process that ends by itself keeps what it has compiled.
    await program.stop();
    return time;
  };
  const started = await alternate(ROUNDS, {
    built: run(build, 'built'),
    bundled: run(bundle, 'bundled'),
    async bare() {
      const begun = performance.now();
      const { url, child } = await startBare();
      await firstAnswer(url);
      const time = performance.now() - begun;
      await load(url);
      loaded.bare.push(residentMemory(child.pid ?? 0));
      child.kill();
      return time;
    },
  });
  return (['built', 'bundled'] as const).flatMap((kind) => {
    const suffix = kind === 'built' ? '' : '-bundled';
    return [
      compare(`start${suffix}`, 'SQLite', { of: started[kind], to: started.bare }, 'ms'),
      measure(`idle${suffix}`, 'SQLite', figureOf(idle[kind]), ROUNDS, 'MB'),
      compare(`memory${suffix}`, 'SQLite', { of: loaded[kind], to: loaded.bare }, 'MB'),
    ];
  });
}

const load = async (url: string) => ask(TYPENAME, { url, connections: 16, span: 3 });

async function firstAnswer(url: string): Promise<void> {
  const body = JSON.stringify({ query: TYPENAME });
  await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}
