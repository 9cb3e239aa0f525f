import { BadUserInputError, type FieldRefusal } from '../errors.ts';
import { InputRefusalReason } from '../reasons.ts';
import { normalizeEmail } from './email-address.ts';

/** An e-mail and a password. */
export interface Credentials {
  readonly email: string;
  /** Every character counts, including spaces. It is compared in NFKC. */
  readonly password: string;
}

/** In code points (NIST SP 800-63B section 5.1.1.1). */
const SHORTEST_PASSWORD = 8;
/** In bytes of UTF-8. bcrypt ignores the rest. */
const LONGEST_PASSWORD = 72;

const PASSWORD_PATH = 'input.password';

/**
 * Checks the credentials of a login, and brings both into their one form.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseCredentials(input: Credentials): Credentials {
  return parse(input, refusalsOfPassword);
}

/**
 * Checks the credentials of a new account, and brings both into their one form. The password must be long enough.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseNewCredentials(input: Credentials): Credentials {
  return parse(input, refusalsOfNewPassword);
}

/**
 * Checks a password change, and brings both passwords into their one form.
 *
 * @throws BadUserInputError that names each field.
 */
export function parsePasswordChange(change: {
  readonly currentPassword: string;
  readonly newPassword: string;
}): typeof change {
  const currentPassword = normalizePassword(change.currentPassword);
  const newPassword = normalizePassword(change.newPassword);
  refuse([
    ...refusalsOfPassword(currentPassword, 'input.currentPassword'),
    ...refusalsOfNewPassword(newPassword, 'input.newPassword'),
  ]);
  return { currentPassword, newPassword };
}

function parse(input: Credentials, check: typeof refusalsOfPassword): Credentials {
  const email = normalizeEmail(input.email);
  const password = normalizePassword(input.password);
  refuse([...(email === null ? [refusalOfEmail(input.email)] : []), ...check(password, PASSWORD_PATH)]);
  return { email: email ?? '', password };
}

/** Keyboards write one character in several forms. NFKC makes them one (NIST SP 800-63B section 5.1.1.2). */
function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

function refusalOfEmail(email: string): FieldRefusal {
  const reason = email.trim() === '' ? InputRefusalReason.REQUIRED : InputRefusalReason.EMAIL_INVALID;
  return { path: 'input.email', reason };
}

function refusalsOfPassword(password: string, path: string): FieldRefusal[] {
  if (password.trim() === '') return [{ path, reason: InputRefusalReason.REQUIRED }];
  // bcrypt stops at a NUL, and all halves of surrogate pairs have the same bytes in UTF-8.
  if (password.includes('\0') || !password.isWellFormed())
    return [{ path, reason: InputRefusalReason.PASSWORD_INVALID }];
  if (Buffer.byteLength(password) > LONGEST_PASSWORD) return [{ path, reason: InputRefusalReason.PASSWORD_TOO_LONG }];
  return [];
}

function refusalsOfNewPassword(password: string, path: string): FieldRefusal[] {
  const refusals = refusalsOfPassword(password, path);
  if (refusals.length > 0 || Array.from(password).length >= SHORTEST_PASSWORD) return refusals;
  return [{ path, reason: InputRefusalReason.PASSWORD_TOO_SHORT }];
}

function refuse(refusals: readonly FieldRefusal[]): void {
  if (refusals.length > 0) throw new BadUserInputError(refusals);
}
