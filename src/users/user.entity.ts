import { defineEntity, p } from '@mikro-orm/core';
import type { Row } from '../database.ts';

/** The one role that this library itself knows. */
export const ADMIN = 'ADMIN';

/** Somebody who can log in. */
export const User = defineEntity({
  // Its full name, for a host has a User of its own.
  name: 'AuthUser',
  tableName: 'auth_user',
  properties: {
    id: p.uuid().primary(),
    /** Trimmed and in lower case. */
    email: p.string().length(254).unique(),
    passwordHash: p.string().length(60),
    roles: p.json<readonly string[]>(),
    /** Access tokens with a lower `ver` are out of date. */
    tokenVersion: p.integer().default(0),
    /** By whose index other processes learn that the version was raised. */
    tokenVersionRaisedAt: p.datetime(3).nullable().index(),
    /** Since when the user is locked out; null for one who is active. */
    deactivatedAt: p.datetime(3).nullable(),
    createdAt: p.datetime(3),
    lastLoginAt: p.datetime(3).nullable(),
  },
  indexes: [{ properties: ['createdAt', 'id'] }],
});
export type User = Row<typeof User>;
