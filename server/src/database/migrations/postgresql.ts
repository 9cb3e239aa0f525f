import { Migration20261127000000_initial } from './postgresql/Migration20261127000000_initial.ts';

/** In the order in which they are applied. */
export const migrationsList = [Migration20261127000000_initial];
