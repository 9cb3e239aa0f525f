import type { MikroORM } from '@mikro-orm/core';
import { type Auth, authEntities, createAuth, type Fault, KeyRingError, type PrivateJwkSet } from 'graphql-simplejwt';
import { createDatabase, databaseExists, migrate, openDatabase, pendingMigrations } from '../database/open-database.ts';
import { type Environment, StartError } from '../environment.ts';
import type { OpenMailer } from '../mail/smtp-mailer.ts';
import { createLog } from '../log.ts';
import { ensureKeysFile, readKeysFile } from '../keys-file.ts';

/** Where development writes mails. */
export const MAIL_FOLDER = './data/mail';

/** The library, opened on the database of the environment. */
export interface OpenAuth {
  readonly auth: Auth;
  readonly close: () => Promise<void>;
}

/**
 * Opens the database and the library. In development it first writes a missing keys file and applies pending migrations. In
 * production, both prevent the start.
 *
 * @throws StartError that lists every fault.
 */
export async function openAuth(environment: Environment, log = createLog(process.stderr)): Promise<OpenAuth> {
  const { databaseUrl, isProduction, keysFile } = environment;
  if (!isProduction) await createDatabase(databaseUrl);
  else if (!(await databaseExists(databaseUrl)))
    throw new StartError([
      'DATABASE_URL: the database does not exist. "migrate --create" creates it',
      ...(await faultsOf(readKeysFile(keysFile))),
    ]);
  const orm = await openDatabase(databaseUrl, authEntities);
  try {
    const keys = await prepare(environment, orm);
    const onFault = (fault: Fault) => log.error({ fault }, BACKGROUND);
    const mailer = await openMailer(environment);
    const auth = await createAuth({
      ...environment.settings,
      ...(mailer === null ? {} : { mailer: mailer.send }),
      orm,
      keys,
      onFault,
    });
    const close = async () => {
      await auth.close();
      mailer?.close();
      await orm.close();
    };
    return { auth, close };
  } catch (error) {
    await orm.close();
    if (error instanceof KeyRingError) throw new StartError(error.faults.map((fault) => `${keysFile}: ${fault}`));
    throw error;
  }
}

/** Development without a mail server writes mails to a folder. Production then sends none, and does not load nodemailer. */
async function openMailer({ smtp, isProduction }: Environment): Promise<OpenMailer | null> {
  if (smtp !== null) return (await import('../mail/smtp-mailer.ts')).openSmtpMailer(smtp.url, smtp.from);
  if (isProduction) return null;
  const { createFolderMailer } = await import('../mail/folder-mailer.ts');
  return { send: createFolderMailer(MAIL_FOLDER, console.log), close: () => undefined };
}

/** What the log says of a fault that no request reports. */
export const BACKGROUND = 'a background task failed';

async function prepare({ isProduction, keysFile }: Environment, orm: MikroORM): Promise<PrivateJwkSet> {
  if (isProduction) {
    const faults = [...(await faultsOf(readKeysFile(keysFile))), ...(await faultsOf(requireMigrations(orm)))];
    if (faults.length > 0) throw new StartError(faults);
  } else {
    await ensureKeysFile(keysFile);
    await migrate(orm);
  }
  return readKeysFile(keysFile);
}

async function requireMigrations(orm: MikroORM): Promise<void> {
  const pending = await pendingMigrations(orm);
  if (pending.length === 0) return;
  throw new StartError([`${pending.length} migrations are pending. "migrate" applies them`]);
}

async function faultsOf(work: Promise<unknown>): Promise<readonly string[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof StartError) return error.faults;
    throw error;
  }
}
