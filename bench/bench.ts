/**
 * Measures the built server as ratios within one run: `npm run bench`. It writes bench/results/requests.json, from which
 * `npm run generate` prints docs/performance.md. `--sessions 10000000` measures so many sessions in place of a million.
 *
 * The server is a process of its own, and the load comes from this one. What is compared is measured in turn, round after round.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, endAfter, sqliteVersion } from '../tests/soak/machine.ts';
import { makeBuild } from '../tests/soak/program.ts';
import { startPostgres } from '../tests/support/postgres.ts';
import { compareLogins } from './many-logins.ts';
import { measureMirror } from './mirror.ts';
import { compareProcesses } from './processes.ts';
import { compareReads, compareRefreshes, compareWithBare } from './requests.ts';
import type { Results } from './results.ts';
import { compareNumbers } from './sessions.ts';
import { compareVerification } from './verification.ts';

const { values } = parseArgs({ options: { sessions: { type: 'string', default: '1000000' } } });
const SESSIONS = Number(values.sessions);
const ENTRIES_OF_MIRROR = 1_000_000;

endAfter(90);
const build = await makeBuild();
// It comes first, because it runs in this process, and load fills the heap.
const verification = await compareVerification(build);
const postgres = await startPostgres({ isDurable: true });
const sqlite = (name: string) => `sqlite:${join(build.folder, `${name}.db`)}`;
const results: Results = {
  measuredOn: new Date().toISOString().slice(0, 10),
  machine: `${describeMachine()}; ${sqliteVersion()}, synchronous=FULL; ${postgres.version}`,
  comparisons: [
    ...(await compareReads(build, sqlite('reads'))),
    ...(await compareWithBare(build, sqlite('bare'))),
    ...(await compareRefreshes(build, 'SQLite', sqlite('refreshes'))),
    ...(await compareRefreshes(build, 'PostgreSQL', postgres.url('refreshes'))),
    ...verification,
    ...(await compareLogins(build, sqlite('logins'))),
    ...(await compareProcesses(build, sqlite('processes'))),
    ...(await compareNumbers(build, 'SQLite', sqlite, SESSIONS)),
    ...(await compareNumbers(build, 'PostgreSQL', (name) => postgres.url(name), SESSIONS)),
    ...(await measureMirror(build, sqlite('mirror'), ENTRIES_OF_MIRROR)),
  ],
};
writeFileSync(join(import.meta.dirname, 'results/requests.json'), `${JSON.stringify(results, null, 2)}\n`);
await postgres.stop();
process.exit();
