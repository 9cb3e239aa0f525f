/**
 * Compares how long failed logins take: `npm run bench:login-timing`.
 *
 * It sends 1,000 pairs to the built program, one request at a time, in random order within a pair: an e-mail without an account
 * beside one with a wrong password, and beside a deactivated account with its right password. The signed-rank test of Wilcoxon
 * says whether the times differ. Each account is tried once.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runSql } from '../tests/support/databases.ts';
import { createRandom } from '../tests/support/create-random.ts';
import { freePort } from '../tests/support/free-port.ts';
import { EMAIL, GraphQLClient, PASSWORD } from '../tests/support/graphql-client.ts';
import { describeMachine, endAfter } from '../tests/soak/machine.ts';
import { makeBuild, prepare, Program } from '../tests/soak/program.ts';

const PAIRS = 1_000;
/** Of a normal distribution: a difference beyond it would come by chance once in a hundred runs. */
const SIGNIFICANT = 2.58;

endAfter(30);
const built = await makeBuild();
const options = {
  databaseUrl: `sqlite:${join(built.folder, 'timing.db')}`,
  keysFile: join(built.folder, 'keys.json'),
  port: await freePort(),
  env: { AUTH_BCRYPT_COST: '10', AUTH_LOGIN_BUDGET: '100000/1m' },
};
writeFileSync(options.keysFile, JSON.stringify(built.library.generateKeys()), { mode: 0o600 });
prepare(built, options);
const program = new Program(built, options);
await program.start();
const client = new GraphQLClient(program.url);
await client.register();
await addCopies('known', '1', 'null');
await addCopies('deactivated', '2', 'created_at');
const random = createRandom(Date.now() % 1_000_000);

console.log(`${PAIRS} pairs of failed logins. ${describeMachine()}`);
for (let count = 0; count < 50; count += 1) await login(`warm-up-${count}@example.com`, PASSWORD);
const isAlike = [
  await compare('a wrong password', 'known', 'wrong horse battery'),
  await compare('a deactivated account', 'deactivated', PASSWORD),
].every(Boolean);
await program.kill();
console.log(isAlike ? 'All as promised.' : 'NOT as promised.');
process.exit(isAlike ? 0 : 1);

/** Adds accounts with the hash of the registered one. */
async function addCopies(name: string, letter: string, deactivatedAt: string): Promise<void> {
  await runSql(
    options.databaseUrl,
    `insert into simplejwt_user (id, email, password_hash, roles, created_at, deactivated_at)
    select '01800000-0000-7${letter}00-8000-' || printf('%012x', i), '${name}-' || i || '@example.com',
      password_hash, roles, created_at, ${deactivatedAt}
    from (with recursive n (i) as (select 0 union all select i + 1 from n where i < ${PAIRS}) select i from n), simplejwt_user
    where email = '${EMAIL}'`,
  );
}

async function compare(title: string, name: string, password: string): Promise<boolean> {
  const differences: number[] = [];
  const times: number[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const isFirst = random() < 0.5;
    const unknownFirst = isFirst ? await login(`nobody-${name}-${pair}@example.com`, password) : 0;
    const known = await login(`${name}-${pair}@example.com`, password);
    const unknown = isFirst ? unknownFirst : await login(`nobody-${name}-${pair}@example.com`, password);
    differences.push(known - unknown);
    times.push(unknown);
  }
  const score = signedRank(differences);
  console.log(
    `${title}: median ${median(times).toFixed(2)} ms, median difference to no account ${median(differences).toFixed(3)} ms, z ${score.toFixed(2)}`,
  );
  return Math.abs(score) < SIGNIFICANT;
}

async function login(email: string, password: string): Promise<number> {
  const begun = performance.now();
  const { errors } = await client.tryLogin(email, password);
  const taken = performance.now() - begun;
  if (errors[0]?.extensions.code !== 'INVALID_CREDENTIALS') throw new Error(`not refused: ${errors[0]?.message}`);
  return taken;
}

/** The test of Wilcoxon, as a score of the normal distribution. */
function signedRank(differences: readonly number[]): number {
  const ranked = differences.toSorted((one, other) => Math.abs(one) - Math.abs(other));
  const sum = ranked.reduce((total, difference, index) => total + Math.sign(difference) * (index + 1), 0);
  const count = ranked.length;
  return sum / Math.sqrt((count * (count + 1) * (2 * count + 1)) / 6);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
