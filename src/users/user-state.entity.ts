import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database/tables.ts';

/**
 * What authentication needs to know of a user whom the host keeps. The row is made when it is first needed. It has the name of
 * the entity of our own users, so that sessions refer to either.
 */
export const defineUserState = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    name: 'AuthUser',
    tableName: `${tablePrefix}user_state`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      /** The host's id, as text. */
      id: p.string().length(64).primary(),
      /** Another stamp means another user, who has been given the id of a deleted one. */
      stamp: p.string().length(64),
      /** Access tokens with a lower `ver` are outdated. */
      tokenVersion: p.integer().default(0),
      /** Other processes find raised versions by the index on this column. */
      tokenVersionRaisedAt: p.datetime(3).nullable().index(),
      /** When an administrator deactivated the user here; null if nobody did. */
      deactivatedAt: p.datetime(3).nullable(),
      lastLoginAt: p.datetime(3).nullable(),
    },
  });
export type UserStateEntity = ReturnType<typeof defineUserState>;
export type UserState = Row<UserStateEntity>;
