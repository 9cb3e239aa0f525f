import type { Database } from '../database/database.ts';
import { type KeyRing, KeyRingError } from '../tokens/key-ring.ts';
import { findDigestKeys } from '../users/user-store.ts';

/**
 * Checks that every key is in the ring that a stored password hash needs. Without it, users could not log in.
 *
 * @throws KeyRingError that names each missing key.
 */
export async function requirePasswordKeys(database: Database, keys: KeyRing): Promise<void> {
  const known = new Set(keys.passwordKeys().map(({ kid }) => kid));
  const used = await database.read((em) => findDigestKeys(em));
  const faults = used
    .filter((kid) => !known.has(kid))
    .map(
      (kid) => `the password key "${kid}" is missing, and stored passwords need it: put it back after the first key`,
    );
  if (faults.length > 0) throw new KeyRingError(faults);
}
