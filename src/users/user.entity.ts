import { defineEntity, p } from '@mikro-orm/core';
import type { Row, TableOptions } from '../database/tables.ts';

/** The stored hash of a user who has no password. Nothing matches it. */
export const NO_PASSWORD = '';

/** A person or program that can log in. */
export const defineUser = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    // A host usually has a `User` of its own.
    name: 'AuthUser',
    tableName: `${tablePrefix}user`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      id: p.uuid().primary(),
      /** In the form of `normalizeEmail`. */
      email: p.string().length(254).unique(),
      /** In the form of `createPasswordHasher`: 60 characters of bcrypt, after the name of the digest and the `kid` of its key. `NO_PASSWORD` if there is none. */
      passwordHash: p.string().length(201),
      roles: p.json<readonly string[]>(),
      /** Access tokens with a lower `ver` are outdated. */
      tokenVersion: p.integer().default(0),
      /** Other processes find raised versions by the index on this column. */
      tokenVersionRaisedAt: p.datetime(3).nullable().index(),
      /** When somebody proved to receive the mails of this address; null if nobody has. */
      emailVerifiedAt: p.datetime(3).nullable(),
      /** Null for an active user. */
      deactivatedAt: p.datetime(3).nullable(),
      createdAt: p.datetime(3),
      lastLoginAt: p.datetime(3).nullable(),
    },
    indexes: [{ properties: ['createdAt', 'id'] }],
  });
export type UserEntity = ReturnType<typeof defineUser>;
export type User = Row<UserEntity>;
