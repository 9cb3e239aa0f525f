import { BadUserInputError, type FieldRefusal } from '../errors.ts';
import { InputRefusalReason } from '../reasons.ts';

/** An e-mail and a password. */
export interface Credentials {
  readonly email: string;
  /** Every character counts, including spaces. */
  readonly password: string;
}

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const LONGEST_EMAIL = 254;
/** In code points (NIST SP 800-63B section 5.1.1.1). */
const SHORTEST_PASSWORD = 8;
/** In bytes of UTF-8. bcrypt ignores the rest. */
const LONGEST_PASSWORD = 72;

const PASSWORD_PATH = 'input.password';

// One `@`, no white space, a dot in the domain. Only sending mail shows whether it arrives.
const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}.]{1,63}(\.[^\s@\p{Cc}.]{1,63})+$/u;

/**
 * Checks the credentials of a login and normalises the e-mail.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseCredentials(input: Credentials): Credentials {
  const email = normalizeEmail(input.email);
  refuse([...refusalsOfEmail(email), ...refusalsOfPassword(input.password, PASSWORD_PATH)]);
  return { email, password: input.password };
}

/**
 * Checks the credentials of a new account and normalises the e-mail. The password must be long enough.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseNewCredentials(input: Credentials): Credentials {
  const email = normalizeEmail(input.email);
  refuse([...refusalsOfEmail(email), ...refusalsOfNewPassword(input.password, PASSWORD_PATH)]);
  return { email, password: input.password };
}

/**
 * Checks a password change.
 *
 * @throws BadUserInputError that names each field.
 */
export function checkPasswordChange(currentPassword: string, newPassword: string): void {
  refuse([
    ...refusalsOfPassword(currentPassword, 'input.currentPassword'),
    ...refusalsOfNewPassword(newPassword, 'input.newPassword'),
  ]);
}

function normalizeEmail(email: string): string {
  return email.trim().toLowerCase();
}

function refusalsOfEmail(email: string): FieldRefusal[] {
  const path = 'input.email';
  if (email === '') return [{ path, reason: InputRefusalReason.REQUIRED }];
  const isEmail = email.length <= LONGEST_EMAIL && email.isWellFormed() && EMAIL.test(email);
  return isEmail ? [] : [{ path, reason: InputRefusalReason.EMAIL_INVALID }];
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
