import { defineEntity, p } from '@mikro-orm/core';
import type { TableOptions } from '../database/tables.ts';

/** How much of one limit is used up. Times are milliseconds since 1970, because the database computes with them. */
export const defineRateLimit = ({ tablePrefix, schema }: TableOptions) =>
  defineEntity({
    name: 'AuthRateLimit',
    tableName: `${tablePrefix}rate_limit`,
    ...(schema === undefined ? {} : { schema }),
    properties: {
      /** What is limited, and a keyed digest of whom. It names no account and no address. */
      id: p.string().length(64).primary(),
      /** Tries that have failed in a row, or are under way. Not used by budgets. */
      tries: p.integer().default(0),
      /** Of a budget: when it is whole again. Of tries: when the next one is allowed. */
      until: p.double().$type<number>(),
      /** From then on the row limits nothing. */
      expiresAt: p.datetime(3).index(),
    },
  });
export type RateLimitEntity = ReturnType<typeof defineRateLimit>;
