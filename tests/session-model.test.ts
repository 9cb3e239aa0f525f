import {
  authEntities,
  buildGuardedSchema,
  createAuth,
  createHostAuthEntities,
  generateKeys,
  isAuthError,
} from '../src/index.ts';
import { migrate, openDatabase } from '../server/src/database/open-database.ts';
import { asHost } from './support/host-histories.ts';
import { checkHistories, type HistoryLibrary } from './support/session-histories.ts';

const library: HistoryLibrary = {
  buildGuardedSchema,
  createAuth,
  generateKeys,
  isAuthError,
  async openDatabase() {
    const orm = await openDatabase('sqlite::memory:', authEntities);
    await migrate(orm);
    return orm;
  },
};

const host = asHost({ ...library, createHostAuthEntities }, { openDatabase });

test.each([
  ['users of ours', true, library],
  ['users of ours', false, library],
  ["the host's users", true, host],
  ["the host's users", false, host],
] as const)(
  'random histories of honest clients and a thief keep to the rules of a session, with %s (rotated tokens on the blacklist: %s)',
  async (_users, blacklistAfterRotation, played) => {
    await expect(checkHistories(played, { runs: 150, blacklistAfterRotation })).resolves.toBeUndefined();
  },
);
