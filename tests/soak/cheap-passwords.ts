import { createRequire } from 'node:module';

/**
 * Loaded before the program (`node --import`): bcrypt hashes at its lowest cost, so that thousands of passwords can be
 * changed. The program treats these hashes as outdated and renews one at each login.
 */
const bcrypt = createRequire(import.meta.url)('bcrypt') as typeof import('bcrypt');
const { hash } = bcrypt;
bcrypt.hash = (async (password: string) => hash(password, 4)) as typeof hash;
