import type { Database } from '../database/database.ts';
import type { EntityManager } from '../database/tables.ts';
import { isId } from '../id.ts';
import { toAuthUser } from './auth-user.ts';
import type { UserState } from './user-state.entity.ts';
import { findUser, lockUserForLogin } from './user-store.ts';
import type { User } from './user.entity.ts';

/** A user as sessions see one: the subject of tokens (RFC 7519 section 4.1.2), whoever keeps the user. */
export interface Subject {
  /** The `sub` of tokens. */
  readonly id: string;
  /** Any change of the user raises it. */
  readonly tokenVersion: number;
  readonly roles: readonly string[];
  /** Whether the user can log in. */
  readonly isActive: boolean;
  readonly hasLoggedIn: boolean;
  /**
   * What the API shows of the user.
   *
   * @param loginAt - the time of a login that is under way.
   */
  view(loginAt?: Date): object;
}

/** The row of a user that sessions refer to: the user, or the state of one whom the host keeps. */
export type SubjectRow = User | UserState;

/** Where users are kept. */
export interface Subjects {
  /** Whether a value can be the id of a user. */
  readonly isId: (value: unknown) => value is string;
  /** Finds a user who has had a session. */
  find(id: string): Promise<Subject | null>;
  /** Makes a subject of its row, which was read a moment ago. */
  fromRow(row: SubjectRow): Promise<Subject | null>;
  /** Finds a user for whom a session is to be opened. */
  findForLogin(id: string): Promise<Subject | null>;
  /** Locks the user until the transaction ends, if the user is active and unchanged, and records the login. */
  lockForLogin(em: EntityManager, subject: Subject, now: number): Promise<boolean>;
}

export function toSubject(user: User): Subject {
  const { id, tokenVersion, roles, deactivatedAt, lastLoginAt } = user;
  return {
    id,
    tokenVersion,
    roles,
    isActive: deactivatedAt === null,
    hasLoggedIn: lastLoginAt !== null,
    view: (loginAt) => toAuthUser({ ...user, lastLoginAt: loginAt ?? lastLoginAt }),
  };
}

/** The users of this library's own table. */
export function createOwnSubjects(database: Database): Subjects {
  const find = async (id: string): Promise<Subject | null> => {
    const user = await database.read((em) => findUser(em, id));
    return user && toSubject(user);
  };
  return Object.freeze({
    isId,
    find,
    fromRow: async (row) => toSubject(row as User),
    findForLogin: find,
    lockForLogin: lockUserForLogin,
  } satisfies Subjects);
}
