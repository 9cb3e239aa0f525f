/**
 * Searches for the document that blocks the server longest, of those that it runs and of those that it refuses:
 * `npm run bench:hostile`.
 *
 * It changes documents at random and goes on with the heaviest, against the built program over HTTP. The documents ask for an
 * account with 100 security events and 50 sessions. `--short` makes a short search, and judges no time.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../tests/support/create-random.ts';
import { freePort } from '../tests/support/free-port.ts';
import { EMAIL, GraphQLClient, PASSWORD } from '../tests/support/graphql-client.ts';
import { describeMachine, endAfter, Stopwatch } from '../tests/soak/machine.ts';
import { makeBuild, prepare, Program } from '../tests/soak/program.ts';
import { describe, heaviestKnown, mutate, type Plan, toDocument } from './hostile-documents.ts';

const isShort = process.argv.includes('--short');
/** Documents that are tried for each of the two searches. */
const TRIALS = isShort ? 150 : 3_000;
/** Each is sent so often. The shortest time counts, because other work of the machine only adds to it. */
const REPEATS = 3;
const LONGEST_BLOCK = 50;
const LARGEST_ANSWER = 1_000_000;

interface Result {
  readonly plan: Plan;
  readonly blocked: number;
  readonly bytes: number;
  readonly status: number;
}

endAfter(isShort ? 5 : 30);
const built = await makeBuild();
const options = {
  databaseUrl: `sqlite:${join(built.folder, 'hostile.db')}`,
  keysFile: join(built.folder, 'keys.json'),
  port: await freePort(),
  preload: join(import.meta.dirname, '../tests/soak/delay-probe.ts'),
  env: { AUTH_MAX_SESSIONS: '50', AUTH_BCRYPT_COST: '10' },
};
writeFileSync(options.keysFile, JSON.stringify(built.library.generateKeys()), { mode: 0o600 });
prepare(built, options);
const program = new Program(built, options);
await program.start();
const client = new GraphQLClient(program.url);
await client.register();
for (let count = 0; count < 100; count += 1) await client.tryLogin(EMAIL, count % 2 === 0 ? PASSWORD : `${PASSWORD}!`);
const { accessToken } = await client.login();

const watch = new Stopwatch();
const random = createRandom(Number(process.env['SEED'] ?? 1));
const run = await search((status) => status === 200);
const refused = await search((status) => status >= 400);
await program.kill();

console.log(`The heaviest of ${2 * TRIALS} documents, ${watch.seconds} s. ${describeMachine()}`);
for (const [title, { plan, blocked, bytes, status }] of [
  ['that is run', run],
  ['that is refused', refused],
] as const) {
  console.log(
    `${title}: blocks for ${blocked.toFixed(1)} ms, answer of ${bytes} bytes with ${status}: ${describe(plan)}`,
  );
}
const isBounded = [run, refused].every(
  ({ blocked, bytes }) => (isShort || blocked < LONGEST_BLOCK) && bytes < LARGEST_ANSWER,
);
console.log(isBounded ? 'All as promised.' : 'NOT as promised.');
process.exit(isBounded ? 0 : 1);

async function search(isSought: (status: number) => boolean): Promise<Result> {
  let best: Result = { plan: heaviestKnown, blocked: 0, bytes: 0, status: 0 };
  let largest = 0;
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const plan = mutate(best.plan, random);
    const result = await measure(plan);
    if (!isSought(result.status)) continue;
    largest = Math.max(largest, result.bytes);
    if (result.blocked > best.blocked) best = result;
  }
  return { ...best, bytes: largest };
}

async function measure(plan: Plan): Promise<Result> {
  const body = JSON.stringify({ query: toDocument(plan), operationName: 'Q' });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` };
  const times: number[] = [];
  let answer = { status: 0, text: '' };
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    await program.longestBlock();
    answer = await client.send({ method: 'POST', headers, body });
    times.push(await program.longestBlock());
  }
  return { plan, blocked: Math.min(...times), bytes: answer.text.length, status: answer.status };
}
