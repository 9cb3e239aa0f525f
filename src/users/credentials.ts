import { BadUserInputError, type FieldRefusal, InputRefusalReason } from '../errors.ts';

/** E-mail and password, checked. */
export interface Credentials {
  /** Trimmed and in lower case. */
  readonly email: string;
  /** Every character counts, spaces too. */
  readonly password: string;
}

/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const LONGEST_EMAIL = 254;
/** NIST SP 800-63B section 5.1.1.1; in characters, as a person counts them. */
const SHORTEST_PASSWORD = 8;
/** bcrypt looks at no more; in bytes of UTF-8. */
const LONGEST_PASSWORD = 72;

const PASSWORD_PATH = 'input.password';

// One `@`, no white space, a dot in the domain. Whether mail arrives is found out by sending some.
const EMAIL = /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}.]{1,63}(\.[^\s@\p{Cc}.]{1,63})+$/u;

/**
 * Checks what somebody who logs in has typed.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseCredentials(input: Credentials): Credentials {
  const email = normalizeEmail(input.email);
  refuse([...refusalsOfEmail(email), ...refusalsOfPassword(input.password, PASSWORD_PATH)]);
  return { email, password: input.password };
}

/**
 * Checks the credentials of a new account: the same, and a password that is long enough.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseNewCredentials(input: Credentials): Credentials {
  const email = normalizeEmail(input.email);
  refuse([...refusalsOfEmail(email), ...refusalsOfNewPassword(input.password, PASSWORD_PATH)]);
  return { email, password: input.password };
}

/**
 * Checks a change of the password.
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
  // bcrypt ends at a NUL, and takes every half of a surrogate pair for the same character.
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
