import { runSql } from './databases.ts';
import { type Answer, type GraphQLClient, type Pair, PASSWORD } from './graphql-client.ts';
import { someEmail } from './someone.ts';
import type { TestAuth } from './start-test-auth.ts';

const USER = '{ id email roles isActive createdAt lastLoginAt }';
const ENDED = '{ endedSessions endedSessionIds }';

/** What an administrator can do to a user, and what is asked of the answer. */
const OPERATIONS = {
  deactivateUser: ['DeactivateUserInput', USER],
  activateUser: ['ActivateUserInput', USER],
  deleteUser: ['DeleteUserInput', USER],
  setUserRoles: ['SetUserRolesInput', USER],
  endUserSessions: ['EndUserSessionsInput', ENDED],
} as const;
export type AdminOperation = keyof typeof OPERATIONS;

export const ADMIN_OPERATIONS = Object.keys(OPERATIONS) as AdminOperation[];

/** Does something to a user. Where nothing is said about the roles, they are to be none. */
export async function administrate(
  client: GraphQLClient,
  operation: AdminOperation,
  id: string,
  accessToken?: string,
  roles: readonly string[] = [],
): Promise<Answer> {
  const [type, selection] = OPERATIONS[operation];
  const input = operation === 'setUserRoles' ? { id, roles } : { id };
  return client.run(`mutation ($input: ${type}!) { ${operation}(input: $input) ${selection} }`, { input }, accessToken);
}

/** The same, which must succeed. */
export async function administrateWell(
  client: GraphQLClient,
  operation: AdminOperation,
  id: string,
  accessToken: string,
  roles: readonly string[] = [],
) {
  const answer = await administrate(client, operation, id, accessToken, roles);
  if (!answer.data?.[operation]) throw new Error(`${operation} did not succeed: ${answer.text}`);
  return answer.data[operation];
}

/** An administrator of a server's, made as the command line makes one, and logged in. */
export async function newAdministrator({ auth, client }: Pick<TestAuth, 'auth' | 'client'>): Promise<Pair> {
  const email = someEmail();
  await auth.createUser({ email, password: PASSWORD, roles: ['ADMIN'] });
  return client.login(email);
}

export const NEW_PASSWORD = 'a newer horse battery';

export async function tryChangePassword(
  client: GraphQLClient,
  accessToken?: string,
  currentPassword = PASSWORD,
  newPassword = NEW_PASSWORD,
): Promise<Answer> {
  return client.run(
    `mutation ($input: ChangePasswordInput!) {
      changePassword(input: $input) {
        accessToken accessTokenExpiresAt accessTokenExpiresIn refreshToken refreshTokenExpiresAt
        session { id isCurrent } user { id email lastLoginAt }
      }
    }`,
    { input: { currentPassword, newPassword } },
    accessToken,
  );
}

export async function changePassword(
  client: GraphQLClient,
  accessToken: string,
  currentPassword = PASSWORD,
  newPassword = NEW_PASSWORD,
): Promise<Pair> {
  const answer = await tryChangePassword(client, accessToken, currentPassword, newPassword);
  if (!answer.data?.changePassword) throw new Error(`The password was not changed: ${answer.text}`);
  return answer.data.changePassword;
}

/** An event as it is shown. */
export interface ShownEvent {
  readonly id: string;
  readonly type: string;
  readonly createdAt: string;
  readonly sessionId: string | null;
  readonly cause: string | null;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

export async function trySecurityEvents(
  client: GraphQLClient,
  accessToken?: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  return client.run(
    `query ($userId: ID, $first: Int! = 100, $after: String) {
      securityEvents(userId: $userId, first: $first, after: $after) {
        edges { cursor node { id type createdAt sessionId cause userAgent ipAddress } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    variables,
    accessToken,
  );
}

/** What is on record of somebody, the latest first. */
export async function securityEvents(
  client: GraphQLClient,
  accessToken: string,
  userId?: string,
): Promise<ShownEvent[]> {
  const answer = await trySecurityEvents(client, accessToken, userId === undefined ? {} : { userId });
  if (!answer.data?.securityEvents) throw new Error(`There are no events: ${answer.text}`);
  return answer.data.securityEvents.edges.map(({ node }: { node: ShownEvent }) => node);
}

export async function tryUsers(
  client: GraphQLClient,
  accessToken?: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  return client.run(
    `query ($first: Int! = 20, $after: String) {
      users(first: $first, after: $after) {
        edges { cursor node ${USER} }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }`,
    variables,
    accessToken,
  );
}

/** How many rows of a table there are, or those of a condition. */
export async function countRows({ orm }: Pick<TestAuth, 'orm'>, table: string, condition = 'true'): Promise<number> {
  const [row] = await orm.em
    .getConnection()
    .execute<{ count: number | string }[]>(`select count(*) as count from ${table} where ${condition}`);
  return Number(row?.count);
}

/** Lets every insert into a table fail from now on, as a database that is full would, whatever else it takes. */
export async function failInserts(databaseUrl: string, table: string): Promise<() => Promise<void>> {
  if (databaseUrl.startsWith('sqlite:')) {
    await runSql(
      databaseUrl,
      `create trigger fail_${table} before insert on ${table} begin select raise(abort, 'no more'); end`,
    );
    return () => runSql(databaseUrl, `drop trigger fail_${table}`);
  }
  await runSql(
    databaseUrl,
    `create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'no more'; end $$;
    create trigger fail_${table} before insert on ${table} for each row execute function refuse()`,
  );
  return () => runSql(databaseUrl, `drop trigger fail_${table} on ${table}`);
}

/** Lets every change of a password's hash fail from now on. */
export async function failHashes(databaseUrl: string): Promise<() => Promise<void>> {
  if (databaseUrl.startsWith('sqlite:')) {
    await runSql(
      databaseUrl,
      `create trigger fail_hash before update of password_hash on simplejwt_user begin select raise(abort, 'no more'); end`,
    );
    return () => runSql(databaseUrl, 'drop trigger fail_hash');
  }
  await runSql(
    databaseUrl,
    `create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'no more'; end $$;
    create trigger fail_hash before update of password_hash on simplejwt_user for each row execute function refuse()`,
  );
  return () => runSql(databaseUrl, 'drop trigger fail_hash on simplejwt_user');
}
