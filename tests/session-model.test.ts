import { authEntities, buildGuardedSchema, createAuth, generateKeys, isAuthError } from '../src/index.ts';
import { migrate, openDatabase } from '../server/src/database/open-database.ts';
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

test.each([true, false])(
  'random histories of honest clients and a thief keep to the rules of a session (rotated tokens on the blacklist: %s)',
  async (blacklistAfterRotation) => {
    await expect(checkHistories(library, { runs: 150, blacklistAfterRotation })).resolves.toBeUndefined();
  },
);
