import type { Credentials } from '../users/credentials.ts';

/** Asks more of a client than a password. It throws what the client is to see. */
export type Screen = (credentials: Credentials) => Promise<void>;
