import { defineEntity, p } from '@mikro-orm/core';

/** Why a session ended on purpose. */
export const EndReason = Object.freeze({
  /** Logout, by whichever of the user's tokens. */
  LOGGED_OUT: 'LOGGED_OUT',
  /** The user ended it from another session. */
  ENDED_BY_USER: 'ENDED_BY_USER',
  /** A superseded refresh token came after the leeway. */
  TOKEN_REUSED: 'TOKEN_REUSED',
  /** The user had as many live sessions as are allowed, and this was the oldest. */
  SESSION_LIMIT: 'SESSION_LIMIT',
  /** The user changed the password. */
  PASSWORD_CHANGED: 'PASSWORD_CHANGED',
  /** An administrator ended all sessions of the user. */
  ENDED_BY_ADMIN: 'ENDED_BY_ADMIN',
  USER_DEACTIVATED: 'USER_DEACTIVATED',
  USER_DELETED: 'USER_DELETED',
  /** The host's own program said so. */
  BLACKLISTED: 'BLACKLISTED',
});
export type EndReason = (typeof EndReason)[keyof typeof EndReason];

/** Why a token is on the blacklist: it was exchanged for its successor, or its session ended. */
export type BlacklistReason = 'ROTATED' | EndReason;

/**
 * The token with this `jti` is refused; where the reason is the end of a session, every token of that session is.
 * There is no foreign key: a row outlives the session it bars.
 */
export const BlacklistedToken = defineEntity({
  name: 'BlacklistedToken',
  tableName: 'auth_blacklisted_token',
  properties: {
    id: p.uuid().primary(),
    jti: p.uuid().unique(),
    sessionId: p.uuid(),
    reason: p.string().length(32).$type<BlacklistReason>(),
    blacklistedAt: p.datetime(3),
    expiresAt: p.datetime(3).index(),
  },
  // The mirror reads the ends of sessions, which are few among the rotations.
  indexes: [{ properties: ['blacklistedAt'], where: `reason <> 'ROTATED'` }],
});
