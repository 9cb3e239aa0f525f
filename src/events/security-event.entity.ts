import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions, UserIdOptions } from '../database/tables.ts';
import type { SecurityEventType } from './security-event-type.ts';

/**
 * Something that happened to an account or a session. It holds no token and no password. It has no foreign key, so it
 * stays when the user is deleted.
 */
export const defineSecurityEvent = ({ tablePrefix, schema, userId }: TableOptions & UserIdOptions) =>
  defineEntity({
    name: 'AuthSecurityEvent',
    tableName: `${tablePrefix}security_event`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      id: p.uuid().primary(),
      type: p.string().length(32).$type<SecurityEventType>(),
      /** Null if a login failed for an unknown e-mail. */
      userId: userId === 'uuid' ? p.uuid().nullable() : p.string().length(64).nullable(),
      sessionId: p.uuid().nullable(),
      /** Why a session ended, or which refresh token was reused: `PREVIOUS` or `OLDER`. */
      cause: p.string().length(32).nullable(),
      userAgent: p.string().length(255).nullable(),
      ipAddress: p.string().length(45).nullable(),
      createdAt: p.datetime(3).index(),
    },
    indexes: [{ properties: ['userId', 'createdAt', 'id'] }],
  });
export type SecurityEventEntity = ReturnType<typeof defineSecurityEvent>;
export type SecurityEvent = Row<SecurityEventEntity>;
