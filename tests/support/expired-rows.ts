import type { TestAuth } from './start-test-auth.ts';
import { DAY } from './manual-clock.ts';

const OWNER = '01800000-0000-7000-8000-000000000000';

/**
 * Adds that many sessions, blacklist rows, events, rate limits and codes which have been good for nothing since a year ago.
 *
 * @param before - how many of each were added before.
 */
export async function expiredRows(
  { orm, databaseUrl, clock }: Pick<TestAuth, 'orm' | 'databaseUrl'> & { readonly clock: { now(): number } },
  count: number,
  before = 0,
): Promise<void> {
  const isSqlite = databaseUrl.startsWith('sqlite:');
  const time = clock.now() - 365 * DAY;
  const then = isSqlite ? String(time) : `to_timestamp(${time / 1000})`;
  const run = async (sql: string) => orm.em.getConnection().execute(sql);
  const numbers = isSqlite
    ? `(with recursive n (i) as (select ${before + 1} union all select i + 1 from n where i < ${before + count}) select i from n)`
    : `(select i from generate_series(${before + 1}, ${before + count}) as i)`;
  /** A different id for each number and table, as spread as real ones are within a millisecond. */
  const id = (table: number) => {
    const digits = isSqlite ? `printf('%012x', i)` : `lpad(to_hex(i), 12, '0')`;
    const text = `('018${table}0000-0000-7000-8000-' || ${digits})`;
    return isSqlite ? text : `${text}::uuid`;
  };
  await run(
    `insert into simplejwt_user (id, email, password_hash, roles, created_at)
    values ('${OWNER}', 'gone@example.com', '', '[]', ${then}) on conflict do nothing`,
  );
  await run(
    `insert into simplejwt_session
      (id, user_id, refresh_jti, refresh_key_id, refresh_issued_at, refresh_expires_at, created_at)
    select ${id(1)}, '${OWNER}', ${id(2)}, 'key', ${then}, ${then}, ${then} from ${numbers} as numbers`,
  );
  await run(
    `insert into simplejwt_blacklisted_token (jti, session_id, reason, blacklisted_at, expires_at)
    select ${id(2)}, ${id(1)}, 'ROTATED', ${then}, ${then} from ${numbers} as numbers`,
  );
  await run(
    `insert into simplejwt_security_event (id, type, user_id, session_id, created_at)
    select ${id(3)}, 'LOGGED_IN', '${OWNER}', ${id(1)}, ${then} from ${numbers} as numbers`,
  );
  await run(
    `insert into simplejwt_rate_limit (id, until, expires_at)
    select 'account:' || cast(i as text), ${time}, ${then} from ${numbers} as numbers`,
  );
  await run(
    `insert into simplejwt_one_time_code (id, purpose, user_id, token_version, expires_at)
    select ${id(4)}, 'PASSWORD_RESET', '${OWNER}', 0, ${then} from ${numbers} as numbers`,
  );
}
