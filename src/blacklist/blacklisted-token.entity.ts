import { defineEntity, p } from '@mikro-orm/core';
import type { TableOptions } from '../database/tables.ts';

/** The reason of a token that was exchanged for its successor. Every other reason means that the session has ended. */
export const ROTATED = 'ROTATED';

/**
 * The token with this `jti` is refused. If the reason is the end of a session, every token of that session is. There is no
 * foreign key, because a row outlives the session that it bars.
 */
export const defineBlacklistedToken = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    name: 'AuthBlacklistedToken',
    tableName: `${tablePrefix}blacklisted_token`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      jti: p.uuid().primary(),
      sessionId: p.uuid(),
      reason: p.string().length(32),
      blacklistedAt: p.datetime(3),
      /** From then on the row bars nothing. */
      expiresAt: p.datetime(3).index(),
    },
    // The mirror reads the ends of sessions, which are few among the rotations.
    indexes: [{ properties: ['blacklistedAt'], where: { reason: { $ne: ROTATED } } }],
  });
export type BlacklistedTokenEntity = ReturnType<typeof defineBlacklistedToken>;
