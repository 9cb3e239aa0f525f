import { authEntities } from '../../src/entities.ts';

/** The entities of users and mails, for tests that look at rows. */
export const [User] = authEntities;
export const Mail = authEntities[6];
