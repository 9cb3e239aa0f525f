import { type EntityManager, hasOneWriter } from '../database/tables.ts';
import { blacklisting, groupedRotation, type Rotation, rotation } from './rotation-statements.ts';
import type { Session } from './session.entity.ts';

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
    tokenExpiresAt: new Date(session.refreshExpiresAt.getTime() + leeway),
    blacklistedAt: new Date(now),
  };
  if (!hasOneWriter(em)) return groupedRotation[blacklistAfterRotation ? 'blacklisting' : 'plain'](em, given);
  const isFirst = (await rotation(em, given)) === 1;
  if (isFirst && blacklistAfterRotation) await blacklisting(em, given);
  return isFirst;
}
