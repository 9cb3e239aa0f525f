import { runShort } from './support/run-short.ts';

test('a token that processes of the built program race for has one successor, and a logout leaves no live token', async () => {
  expect(await runShort('tests/soak/races.ts')).toMatch(/All as promised\.\n$/);
}, 150_000);

test('a client that retries with its key loses nothing when the program or PostgreSQL is killed', async () => {
  expect(await runShort('tests/soak/crash.ts')).toMatch(/All as promised\.\n$/);
}, 250_000);

test('a client that retries with its key loses nothing when a synchronous standby takes over from a PostgreSQL that died', async () => {
  expect(await runShort('tests/soak/failover.ts')).toMatch(/All as promised\.\n$/);
}, 200_000);
