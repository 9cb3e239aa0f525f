import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { asHost } from '../support/host-histories.ts';
import { checkHistories } from '../support/session-histories.ts';
import { describeMachine, endAfter, sqliteVersion, Stopwatch } from './machine.ts';
import { makeBuild } from './program.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    /** For a worker, which is this script once more: the folder of the build, and its share. */
    build: { type: 'string' },
    blacklist: { type: 'string' },
    users: { type: 'string' },
    runs: { type: 'string' },
    seed: { type: 'string' },
  },
});
const HISTORIES = values.short ? 1_000 : 100_000;
const SHARE = values.short ? 250 : 2_500;

if (values.build === undefined) await direct();
else await work(values.build);

/** Shares the histories out among as many workers as there are cores. */
async function direct(): Promise<never> {
  endAfter(values.short ? 3 : 90);
  const { main } = await makeBuild();
  const folder = join(main, '../..');
  console.log(`${HISTORIES} random histories, against the built library in the same process, on SQLite in memory`);
  console.log(`${describeMachine()}, ${sqliteVersion()}`);
  const watch = new Stopwatch();
  const shares = Array.from({ length: HISTORIES / SHARE }, (_, index) => ({
    blacklist: String(index % 2 === 0),
    users: index % 4 < 2 ? 'ours' : 'host',
    seed: String(randomInt(2 ** 31)),
  }));
  let failed = 0;
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (let share = shares.pop(); share !== undefined; share = shares.pop()) {
        if (!(await runShare(folder, share))) failed += 1;
      }
    }),
  );
  console.log(
    `${HISTORIES} histories in ${watch.seconds} s, half of them with and half without rows for rotated tokens, ` +
      'half with users of ours and half with those of a host: ' +
      (failed === 0 ? 'each answer as the rules say.' : `${failed} shares with a fault.`),
  );
  process.exit(failed === 0 ? 0 : 1);
}

async function runShare(folder: string, share: { blacklist: string; users: string; seed: string }): Promise<boolean> {
  const words = [
    import.meta.filename,
    '--build',
    folder,
    ...Object.entries(share).flatMap(([name, value]) => [`--${name}`, value]),
  ];
  const worker = spawn(process.execPath, [...words, '--runs', String(SHARE)], { stdio: 'inherit' });
  const end = () => worker.kill('SIGKILL');
  process.once('exit', end);
  const [code] = await once(worker, 'exit');
  process.off('exit', end);
  return code === 0;
}

async function work(folder: string): Promise<void> {
  const library = (await import(
    join(folder, 'node_modules/graphql-simplejwt/dist/index.js')
  )) as typeof import('../../src/index.ts');
  const { migrate, openDatabase } = (await import(
    join(folder, 'dist/database/open-database.js')
  )) as typeof import('../../server/src/database/open-database.ts');
  const ours = {
    ...library,
    async openDatabase() {
      const orm = await openDatabase('sqlite::memory:', library.authEntities);
      await migrate(orm);
      return orm;
    },
  };
  await checkHistories(values.users === 'host' ? asHost(library, { openDatabase }) : ours, {
    runs: Number(values.runs),
    seed: Number(values.seed),
    blacklistAfterRotation: values.blacklist === 'true',
  });
}
