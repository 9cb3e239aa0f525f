import type { InferKyselyDB } from '@mikro-orm/sql';
import { byProperty, type EntityManager, inPortions } from '../database.ts';
import type { Device } from '../device.ts';
import { newId } from '../id.ts';
import { type PagePosition, pageOf } from '../page.ts';
import { AuthEvent, type AuthEventType } from './auth-event.entity.ts';

type Tables = InferKyselyDB<typeof AuthEvent, typeof byProperty>;

/** Something to be put on record. */
export interface EventEntry {
  readonly type: AuthEventType;
  readonly userId: string | null;
  readonly sessionId?: string;
  readonly cause?: string;
}

/** Puts events on record, in the transaction of what they record. */
export async function record(
  em: EntityManager,
  entries: readonly EventEntry[],
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
  for (const portion of inPortions(rows)) await tables(em).insertInto('AuthEvent').values(portion).execute();
}

/** A page of what happened to an account, the latest first. */
export async function findEvents(em: EntityManager, userId: string, position: PagePosition): Promise<AuthEvent[]> {
  const events = tables(em).selectFrom('AuthEvent').selectAll().where('userId', '=', userId);
  return pageOf(events, position).execute();
}

/** Deletes a batch of what happened before a moment. */
export async function purgeEvents(em: EntityManager, before: number, most: number): Promise<number> {
  const result = await tables(em)
    .deleteFrom('AuthEvent')
    .where('id', 'in', (row) =>
      row
        .selectFrom('AuthEvent')
        .select('id')
        .where('createdAt', '<', new Date(before))
        .orderBy('createdAt')
        .limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

function tables(em: EntityManager) {
  return em.getKysely<Tables, typeof byProperty>(byProperty);
}
