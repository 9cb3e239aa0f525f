import { authEntities } from '../../src/entities.ts';

/** The entity of users, for tests that look at rows. */
export const [User] = authEntities;
