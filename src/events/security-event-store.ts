import type { InferKyselyDB } from '@mikro-orm/sql';
import { compileInsert } from '../database/compiled-query.ts';
import { reportAfterCommit } from '../database/database.ts';
import { type AgedRows, type ByProperty, type EntityManager, inPortions, tablesOf } from '../database/tables.ts';
import type { Device, KnownDevice } from '../device.ts';
import { newId } from '../id.ts';
import { type PagePosition, pageOf } from '../page.ts';
import type { SecurityEventType } from './security-event-type.ts';
import type { SecurityEvent, SecurityEventEntity } from './security-event.entity.ts';

type Tables = InferKyselyDB<SecurityEventEntity, ByProperty>;

/** A security event to be recorded. */
export interface SecurityEventEntry {
  readonly type: SecurityEventType;
  readonly userId: string | null;
  readonly sessionId?: string;
  readonly cause?: string;
}

/** Events that may be purged: those before the retention. */
export const agedSecurityEvents: AgedRows = { entity: 'AuthSecurityEvent', age: 'createdAt' };

const insertEvent = compileInsert<SecurityEvent>('AuthSecurityEvent');

/** Records security events in the transaction of what they report. */
export async function record(
  em: EntityManager,
  entries: readonly SecurityEventEntry[],
  device: Device,
  now: number,
): Promise<void> {
  const rows = entries.map(({ type, userId, sessionId = null, cause = null }) => ({
    id: newId(now),
    type,
    userId,
    sessionId,
    cause,
    userAgent: device.userAgent,
    ipAddress: device.ipAddress,
    createdAt: new Date(now),
  }));
  const [first, ...others] = rows;
  if (first !== undefined && others.length === 0) await insertEvent(em, first);
  else
    for (const portion of inPortions(rows))
      await tablesOf<Tables>(em).insertInto('AuthSecurityEvent').values(portion).execute();
  reportAfterCommit(em, rows);
}

/** The devices that sessions of an account were opened from. */
export async function findLoginDevices(em: EntityManager, userId: string): Promise<KnownDevice[]> {
  return tablesOf<Tables>(em)
    .selectFrom('AuthSecurityEvent')
    .select(['ipAddress', 'userAgent'])
    .distinct()
    .where('userId', '=', userId)
    .where('type', 'in', ['REGISTERED', 'LOGGED_IN', 'PASSWORD_CHANGED', 'PASSWORD_RESET'])
    .execute();
}

/** A page of an account's events, latest first, and one more row. */
export async function findSecurityEvents(
  em: EntityManager,
  userId: string,
  position: PagePosition,
): Promise<SecurityEvent[]> {
  const events = tablesOf<Tables>(em).selectFrom('AuthSecurityEvent').selectAll().where('userId', '=', userId);
  return pageOf(events, position).execute();
}
