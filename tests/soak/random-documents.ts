/**
 * Sends 100,000 random documents to the built program: `npm run test:documents`. None may be answered with 5xx, and none may block
 * the event loop for 100 ms. `--short` sends 2,000, and
 * judges no time.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { createRandom } from '../support/create-random.ts';
import { freePort } from '../support/free-port.ts';
import { GraphQLClient } from '../support/graphql-client.ts';
import { RandomDocuments } from '../support/random-documents.ts';
import { describeMachine, endAfter, Stopwatch } from './machine.ts';
import { makeBuild, prepare, Program } from './program.ts';

const isShort = process.argv.includes('--short');
const DOCUMENTS = isShort ? 2_000 : 100_000;
const AT_ONCE = 4;
/** Milliseconds. */
const LONGEST_BLOCK = 100;

endAfter(isShort ? 4 : 30);
const built = await makeBuild();
const options = {
  databaseUrl: `sqlite:${join(built.folder, 'documents.db')}`,
  keysFile: join(built.folder, 'keys.json'),
  port: await freePort(),
  preload: join(import.meta.dirname, 'delay-probe.ts'),
  env: { AUTH_BCRYPT_COST: '10' },
};
writeFileSync(options.keysFile, JSON.stringify(built.library.generateKeys()), { mode: 0o600 });
prepare(built, options);
const program = new Program(built, options);
await program.start();
const client = new GraphQLClient(program.url);
let { accessToken } = await client.register();

const watch = new Stopwatch();
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../schema.graphql'), 'utf8'));
const documents = new RandomDocuments(schema, createRandom(seed));
const statuses: Record<number, number> = {};
const faults: string[] = [];
let sent = 0;
await program.longestBlock();
await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
const blocked = await program.longestBlock();
const { data } = await client.currentToken((await client.login()).accessToken);
await program.kill();

console.log(`${DOCUMENTS} random documents (seed ${seed}), ${watch.seconds} s. ${describeMachine()}`);
console.log(`statuses: ${JSON.stringify(statuses)}; the longest block: ${blocked.toFixed(1)} ms`);
for (const fault of faults.slice(0, 5)) console.log(fault);
const isGood = faults.length === 0 && data?.currentToken != null && (isShort || blocked < LONGEST_BLOCK);
console.log(isGood ? 'All as promised.' : 'NOT as promised.');
process.exit(isGood ? 0 : 1);

async function sendAll(): Promise<void> {
  while (sent < DOCUMENTS) {
    const index = sent++;
    const { query, variables } = documents.next();
    const { status, text } = await client.run(query, variables, accessToken);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status >= 500 || text.includes('INTERNAL_SERVER_ERROR')) faults.push(`${status} ${query} ${text}`);
    // A document may have logged out, or changed the password.
    if (index % 500 === 0) accessToken = (await client.register(`user${index}@example.com`)).accessToken;
  }
}
