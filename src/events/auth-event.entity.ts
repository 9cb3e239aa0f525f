import { defineEntity, p } from '@mikro-orm/core';
import type { Row } from '../database.ts';

/** What can happen to an account or a session that somebody may want to know of later. */
export const AuthEventType = Object.freeze({
  REGISTERED: 'REGISTERED',
  LOGGED_IN: 'LOGGED_IN',
  LOGIN_FAILED: 'LOGIN_FAILED',
  /** A refresh was asked for again with its idempotency key, and answered again. */
  REFRESH_RETRIED: 'REFRESH_RETRIED',
  /** A refresh token came a second time inside the leeway, and was refused. */
  REFRESH_REFUSED_AS_ROTATED: 'REFRESH_REFUSED_AS_ROTATED',
  /** A superseded refresh token came, a sign of theft. The cause says which one. */
  REUSE_DETECTED: 'REUSE_DETECTED',
  /** The cause says why. */
  SESSION_ENDED: 'SESSION_ENDED',
  PASSWORD_CHANGED: 'PASSWORD_CHANGED',
  /** The current password was wrong. */
  PASSWORD_CHANGE_FAILED: 'PASSWORD_CHANGE_FAILED',
  ROLES_CHANGED: 'ROLES_CHANGED',
  USER_DEACTIVATED: 'USER_DEACTIVATED',
  USER_ACTIVATED: 'USER_ACTIVATED',
  USER_DELETED: 'USER_DELETED',
});
export type AuthEventType = (typeof AuthEventType)[keyof typeof AuthEventType];

/**
 * Something that happened. It holds no token and no password. There is no foreign key: what happened stays on record when
 * the user is gone.
 */
export const AuthEvent = defineEntity({
  name: 'AuthEvent',
  tableName: 'auth_event',
  properties: {
    id: p.uuid().primary(),
    type: p.string().length(32).$type<AuthEventType>(),
    /** Whose account; null where a login failed for an e-mail that nobody has. */
    userId: p.uuid().nullable(),
    sessionId: p.uuid().nullable(),
    /** Of the end of a session, its reason; of a reuse, `PREVIOUS` or `OLDER`. */
    cause: p.string().length(32).nullable(),
    userAgent: p.string().length(255).nullable(),
    ipAddress: p.string().length(45).nullable(),
    createdAt: p.datetime(3).index(),
  },
  indexes: [{ properties: ['userId', 'createdAt', 'id'] }],
});
export type AuthEvent = Row<typeof AuthEvent>;
