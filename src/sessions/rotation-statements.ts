import type { InferKyselyDB } from '@mikro-orm/sql';
import { type QueryCreator, type SelectQueryBuilder, sql } from 'kysely';
import { type BlacklistedTokenEntity, ROTATED } from '../blacklist/blacklisted-token.entity.ts';
import { compileChange } from '../database/compiled-query.ts';
import { compileGroupedChange, type GroupTables } from '../database/grouped-statement.ts';
import type { ByProperty } from '../database/tables.ts';
import type { UserEntity } from '../users/user.entity.ts';
import type { Session, SessionEntity } from './session.entity.ts';

type Tables = InferKyselyDB<SessionEntity | UserEntity | BlacklistedTokenEntity, ByProperty> &
  GroupTables & {
    /** Sessions that nobody else has locked. */
    readonly free: { readonly sid: string };
    readonly rotated: { readonly sid: string; readonly call: number };
  };
type Query = QueryCreator<Tables>;

/** The columns that a rotation writes. */
export type Rotation = Pick<
  Session,
  'refreshJti' | 'refreshKeyId' | 'refreshIssuedAt' | 'refreshExpiresAt' | 'previousRefreshJti' | 'retryKeyHash'
>;

/** When a rotation counts: see `rotateSession`. */
interface RotationConditions {
  readonly sessionId: string;
  readonly presentedJti: string;
  readonly userId: string;
  readonly tokenVersion: number;
  readonly idleAt: Date;
  readonly absoluteAt: Date;
}

/** The row of a refresh token that was exchanged for its successor. */
interface RotatedToken {
  readonly presentedJti: string;
  readonly sessionId: string;
  readonly blacklistedAt: Date;
  readonly tokenExpiresAt: Date;
}

/** What the statements of a rotation are given. */
type Given = Rotation & RotationConditions & RotatedToken;

const updateSession = (tables: Query, given: Given) =>
  tables
    .updateTable('AuthSession')
    .set({
      refreshJti: given.refreshJti,
      refreshKeyId: given.refreshKeyId,
      refreshIssuedAt: given.refreshIssuedAt,
      refreshExpiresAt: given.refreshExpiresAt,
      previousRefreshJti: given.previousRefreshJti,
      retryKeyHash: given.retryKeyHash,
    })
    .where('AuthSession.id', '=', given.sessionId)
    .where('AuthSession.refreshJti', '=', given.presentedJti)
    .where('AuthSession.endedAt', 'is', null)
    .where('AuthSession.refreshExpiresAt', '>', given.idleAt)
    .where((row) =>
      row.or([row('AuthSession.expiresAt', 'is', null), row('AuthSession.expiresAt', '>', given.absoluteAt)]),
    )
    .where((row) =>
      row.exists(
        row
          .selectFrom('AuthUser')
          .select('AuthUser.id')
          .where('AuthUser.id', '=', given.userId)
          .where('AuthUser.tokenVersion', '=', given.tokenVersion)
          .where('AuthUser.deactivatedAt', 'is', null),
      ),
    );

const toRow = ({ presentedJti, sessionId, blacklistedAt, tokenExpiresAt }: RotatedToken) => ({
  jti: presentedJti,
  sessionId,
  reason: ROTATED,
  blacklistedAt,
  expiresAt: tokenExpiresAt,
});

/** Moves a session, if the rotation counts. */
export const rotation = compileChange<Tables, Given>(updateSession);

export const blacklisting = compileChange<Tables, RotatedToken>((tables, given) =>
  tables
    .insertInto('AuthBlacklistedToken')
    .values(toRow(given))
    .onConflict((conflict) => conflict.column('jti').doNothing()),
);

/** Adds the row of a token for each row of a query. */
const blacklistEach = (tables: Query, rows: SelectQueryBuilder<Tables, 'rotated', object>, given: RotatedToken) => {
  const row = toRow(given);
  const columns = Object.keys(row) as (keyof typeof row)[];
  return tables
    .insertInto('AuthBlacklistedToken')
    .columns(columns)
    .expression(rows.select((each) => columns.map((column) => each.val(row[column]).as(column))))
    .onConflict((conflict) => conflict.column('jti').doNothing());
};

/** Both in one statement, which PostgreSQL has and SQLite has not. It returns a row if the rotation counts. */
const rotationWithBlacklisting = compileChange<Tables, Given>((tables, given) =>
  tables
    .with('rotated', (part) => updateSession(part, given).returning('AuthSession.id as sid'))
    .with('blacklisted', (part) => blacklistEach(part, part.selectFrom('rotated'), given))
    .selectFrom('rotated')
    .select('rotated.sid'),
);

const ofSession = (property: keyof Session) => ({ entity: 'AuthSession', property });
const ofToken = (property: keyof ReturnType<typeof toRow>) => ({ entity: 'AuthBlacklistedToken', property });

const TYPES = {
  refreshJti: ofSession('refreshJti'),
  refreshKeyId: ofSession('refreshKeyId'),
  refreshIssuedAt: ofSession('refreshIssuedAt'),
  refreshExpiresAt: ofSession('refreshExpiresAt'),
  previousRefreshJti: ofSession('previousRefreshJti'),
  retryKeyHash: ofSession('retryKeyHash'),
  sessionId: ofSession('id'),
  presentedJti: ofSession('refreshJti'),
  userId: ofSession('user'),
  tokenVersion: { entity: 'AuthUser', property: 'tokenVersion' },
  idleAt: ofSession('refreshExpiresAt'),
  absoluteAt: ofSession('expiresAt'),
  blacklistedAt: ofToken('blacklistedAt'),
  tokenExpiresAt: ofToken('expiresAt'),
};

/**
 * Moves the sessions of a group that nobody else has locked. One that is locked is left out, or the group would wait for it, and two
 * groups for each other.
 */
const rotationInGroup = (isBlacklisting: boolean) =>
  compileGroupedChange<Tables, Given>(isBlacklisting ? rotationWithBlacklisting : rotation, TYPES, (tables, given) => {
    const sessionId = sql<string>`${given.sessionId}`;
    const rotated = tables
      .with('free', (part) =>
        part
          .selectFrom('AuthSession')
          .select('AuthSession.id as sid')
          .where('AuthSession.id', 'in', part.selectFrom('given').select(sessionId.as('sid')))
          .forNoKeyUpdate()
          .skipLocked(),
      )
      .with('rotated', (part) =>
        updateSession(part, given)
          .from('given')
          .where('AuthSession.id', 'in', part.selectFrom('free').select('free.sid'))
          .returning('given.call'),
      );
    const all = !isBlacklisting
      ? rotated
      : rotated.with('blacklisted', (part) =>
          blacklistEach(part, part.selectFrom('rotated').innerJoin('given', 'given.call', 'rotated.call'), given),
        );
    return all
      .selectFrom('given')
      .innerJoin('free', (join) => join.on('free.sid', '=', sessionId))
      .leftJoin('rotated', 'rotated.call', 'given.call')
      .select((row) => ['given.call', row('rotated.call', 'is not', null).as('isMade')]);
  });

/** With and without the row of the blacklist, on PostgreSQL. Those that arrive together are one statement. */
export const groupedRotation = { blacklisting: rotationInGroup(true), plain: rotationInGroup(false) };
