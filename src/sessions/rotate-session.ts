import type { InferKyselyDB } from '@mikro-orm/sql';
import type { QueryCreator } from 'kysely';
import { type BlacklistedTokenEntity, ROTATED } from '../blacklist/blacklisted-token.entity.ts';
import { compileChange } from '../database/compiled-query.ts';
import { type ByProperty, type EntityManager, hasOneWriter } from '../database/tables.ts';
import { newId } from '../id.ts';
import type { UserEntity } from '../users/user.entity.ts';
import type { Session, SessionEntity } from './session.entity.ts';

type Tables = InferKyselyDB<SessionEntity | UserEntity | BlacklistedTokenEntity, ByProperty>;

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
  readonly tokenId: string;
  readonly presentedJti: string;
  readonly sessionId: string;
  readonly blacklistedAt: Date;
  readonly tokenExpiresAt: Date;
}

type RotationBindings = Rotation & RotationConditions;

const updateSession = (tables: Pick<QueryCreator<Tables>, 'updateTable'>, given: RotationBindings) =>
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
    .where('id', '=', given.sessionId)
    .where('refreshJti', '=', given.presentedJti)
    .where('endedAt', 'is', null)
    .where('refreshExpiresAt', '>', given.idleAt)
    .where((row) => row.or([row('expiresAt', 'is', null), row('expiresAt', '>', given.absoluteAt)]))
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

const toRow = ({ tokenId, presentedJti, sessionId, blacklistedAt, tokenExpiresAt }: RotatedToken) => ({
  id: tokenId,
  jti: presentedJti,
  sessionId,
  reason: ROTATED,
  blacklistedAt,
  expiresAt: tokenExpiresAt,
});

const rotation = compileChange<Tables, RotationBindings>(updateSession);

const blacklisting = compileChange<Tables, RotatedToken>((tables, given) =>
  tables
    .insertInto('AuthBlacklistedToken')
    .values(toRow(given))
    .onConflict((conflict) => conflict.column('jti').doNothing()),
);

/** Both in one statement, which PostgreSQL has and SQLite has not. It returns a row if the rotation counts. */
const rotationWithBlacklisting = compileChange<Tables, RotationBindings & RotatedToken>((tables, given) => {
  const row = toRow(given);
  const columns = Object.keys(row) as (keyof typeof row)[];
  return tables
    .with('rotated', (part) => updateSession(part, given).returning('AuthSession.id as id'))
    .with('blacklisted', (part) =>
      part
        .insertInto('AuthBlacklistedToken')
        .columns(columns)
        .expression((query) =>
          query.selectFrom('rotated').select(columns.map((column) => query.val(row[column]).as(column))),
        )
        .onConflict((conflict) => conflict.column('jti').doNothing()),
    )
    .selectFrom('rotated')
    .select('rotated.id');
});

/** What a rotation counts by. */
export interface RotationRules {
  readonly now: number;
  readonly leeway: number;
  readonly blacklistAfterRotation: boolean;
}

/**
 * Moves a live session from the presented refresh token to its successor, if the presented one is still current and the
 * user is unchanged since the successor was signed. It is one UPDATE, so the database decides which request was first. The
 * presented token goes on the blacklist with it.
 */
export async function rotateSession(
  em: EntityManager,
  session: Session,
  next: Rotation,
  user: { readonly id: string; readonly tokenVersion: number },
  { now, leeway, blacklistAfterRotation }: RotationRules,
): Promise<boolean> {
  const given = {
    ...next,
    sessionId: session.id,
    presentedJti: session.refreshJti,
    userId: user.id,
    tokenVersion: user.tokenVersion,
    idleAt: new Date(now - leeway),
    absoluteAt: new Date(now),
    tokenId: newId(now),
    tokenExpiresAt: new Date(session.refreshExpiresAt.getTime() + leeway),
    blacklistedAt: new Date(now),
  };
  if (blacklistAfterRotation && !hasOneWriter(em)) return (await rotationWithBlacklisting(em, given)) === 1;
  const isFirst = (await rotation(em, given)) === 1;
  if (isFirst && blacklistAfterRotation) await blacklisting(em, given);
  return isFirst;
}
