/**
 * Compares how long answers take that must not reveal who has an account: `npm run bench:login-timing`.
 *
 * It sends 1,000 pairs to the built program, one request at a time, in random order within a pair: an e-mail without an account
 * beside one with a wrong password, beside a deactivated account with its right password, and beside one with an account that
 * asks for a mail or is registered again. The signed-rank test of Wilcoxon says whether the times differ. Each account is tried
 * once.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runSql } from '../tests/support/databases.ts';
import { createRandom } from '../tests/support/create-random.ts';
import { freePort } from '../tests/support/free-port.ts';
import { type Answer, EMAIL, GraphQLClient, PASSWORD } from '../tests/support/graphql-client.ts';
import { tryMail } from '../tests/support/mail-operations.ts';
import { openSmtpInbox } from '../tests/support/smtp-inbox.ts';
import { describeMachine, endAfter } from '../tests/soak/machine.ts';
import { makeBuild, prepare, Program } from '../tests/soak/program.ts';

const PAIRS = 1_000;
/** Of a normal distribution: a difference beyond it would come by chance once in a hundred runs. */
const SIGNIFICANT = 2.58;
/** Milliseconds. */
const SETTLING = 30;

endAfter(30);
const inbox = await openSmtpInbox();
const built = await makeBuild();
const options = {
  databaseUrl: `sqlite:${join(built.folder, 'timing.db')}`,
  keysFile: join(built.folder, 'keys.json'),
  port: await freePort(),
  env: {
    AUTH_BCRYPT_COST: '10',
    AUTH_EMAIL_VERIFICATION: 'required',
    AUTH_LOGIN_BY_CODE: 'true',
    AUTH_SMTP_URL: `smtp://127.0.0.1:${inbox.port}`,
    AUTH_MAIL_FROM: 'auth@example.com',
    AUTH_LINK_URL: 'https://app.example.com/',
  },
};
writeFileSync(options.keysFile, JSON.stringify(built.library.generateKeys()), { mode: 0o600 });
prepare(built, options);
const program = new Program(built, options);
await program.start();
const client = new GraphQLClient(program.url);
await client.tryRegister();
await addCopies('known', '1', 'null');
await addCopies('deactivated', '2', 'created_at');
await addCopies('mailed', '3', 'null');
await addCopies('registered', '4', 'null');
const random = createRandom(Date.now() % 1_000_000);

console.log(`${PAIRS} pairs. ${describeMachine()}`);
const login = (password: string) => async (email: string) =>
  expectCode(await client.tryLogin(email, password), 'INVALID_CREDENTIALS');
const ask = async (email: string) => {
  expectCode(await tryMail(client, 'requestPasswordReset', { email }), undefined);
};
const register = async (email: string) => expectCode(await client.tryRegister(email), undefined);
for (let count = 0; count < 50; count += 1) await login(PASSWORD)(`warm-up-${count}@example.com`);
const isAlike = [
  await compare('a wrong password', 'known', login('wrong horse battery')),
  await compare('a deactivated account', 'deactivated', login(PASSWORD)),
  await compare('a request for a mail', 'mailed', ask),
  await compare('a registration of a taken e-mail', 'registered', register),
].every(Boolean);
await program.kill();
await inbox.close();
console.log(isAlike ? 'All as promised.' : 'NOT as promised.');
process.exit(isAlike ? 0 : 1);

/** Adds accounts with the hash of the registered one. */
async function addCopies(name: string, letter: string, deactivatedAt: string): Promise<void> {
  await runSql(
    options.databaseUrl,
    `insert into simplejwt_user (id, email, password_hash, roles, created_at, email_verified_at, deactivated_at)
    select '01800000-0000-7${letter}00-8000-' || printf('%012x', i), '${name}-' || i || '@example.com',
      password_hash, roles, created_at, created_at, ${deactivatedAt}
    from (with recursive n (i) as (select 0 union all select i + 1 from n where i < ${PAIRS}) select i from n), simplejwt_user
    where email = '${EMAIL}'`,
  );
}

async function compare(title: string, name: string, send: (email: string) => Promise<void>): Promise<boolean> {
  const differences: number[] = [];
  const times: number[] = [];
  const measure = async (email: string): Promise<number> => {
    const begun = performance.now();
    await send(email);
    const taken = performance.now() - begun;
    // The mail that the last request queued is sent meanwhile, so that it slows no other request down.
    await pause(name === 'mailed' || name === 'registered' ? SETTLING : 0);
    return taken;
  };
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const isFirst = random() < 0.5;
    const unknownFirst = isFirst ? await measure(`nobody-${name}-${pair}@example.com`) : 0;
    const known = await measure(`${name}-${pair}@example.com`);
    const unknown = isFirst ? unknownFirst : await measure(`nobody-${name}-${pair}@example.com`);
    differences.push(known - unknown);
    times.push(unknown);
  }
  const score = signedRank(differences);
  console.log(
    `${title}: median ${median(times).toFixed(2)} ms, median difference to no account ${median(differences).toFixed(3)} ms, z ${score.toFixed(2)}`,
  );
  return Math.abs(score) < SIGNIFICANT;
}

function expectCode({ errors }: Answer, code: string | undefined): void {
  if (errors[0]?.extensions.code !== code) throw new Error(`another answer: ${errors[0]?.message}`);
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
