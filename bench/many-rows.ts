import type { MikroORM } from '@mikro-orm/core';

/** Users have so many sessions each. */
const SESSIONS_OF_USER = 4;
/** Rows of one INSERT. */
const PORTION = 20_000;
const USER_AGENT =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
/** Spreads the last digits of ids as random ones are spread. It is odd, so no two are the same. */
const SPREAD = 2_654_435_761n;
/** What the first digits of ids begin with: milliseconds, one for each row. */
const FIRST_TIME = 1_700_000_000_000n;

type Table = 'user' | 'session' | 'jti' | 'event';
const TABLES: readonly Table[] = ['user', 'session', 'jti', 'event'];

/** The id with this number: a UUIDv7, in the order of the numbers. */
export function idOf(table: Table, number: number): string {
  const time = (FIRST_TIME + BigInt(number)).toString(16).padStart(12, '0');
  const rest = ((BigInt(number) * SPREAD) & 0xff_ff_ff_ffn).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${TABLES.indexOf(table)}00-8000-${rest}`;
}

/** Rows of a database that is in use. */
export class ManyRows {
  readonly #orm: MikroORM;
  readonly #isSqlite: boolean;

  constructor(orm: MikroORM, databaseUrl: string) {
    this.#orm = orm;
    this.#isSqlite = databaseUrl.startsWith('sqlite:');
  }

  /** The user of a session. */
  static userOf(session: number): number {
    return Math.floor(session / SESSIONS_OF_USER);
  }

  async addUsersOf(sessions: number): Promise<void> {
    await this.#add(
      Math.ceil(sessions / SESSIONS_OF_USER),
      'simplejwt_user (id, email, password_hash, roles, created_at)',
      `${this.#id('user')}, 'user-' || i || '@example.com', '$2b$10$', '[]', ${this.#time(Date.now())}`,
    );
  }

  /** Sessions that are alive. */
  async addSessions(count: number): Promise<void> {
    const now = this.#time(Date.now());
    const end = this.#time(Date.now() + 7 * 86_400_000);
    await this.#add(
      count,
      `simplejwt_session (id, user_id, refresh_jti, refresh_key_id, refresh_issued_at, refresh_expires_at, expires_at, created_at,
        user_agent, ip_address)`,
      `${this.#id('session')}, ${this.#id('user', `(i / ${SESSIONS_OF_USER})`)}, ${this.#id('jti')}, 'refresh-0123456789abcdef',
        ${now}, ${end}, ${end}, ${now}, '${USER_AGENT}', '203.0.113.77'`,
    );
  }

  /** Entries of sessions that have ended, one each millisecond, whose access tokens are not expired yet. */
  async addEntries(count: number): Promise<void> {
    await this.#add(
      count,
      'simplejwt_blacklisted_token (jti, session_id, reason, blacklisted_at, expires_at)',
      `${this.#id('jti')}, ${this.#id('session')}, 'LOGGED_OUT', ${this.#time(Date.now(), `i - ${count}`)},
        ${this.#time(Date.now() + 3_600_000)}`,
    );
  }

  /** Security events of logins. */
  async addEvents(count: number): Promise<void> {
    await this.#add(
      count,
      'simplejwt_security_event (id, type, user_id, session_id, user_agent, ip_address, created_at)',
      `${this.#id('event')}, 'LOGGED_IN', ${this.#id('user')}, ${this.#id('session')}, '${USER_AGENT}', '203.0.113.77',
        ${this.#time(Date.now(), `i - ${count}`)}`,
    );
  }

  /** Bytes of a table and its indexes. */
  async bytesOf(table: string): Promise<number> {
    const names = `select name from sqlite_schema where tbl_name = '${table}'`;
    const [row] = await this.#run(
      this.#isSqlite
        ? `select sum(pgsize) as bytes from dbstat where aggregate = true and name in (${names})`
        : `select pg_total_relation_size('${table}') as bytes`,
    );
    return Number(row?.['bytes']);
  }

  async #add(count: number, table: string, values: string): Promise<void> {
    for (let first = 0; first < count; first += PORTION) {
      const last = Math.min(first + PORTION, count) - 1;
      const numbers = this.#isSqlite
        ? `(with recursive n (i) as (select ${first} union all select i + 1 from n where i < ${last}) select i from n)`
        : `generate_series(${first}::bigint, ${last}::bigint) as i`;
      await this.#run(`insert into ${table} select ${values} from ${numbers}`);
    }
    await this.#run(this.#isSqlite ? 'pragma wal_checkpoint(truncate)' : 'vacuum analyze');
  }

  async #run(sql: string): Promise<readonly Record<string, unknown>[]> {
    return this.#orm.em.getConnection().execute(sql) as Promise<Record<string, unknown>[]>;
  }

  /** @param plus - an expression of milliseconds. */
  #time(milliseconds: number, plus = '0'): string {
    const time = `(${milliseconds} + ${plus})`;
    return this.#isSqlite ? time : `to_timestamp(${time} / 1000.0)`;
  }

  /** The expression of `idOf`. */
  #id(table: Table, number = 'i'): string {
    const time = `(${FIRST_TIME} + ${number})`;
    const rest = `((${number} * ${SPREAD}) & 4294967295)`;
    const hex = (value: string, digits: number) =>
      this.#isSqlite ? `printf('%0${digits}x', ${value})` : `lpad(to_hex((${value})::bigint), ${digits}, '0')`;
    const text = `(${hex(`${time} >> 16`, 8)} || '-' || ${hex(`${time} & 65535`, 4)} || '-7${TABLES.indexOf(table)}00-8000-' || ${hex(rest, 12)})`;
    return this.#isSqlite ? text : `${text}::uuid`;
  }
}
