import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database/tables.ts';
import type { TokenDelivery } from '../delivery.ts';
import type { UserStateEntity } from '../users/user-state.entity.ts';
import type { UserEntity } from '../users/user.entity.ts';
import type { EndReason } from './end-reason.ts';

/**
 * Everything that descends from one login on one device: one row, however often it is refreshed. The row holds the `jti`
 * of the session's one live refresh token. No token, and no hash of one, is stored anywhere.
 */
export const defineSession = ({ tablePrefix, schema }: TableOptions, user: UserEntity | UserStateEntity) =>
  defineEntity({
    name: 'AuthSession',
    tableName: `${tablePrefix}session`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      /** The `sid` of its tokens. */
      id: p.uuid().primary(),
      user: () => p.manyToOne(user).mapToPk().deleteRule('cascade').index(),
      delivery: p.string().length(16).$type<TokenDelivery>().default('BODY'),
      refreshJti: p.uuid(),
      /** The `kid` that signed the live refresh token. */
      refreshKeyId: p.string().length(128),
      /** The time of the login or of the last rotation. Never earlier than the previous value, whatever the clock does. */
      refreshIssuedAt: p.datetime(3),
      /** The idle limit: the `exp` of the live refresh token. */
      refreshExpiresAt: p.datetime(3).index(),
      /** The absolute limit; null if there is none. */
      expiresAt: p.datetime(3).nullable(),
      previousRefreshJti: p.uuid().nullable(),
      /** SHA-256 of the idempotency key that came with the last rotation. */
      retryKeyHash: p.string().length(64).nullable(),
      createdAt: p.datetime(3),
      userAgent: p.string().length(255).nullable(),
      ipAddress: p.string().length(45).nullable(),
      endedAt: p.datetime(3).nullable(),
      endReason: p.string().length(32).$type<EndReason>().nullable(),
    },
  });
export type SessionEntity = ReturnType<typeof defineSession>;
export type Session = Row<SessionEntity>;
