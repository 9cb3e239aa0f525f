import type { SecurityEventType } from './security-event-type.ts';
import type { SecurityEvent } from './security-event.entity.ts';

/** Something that happened to an account or a session, as the host's hook receives it. */
export interface AuthEvent {
  readonly type: SecurityEventType;
  /** Null if a login failed for an unknown user. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** Why a session ended, or which refresh token was reused. */
  readonly cause: string | null;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
  readonly at: Date;
}

/**
 * Receives what happened, after it is committed. It is not awaited: whatever it does delays and undoes nothing. If the process dies
 * first, it is not called, and the event is in the table all the same.
 */
export type OnAuthEvent = (event: AuthEvent) => void | Promise<void>;

export function toAuthEvent(row: SecurityEvent): AuthEvent {
  const { type, userId, sessionId, cause, userAgent, ipAddress, createdAt } = row;
  return { type, userId, sessionId, cause, userAgent, ipAddress, at: createdAt };
}
