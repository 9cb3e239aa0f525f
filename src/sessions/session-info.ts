import type { TokenDelivery } from '../delivery.ts';
import type { Session } from './session.entity.ts';

/** A session as the library hands one out: the row without what it knows about its tokens. */
export interface SessionInfo {
  /** The `sid` of its tokens. */
  readonly id: string;
  readonly userId: string;
  readonly delivery: TokenDelivery;
  readonly createdAt: Date;
  /** The last login or refresh. */
  readonly lastUsedAt: Date;
  /** When the refresh token expires if it is not used. */
  readonly expiresAt: Date;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

export function toSessionInfo(session: Session): SessionInfo {
  return {
    id: session.id,
    userId: session.user,
    delivery: session.delivery,
    createdAt: session.createdAt,
    lastUsedAt: session.refreshIssuedAt,
    expiresAt: session.refreshExpiresAt,
    userAgent: session.userAgent,
    ipAddress: session.ipAddress,
  };
}
