/** Loads the mirror in a process of its own, asks it, and prints what that took: `mirror-probe.ts MAIN DATABASE_URL ENTRIES`. */
import { dirname, join } from 'node:path';
import { idOf } from './many-rows.ts';

const [main = '', databaseUrl = '', entries = ''] = process.argv.slice(2);
const folder = dirname(main);
const dist = join(folder, '../node_modules/graphql-simplejwt/dist');
const load = async <T>(path: string): Promise<T> => (await import(path)) as T;
const { openDatabase } = await load<typeof import('../server/src/database/open-database.ts')>(
  join(folder, 'database/open-database.js'),
);
const library = await load<typeof import('../src/index.ts')>(join(dist, 'index.js'));
const { Database } = await load<typeof import('../src/database/database.ts')>(join(dist, 'database/database.js'));
const { BlacklistMirror } = await load<typeof import('../src/blacklist/blacklist-mirror.ts')>(
  join(dist, 'blacklist/blacklist-mirror.js'),
);

const orm = await openDatabase(databaseUrl, library.authEntities);
const clock = library.systemClock;
const settings = { leeway: 0, blacklistPoll: 60_000, blacklistStaleness: 600_000, accessTokenLifetime: 900_000 };
const mirror = new BlacklistMirror(new Database(orm, clock), clock, settings, async () => [], console.error);
const memory = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1_048_576;
};
const before = memory();
const begun = performance.now();
await mirror.start();
const loaded = performance.now() - begun;
const megabytes = memory() - before;

const CHECKS = 200_000;
const ids = Array.from({ length: CHECKS }, (_, index) => idOf('session', (index * 7_919) % (2 * Number(entries))));
// As the codec gets them, from JSON. V8 puts concatenated strings together only when they are looked at.
const sessions = JSON.parse(JSON.stringify(ids)) as string[];
const asked = performance.now();
let ended = 0;
for (const session of sessions) if (mirror.isEnded(session)) ended += 1;
const check = ((performance.now() - asked) * 1000) / CHECKS;
if (ended === 0 || ended === CHECKS) throw new Error('The mirror does not tell sessions apart.');
console.log(JSON.stringify({ loaded, megabytes, check }));
process.exit();
