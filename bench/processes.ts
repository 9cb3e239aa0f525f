import { setTimeout as pause } from 'node:timers/promises';
import { type Build, Program } from '../tests/soak/program.ts';
import { ask } from './load.ts';
import { alternate, figureOf } from './rounds.ts';
import { type Comparison, compare, measure } from './results.ts';
import { residentMemory } from '../tests/soak/machine.ts';
import { prepareServer, startBare } from './start.ts';

const ROUNDS = 5;
const TYPENAME = '{ __typename }';

/** What a process takes, beside Apollo Server on Fastify: until its first answer, while it is idle, and under load. */
export async function compareProcesses(build: Build, databaseUrl: string): Promise<Comparison[]> {
  const options = await prepareServer(build, databaseUrl);
  const idle: number[] = [];
  const loaded = { of: [] as number[], to: [] as number[] };

  const start = await alternate(ROUNDS, {
    async of() {
      const program = new Program(build, options);
      const begun = performance.now();
      await program.start();
      await firstAnswer(program.url);
      const time = performance.now() - begun;
      await pause(1_000);
      const pid = program.pid ?? 0;
      idle.push(residentMemory(pid));
      await load(program.url);
      loaded.of.push(residentMemory(pid));
      // Only a process that ends by itself keeps what it has compiled.
      await program.stop();
      return time;
    },
    async to() {
      const begun = performance.now();
      const { url, child } = await startBare();
      await firstAnswer(url);
      const time = performance.now() - begun;
      await load(url);
      loaded.to.push(residentMemory(child.pid ?? 0));
      child.kill();
      return time;
    },
  });
  return [
    compare('start', 'SQLite', start, 'ms'),
    measure('idle', 'SQLite', figureOf(idle), ROUNDS, 'MB'),
    compare('memory', 'SQLite', loaded, 'MB'),
  ];
}

const load = async (url: string) => ask(TYPENAME, { url, connections: 16, span: 3 });

async function firstAnswer(url: string): Promise<void> {
  const body = JSON.stringify({ query: TYPENAME });
  await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}
