/**
 * Kills a PostgreSQL under load, for good, and lets its synchronous standby take over: `npm run test:failover`. Clients that retry
 * with their keys must lose nothing, and no token may be spent twice.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { runSql } from '../support/databases.ts';
import { startPostgres } from '../support/postgres.ts';
import { startSilentProxy } from '../support/silent-proxy.ts';
import { waitUntil } from '../support/wait-until.ts';
import { judge, openStage } from './honest-stage.ts';
import { describeMachine, endAfter } from './machine.ts';
import { makeBuild } from './program.ts';

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const ROUNDS = values.short ? 1 : 10;
const CLIENTS = 8;
/** Milliseconds. */
const SERVED_AGAIN_WITHIN = 5_000;

endAfter(values.short ? 3 : 15);
const build = await makeBuild();
const faults: string[] = [];
console.log(
  `A PostgreSQL that dies for good, and its synchronous standby, under ${CLIENTS} clients that retry with their keys`,
);
console.log(describeMachine());
for (let round = 1; round <= ROUNDS; round += 1) await failOver(round);
for (const fault of faults.slice(0, 20)) console.error(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'All as promised.' : `${faults.length} faults.`);
process.exit(faults.length === 0 ? 0 : 1);

async function failOver(round: number): Promise<void> {
  const primary = await startPostgres({ isDurable: true });
  const name = 'auth';
  await runSql(primary.url('postgres'), `create database ${name}`);
  const databaseUrl = primary.url(name);
  const standby = await primary.startStandby();
  // What leads clients to the primary of the moment: a name, a virtual address, a pooler.
  const served = new URL(databaseUrl);
  const proxy = await startSilentProxy({ host: '127.0.0.1', port: Number(served.port) });
  served.port = String(proxy.port);
  const { clients, program } = await openStage(build, { databaseUrl, servedUrl: served.href, clients: CLIENTS });
  await program.start();
  let isOver = false;
  const running = Promise.all(clients.map((client) => client.run(() => isOver)));

  await pause(2_000 + Math.random() * 1_000);
  const died = performance.now();
  primary.kill();
  await standby.promote();
  proxy.redirect({ host: '127.0.0.1', port: standby.port });
  const promoted = performance.now();
  const before = clients.map((client) => client.acknowledged);
  await waitUntil(() => clients.every((client, index) => client.acknowledged > (before[index] ?? 0)), 30_000);
  const again = performance.now();
  await pause(1_000);
  isOver = true;
  await running;
  await program.kill();

  const verdict = await judge(build, clients, served.href);
  faults.push(...verdict.faults);
  const rotations = clients.reduce((total, { acknowledged }) => total + acknowledged, 0);
  const retries = clients.reduce((total, client) => total + client.retries, 0);
  if (again - promoted > SERVED_AGAIN_WITHIN) faults.push(`served again ${again - promoted} ms after the promotion`);
  console.log(
    `round ${round}: ${rotations} rotations, ${retries} retries, promoted after ${Math.round(promoted - died)} ms, ` +
      `served again ${Math.round(again - promoted)} ms later; ${verdict.summary}`,
  );
  await proxy.close();
  await standby.stop();
  await primary.stop();
}
