import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { administrate, type AdminOperation, tryChangePassword } from '../support/accounts.ts';
import { freshPostgres, freshSqlite } from '../support/databases.ts';
import { dissect } from '../support/forge-token.ts';
import { freePort } from '../support/free-port.ts';
import { type Answer, GraphQLClient, type Pair } from '../support/graphql-client.ts';
import { startPostgres } from '../support/postgres.ts';
import { describeMachine, endAfter, sqliteVersion, Stopwatch } from './machine.ts';
import { ISSUER, makeBuild, prepare, Program } from './program.ts';

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, on: { type: 'string', default: 'SQLite,PostgreSQL' } },
});
const databases = values.on.split(',');
/** How often each race is run. */
const RACES = values.short ? 5 : 1_000;
/** Users whose accounts change at the same time. */
const AT_ONCE = 8;
const POLL = 100;
const PASSWORDS = ['the first password', 'the second password', 'the third password'] as const;
const ADMINISTRATOR = 'administrator@example.com';

/** On SQLite one transaction follows the other, so that this is the order in which they were committed. */
const LOG_OF_ORDER = [
  'create table race_log (id integer primary key autoincrement, what text, whom text)',
  `create trigger log_rotation after update of refresh_jti on simplejwt_session
    begin insert into race_log (what, whom) values ('rotated', new.id); end`,
  `create trigger log_raise after update of token_version on simplejwt_user when new.token_version > old.token_version
    begin insert into race_log (what, whom) values ('raised', new.id); end`,
];

endAfter(values.short ? 3 : 40);
const failures: string[] = [];
const built = await makeBuild();
const postgres = await startPostgres();
console.log(`Races of accounts, ${RACES} of each kind, against two processes of the built program over HTTP`);
console.log(`${describeMachine()}, ${sqliteVersion()}, ${postgres.version}`);
try {
  if (databases.includes('SQLite')) await race('SQLite', freshSqlite());
  if (databases.includes('PostgreSQL')) await race('PostgreSQL', await freshPostgres(postgres.url('postgres')));
} finally {
  await postgres.stop();
}
for (const failure of failures.slice(0, 20)) console.error(`FAULT ${failure}`);
console.log(failures.length === 0 ? 'All as promised.' : `${failures.length} faults.`);
process.exit(failures.length === 0 ? 0 : 1);

/** How often a race was run, and how often it was not the change that came first. */
interface Tally {
  races: number;
  changeWasSecond: number;
  /** Milliseconds that the last change took. */
  pace: number;
}

/** What nobody may accept from now on. */
interface Dead {
  readonly accessTokens: readonly string[];
  readonly refreshTokens: readonly string[];
}

async function race(name: string, database: { url: string; remove(): Promise<void> }): Promise<void> {
  const options = {
    databaseUrl: database.url,
    keysFile: join(built.folder, `${name}.json`),
    port: 0,
    env: { AUTH_BLACKLIST_POLL: `${POLL}ms` },
    preload: join(import.meta.dirname, 'cheap-passwords.ts'),
  };
  const keys = built.library.generateKeys();
  writeFileSync(options.keysFile, JSON.stringify(keys), { mode: 0o600 });
  prepare(built, options);
  const orm = await built.openDatabase(database.url, built.library.authEntities);
  const isOrderKnown = database.url.startsWith('sqlite:');
  if (isOrderKnown) for (const statement of LOG_OF_ORDER) await orm.em.getConnection().execute(statement);
  const auth = await built.library.createAuth({ orm, keys, issuer: ISSUER, bcryptCost: 4 });
  await auth.createUser({ email: ADMINISTRATOR, password: PASSWORDS[0], roles: ['ADMIN'] });

  const programs = [
    new Program(built, { ...options, port: await freePort() }),
    new Program(built, { ...options, port: await freePort() }),
  ];
  for (const program of programs) await program.start();
  const clients = programs.map(({ url }) => new GraphQLClient(url));
  const [here, there] = clients as [GraphQLClient, GraphQLClient];
  const tallies = new Map<string, Tally>();
  const fault = (text: string) => void failures.push(`${name}: ${text}`);

  const stopwatch = new Stopwatch();
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let index = next++; index < RACES; index = next++) {
        try {
          await liveOne(index);
        } catch (error) {
          fault(`a life broke off: ${String(error)}`);
        }
      }
    }),
  );
  for (const [kind, { races, changeWasSecond }] of tallies) {
    console.log(`${name}: ${races} races of ${kind}; in ${changeWasSecond} the change was second`);
  }
  const suffix = failures.length === 0 ? 'no live token and no session that should not be' : 'with faults';
  console.log(`${name}: ${stopwatch.seconds} s, ${suffix}`);

  for (const program of programs) {
    await program.kill();
    if (program.errors !== '') fault(`the program logged ${program.errors.slice(0, 500)}`);
  }
  await auth.close();
  await orm.close();
  await database.remove();

  /** The account of one user from its opening to its end, each change of it in a race. */
  async function liveOne(index: number): Promise<void> {
    const email = `user-${index}@example.com`;
    const administrator = await logIn(here, ADMINISTRATOR, PASSWORDS[0]);
    const operate = async (operation: AdminOperation, id: string, roles: string[] = []) => {
      const answer = await administrate(there, operation, id, administrator.accessToken, roles);
      if (!answer.data?.[operation]) fault(`${operation} answered ${answer.text}`);
      return answer;
    };
    const dead: Dead[] = [];
    const die = async (...pairs: (Pair | undefined)[]) => {
      const known = pairs.filter((pair) => pair !== undefined);
      const tokens = {
        accessTokens: known.map(({ accessToken }) => accessToken),
        refreshTokens: known.map(({ refreshToken }) => refreshToken),
      };
      // At once where the change was made, and later everywhere.
      await expectDead(there, tokens);
      dead.push(tokens);
    };

    const first = await here.register(email, PASSWORDS[0]);
    const { id } = first.user;

    const [raced, changed] = await against('refresh against changePassword', {
      quick: () => here.tryRefresh(first.refreshToken),
      change: () => tryChangePassword(there, first.accessToken, PASSWORDS[0], PASSWORDS[1]),
    });
    await die(first, raced.data?.refreshToken ?? undefined);
    const second = expectPair(changed, 'changePassword');
    await expectSessions(second, 1);

    await operate('setUserRoles', id, ['EDITOR']);
    const editor = await here.refresh(second.refreshToken);
    if (rolesOf(editor).length === 0) fault('a role that was given is not in the next token');
    const [refreshed] = await against('refresh against setUserRoles', {
      quick: () => here.tryRefresh(editor.refreshToken),
      change: () => operate('setUserRoles', id),
    });
    const third = expectPair(refreshed, 'refreshToken');
    if (isOrderKnown && rolesOf(third).length > 0) await expectRotatedFirst(third);
    const withRole = [editor, ...(rolesOf(third).length > 0 ? [third] : [])];
    await expectDead(there, { accessTokens: withRole.map(({ accessToken }) => accessToken), refreshTokens: [] });
    dead.push({ accessTokens: withRole.map(({ accessToken }) => accessToken), refreshTokens: [] });
    const fourth = await there.refresh(third.refreshToken);
    if (rolesOf(fourth).length > 0) fault('a role that was taken away is in a token that was signed afterwards');
    await expectSessions(fourth, 1);

    const [loggedIn, changedAgain] = await against('login against changePassword', {
      quick: () => here.tryLogin(email, PASSWORDS[1]),
      change: () => tryChangePassword(there, fourth.accessToken, PASSWORDS[1], PASSWORDS[2]),
    });
    await die(fourth, loggedIn.data?.login ?? undefined);
    const fifth = expectPair(changedAgain, 'changePassword');
    await expectSessions(fifth, 1);

    const [refreshedAgain] = await against('refresh against deactivateUser', {
      quick: () => here.tryRefresh(fifth.refreshToken),
      change: () => operate('deactivateUser', id),
    });
    await die(fifth, refreshedAgain.data?.refreshToken ?? undefined);
    await operate('activateUser', id);
    const sixth = await logIn(here, email, PASSWORDS[2]);
    await expectSessions(sixth, 1);

    const [loggedInAgain] = await against('login against deactivateUser', {
      quick: () => here.tryLogin(email, PASSWORDS[2]),
      change: () => operate('deactivateUser', id),
    });
    await die(sixth, loggedInAgain.data?.login ?? undefined);
    await operate('activateUser', id);
    const seventh = await logIn(here, email, PASSWORDS[2]);
    await expectSessions(seventh, 1);

    const [loggedInLast] = await against('login against deleteUser', {
      quick: () => here.tryLogin(email, PASSWORDS[2]),
      change: () => operate('deleteUser', id),
    });
    await die(seventh, loggedInLast.data?.login ?? undefined);

    const other = await here.register(email, PASSWORDS[0]);
    const [refreshedLast] = await against('refresh against deleteUser', {
      quick: () => here.tryRefresh(other.refreshToken),
      change: () => operate('deleteUser', other.user.id),
    });
    await die(other, refreshedLast.data?.refreshToken ?? undefined);

    await pause(3 * POLL);
    for (const client of clients) for (const tokens of dead) await expectDead(client, tokens);
    await expectNoRows(id, other.user.id);
  }

  async function against(
    kind: string,
    { quick, change }: { quick: () => Promise<Answer>; change: () => Promise<Answer> },
  ): Promise<[quick: Answer, change: Answer]> {
    const tally = tallies.get(kind) ?? { races: 0, changeWasSecond: 0, pace: 10 };
    tallies.set(kind, tally);
    // From shortly before the change to shortly after it.
    const lead = (1.6 * Math.random() - 0.3) * tally.pace;
    const answers = await Promise.all([
      pause(Math.max(0, lead)).then(quick),
      pause(Math.max(0, -lead)).then(async () => {
        const begun = performance.now();
        const answer = await change();
        tally.pace = performance.now() - begun;
        return answer;
      }),
    ]);
    tally.races += 1;
    const pair: Pair | null = answers[0].data?.login ?? answers[0].data?.refreshToken ?? null;
    const isOfNewRoles = kind.endsWith('setUserRoles') && pair !== null && rolesOf(pair).length === 0;
    if (pair !== null && !isOfNewRoles) tally.changeWasSecond += 1;
    for (const answer of answers) {
      const code = answer.errors[0]?.extensions.code;
      if (answer.status !== 200 || code === 'INTERNAL_SERVER_ERROR' || code === 'SERVICE_UNAVAILABLE')
        fault(`${kind} answered ${answer.text}`);
    }
    return answers;
  }

  function expectPair(answer: Answer, field: string): Pair {
    const pair = answer.data?.[field];
    if (!pair) throw new Error(`${field} gave no pair: ${answer.text}`);
    return pair;
  }

  async function expectDead(client: GraphQLClient, { accessTokens, refreshTokens }: Dead): Promise<void> {
    const answers = await Promise.all([
      ...accessTokens.map(async (token) => client.currentToken(token)),
      ...refreshTokens.map(async (token) => client.tryRefresh(token)),
    ]);
    for (const { errors } of answers) {
      if (errors[0]?.extensions.reason !== 'TOKEN_REVOKED') fault(`a token lives: ${JSON.stringify(errors)}`);
    }
  }

  async function expectSessions({ accessToken }: Pair, count: number): Promise<void> {
    const { data, text } = await there.sessions(accessToken);
    if (data?.sessions?.length !== count) fault(`there should be ${count} sessions: ${text}`);
  }

  /** The role was in force still when the token that has it was counted as signed. */
  async function expectRotatedFirst({ session, user }: Pair): Promise<void> {
    const [last] = await orm.em
      .getConnection()
      .execute(`select what from race_log where whom in ('${session.id}', '${user.id}') order by id desc limit 1`);
    if (last?.what !== 'raised') fault('a role that was taken away is in a token that was signed afterwards');
  }

  async function expectNoRows(...userIds: string[]): Promise<void> {
    const ids = userIds.map((id) => `'${id}'`).join(', ');
    const rows = await orm.em.getConnection().execute(`select id from simplejwt_session where user_id in (${ids})`);
    if (rows.length > 0) fault(`${rows.length} sessions of somebody who was deleted`);
  }
}

function rolesOf({ accessToken }: Pair): unknown[] {
  return dissect(accessToken).claims['roles'] as unknown[];
}

/** Logs in, and waits as an answer tells it to: many logins at once to one account are counted before they are made. */
async function logIn(client: GraphQLClient, email: string, password: string): Promise<Pair> {
  for (;;) {
    const { data, errors, text } = await client.tryLogin(email, password);
    if (data?.login) return data.login;
    if (errors[0]?.extensions.code !== 'RATE_LIMITED') throw new Error(`login gave no pair: ${text}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
