/**
 * Measures what a flood of logins does to requests that need no password: `npm run bench:logins`.
 *
 * It asks the built program for `currentToken`, without logins, and then while 200 logins at a time arrive. Then it
 * sends single logins to a full queue. bcrypt has its default cost.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../tests/support/free-port.ts';
import { GraphQLClient } from '../tests/support/graphql-client.ts';
import { describeMachine, endAfter } from '../tests/soak/machine.ts';
import { makeBuild, prepare, Program } from '../tests/soak/program.ts';

const LOGINS = 200;
const ROUNDS = 10;
const SPAN = 10_000;
/** Logins that keep the queue full: three are hashed, thirty wait, and some come again and again. */
const QUEUE = 40;
const SINGLES = 500;
/** Milliseconds. */
const LIMIT = 150;
const REFUSAL_LIMIT = 50;

endAfter(5);
const built = await makeBuild();
const options = {
  databaseUrl: `sqlite:${join(built.folder, 'logins.db')}`,
  keysFile: join(built.folder, 'keys.json'),
  port: await freePort(),
};
writeFileSync(options.keysFile, JSON.stringify(built.library.generateKeys()), { mode: 0o600 });
prepare(built, options);
const program = new Program(built, options);
await program.start();
const client = new GraphQLClient(program.url);
const { accessToken } = await client.register();

console.log(`${LOGINS} logins at a time beside requests for currentToken, against the built program over HTTP`);
console.log(`${describeMachine()}; milliseconds: median / 99 % / longest`);
await ask(3_000);
console.log(`currentToken without logins: ${summary(await ask(SPAN))}`);

let people = 0;
let isFlooded = true;
const asked = askWhile(() => isFlooded);
const bursts: Outcome[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  bursts.push(...(await Promise.all(Array.from({ length: LOGINS }, login))));
  await pause(200);
}
isFlooded = false;
const beside = await asked;

let isFull = true;
const queued = Array.from({ length: QUEUE }, async () => {
  while (isFull) if ((await login()).isRefused) await pause(100);
});
await pause(500);
const singles: Outcome[] = [];
for (let count = 0; count < SINGLES; count += 1) singles.push(await login());
isFull = false;
await Promise.all(queued);

const refusedInBursts = refusalTimes(bursts);
const refusedSingly = refusalTimes(singles);
console.log(`currentToken beside logins: ${summary(beside)}`);
console.log(
  `${bursts.length - refusedInBursts.length} logins were checked, ${refusedInBursts.length} refused: ${summary(refusedInBursts)}`,
);
console.log(`${refusedSingly.length} logins that came singly to a full queue were refused: ${summary(refusedSingly)}`);
await program.kill();

const isWithin = percentile(beside, 0.99) < LIMIT && percentile(refusedSingly, 0.99) < REFUSAL_LIMIT;
console.log(isWithin ? 'All as promised.' : 'NOT as promised.');
process.exit(isWithin ? 0 : 1);

interface Outcome {
  readonly isRefused: boolean;
  readonly taken: number;
}

async function login(): Promise<Outcome> {
  const begun = performance.now();
  const { errors } = await client.tryLogin(`user${(people += 1)}@example.com`, 'wrong horse battery');
  return { isRefused: errors[0]?.extensions.code === 'RATE_LIMITED', taken: performance.now() - begun };
}

function refusalTimes(outcomes: readonly Outcome[]): number[] {
  return outcomes.filter(({ isRefused }) => isRefused).map(({ taken }) => taken);
}

async function ask(milliseconds: number): Promise<number[]> {
  const end = performance.now() + milliseconds;
  return askWhile(() => performance.now() < end);
}

async function askWhile(isOn: () => boolean): Promise<number[]> {
  const taken: number[] = [];
  while (isOn()) {
    const begun = performance.now();
    await client.currentToken(accessToken);
    taken.push(performance.now() - begun);
    await pause(5);
  }
  return taken;
}

function summary(times: readonly number[]): string {
  return [0.5, 0.99, 1].map((share) => percentile(times, share).toFixed(1)).join(' / ');
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
