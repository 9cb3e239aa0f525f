import { Migration20261127000000_initial } from './sqlite/Migration20261127000000_initial.ts';

/** In the order in which they are applied. */
export const migrationsList = [Migration20261127000000_initial];
