import { holdWriteLock } from './databases.ts';
import { GraphQLClient } from './graphql-client.ts';
import { refusalOf } from './outcomes.ts';
import type { TestAuth } from './start-test-auth.ts';

/** The setting that makes the queue short: one password is hashed at once, and ten operations wait. */
export const SHORT_QUEUE = { bcryptParallelism: 1 };
export const QUEUE_LENGTH = 11;

/**
 * Fills the queue of logins of a server on SQLite that has `SHORT_QUEUE`, and keeps it full until the result is called:
 * another process holds the database's write lock, so the logins wait to record that they failed. The server waits about
 * five seconds for the lock.
 */
export async function fillQueue(
  { databaseUrl, url }: Pick<TestAuth, 'databaseUrl' | 'url'>,
  through = new GraphQLClient(url),
): Promise<() => Promise<void>> {
  const unlock = holdWriteLock(databaseUrl.slice('sqlite:'.length));
  let refused = 0;
  const logins = Array.from({ length: QUEUE_LENGTH + 1 }, async () => {
    const answer = await through.tryLogin('nobody@example.com', 'wrong horse battery');
    if (refusalOf(answer) === 'RATE_LIMITED') refused += 1;
  });
  await Promise.race(logins);
  if (refused === 0) throw new Error('No login was refused.');
  return async () => {
    unlock();
    await Promise.all(logins);
  };
}
