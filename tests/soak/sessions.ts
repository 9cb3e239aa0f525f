import { writeFileSync } from 'node:fs';
import type { TokenPair } from '../../src/index.ts';
import { type Build, ISSUER, prepare, type ProgramOptions } from './program.ts';

const SESSIONS_PER_USER = 200;

/** Makes keys, tables, users and sessions, as the library of the same build does. Passwords are no part of this. */
export async function openSessions(build: Build, options: ProgramOptions, count: number): Promise<TokenPair[]> {
  const keys = build.library.generateKeys();
  writeFileSync(options.keysFile, JSON.stringify(keys), { mode: 0o600 });
  prepare(build, options);
  const orm = await build.openDatabase(options.databaseUrl, build.library.authEntities);
  const auth = await build.library.createAuth({ orm, keys, issuer: ISSUER, bcryptCost: 4, maxSessions: 10_000 });
  const pairs: TokenPair[] = [];
  let userId = '';
  while (pairs.length < count) {
    if (pairs.length % SESSIONS_PER_USER === 0) {
      const email = `user-${pairs.length}@example.com`;
      ({ id: userId } = await auth.createUser({ email, password: 'correct horse battery' }));
    }
    const pair = await auth.openSession({ userId });
    if (pair === null) throw new Error('There is no such user.');
    pairs.push(pair);
  }
  await auth.close();
  await orm.close();
  return pairs;
}
