import { isNativeError } from 'node:util/types';

/** Whether an INSERT failed because a row with the same unique value exists. */
export function isUniqueViolation(error: unknown): boolean {
  const code = driverCode(error);
  return code === '23505' || code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

/** Whether a DELETE failed because another row refers to the deleted one. */
export function isReferenceViolation(error: unknown): boolean {
  const code = driverCode(error);
  // SQLite reports a RESTRICT as a trigger.
  const isRestricted = code === 'SQLITE_CONSTRAINT_TRIGGER' && String(error).includes('FOREIGN KEY');
  return isRestricted || code === '23503' || code === '23001' || code === 'SQLITE_CONSTRAINT_FOREIGNKEY';
}

/** Whether the database rolled the transaction back and expects a retry: a serialisation failure or a deadlock. */
export function isConflict(code: string): boolean {
  return code === '40001' || code === '40P01';
}

/**
 * Whether the connection has lost, or cannot use, a statement that was prepared on it: a pooler gives each transaction another
 * connection of the database, somebody sent DEALLOCATE ALL, or a column has got another type. Then nothing was done.
 */
export function isForgotten(code: string): boolean {
  return code === '26000' || code === '42P05' || code === '0A000';
}

/** Whether an engine that speaks PostgreSQL's protocol may not know a statement of this kind: a feature, a syntax or a function. */
export function isUnsupported(code: string): boolean {
  return code === '0A000' || code === '42601' || code === '42883';
}

/** Whether the database has refused a statement for what it is or for what it was given. Then nothing was done. */
export function isRefused(code: string): boolean {
  return isConflict(code) || (SQLSTATE.test(code) && !AWAY_POSTGRESQL.test(code));
}

/** Whether another process is writing to the SQLite file. */
export function isLocked(code: string): boolean {
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/** Unlike names of errors of sockets, such as EPIPE, it has a digit. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

const AWAY_SQLITE = /^SQLITE_(FULL|IOERR|CANTOPEN|READONLY|NOMEM|PROTOCOL|CORRUPT|NOTADB)/;
// SQLSTATE classes: connection, insufficient resources, operator intervention, system error. Single conditions: unknown
// database, read-only after a failover, and the time-outs of locks, statements, and idle or whole transactions.
const AWAY_POSTGRESQL = /^(08...|28...|53...|57P..|58...|3D000|25006|25P03|25P04|55P03|57014|40001|40P01)$/;
const AWAY_SOCKET = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)/;
const AWAY_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|driver has already been destroyed|Cannot use a pool after)/;

/** Whether the database cannot be reached or cannot work at the moment. */
export function isAway(code: string, error: unknown): boolean {
  if (isLocked(code) || AWAY_SQLITE.test(code) || AWAY_POSTGRESQL.test(code) || AWAY_SOCKET.test(code)) return true;
  return isNativeError(error) && AWAY_MESSAGE.test(error.message);
}

/**
 * The SQLSTATE, SQLite result code or socket errno of an error, wherever the driver and the ORM put it. `instanceof Error`
 * does not recognise errors that Node creates outside of a VM context, such as jest's.
 */
export function driverCode(error: unknown): string {
  for (let link = error; isNativeError(link); link = link.cause) {
    if ('code' in link && typeof link.code === 'string') return link.code;
  }
  return '';
}
