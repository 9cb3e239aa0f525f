import 'reflect-metadata';
import { Field, ID, ObjectType } from 'type-graphql';
import type * as Library from '../../src/index.ts';
import type * as Server from '../../server/src/database/open-database.ts';
import type { HistoryLibrary } from './session-histories.ts';

/** The host's `User`. Node runs this file as it is, and does not know the syntax of decorators. */
class Person {
  readonly id!: number;
}
ObjectType('User')(Person);
Field(() => ID)(Person.prototype, 'id');

const ONLY_USER = 7;

/** The same histories for a host that keeps its own users. */
export function asHost(
  library: Omit<HistoryLibrary, 'openDatabase'> & Pick<typeof Library, 'createHostAuthEntities'>,
  { openDatabase }: Pick<typeof Server, 'openDatabase'>,
): HistoryLibrary {
  const user = { id: ONLY_USER, stamp: 1, user: { id: ONLY_USER } };
  const users = { findById: async (id: string) => (id === String(ONLY_USER) ? user : null) };
  return {
    ...library,
    createAuth: (options) => library.createAuth({ ...options, users } as Library.AuthOptions),
    buildGuardedSchema: (options) =>
      library.buildGuardedSchema({ ...options, userType: Person } as Library.GuardedSchemaOptions),
    addUser: async () => String(ONLY_USER),
    async openDatabase() {
      const orm = await openDatabase('sqlite::memory:', library.createHostAuthEntities());
      await orm.schema.create();
      return orm;
    },
  };
}
