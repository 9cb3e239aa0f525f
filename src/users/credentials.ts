import { BadUserInputError, type FieldRefusal } from '../errors.ts';
import { InputRefusalReason } from '../reasons.ts';
import { isCommonPassword } from './common-passwords.ts';
import { normalizeEmail } from './email-address.ts';

/** An e-mail and a password. */
export interface Credentials {
  readonly email: string;
  /** Every character counts, including spaces. It is compared in NFKC. */
  readonly password: string;
}

/** In code points of NFKC, as NIST SP 800-63B-4 section 3.1.1.2 counts. */
const LONGEST_PASSWORD = 256;

/** As long as an e-mail may be. */
const LONGEST_LOGIN = 254;

const PASSWORD_PATH = 'input.password';

/**
 * Checks the credentials of a login, and brings both into their one form.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseCredentials(input: Credentials): Credentials {
  const given = normalize(input);
  return accept(input, given, refusalsOfPassword(given.password, PASSWORD_PATH));
}

/**
 * Checks the credentials of a login to a host that keeps its own users. In place of the e-mail, there may be a user name or
 * another text that the host knows its users by.
 *
 * @throws BadUserInputError that names each field.
 */
export function parseHostCredentials(input: Credentials): Credentials {
  const email = input.email.trim();
  const password = normalizePassword(input.password);
  refuse([...refusalsOfLogin(email), ...refusalsOfPassword(password, PASSWORD_PATH)]);
  return { email, password };
}

/**
 * Checks the credentials of a new account, and brings both into their one form.
 *
 * @param minLength - the number of characters that the password must have at least.
 * @throws BadUserInputError that names each field.
 */
export async function parseNewCredentials(input: Credentials, minLength: number): Promise<Credentials> {
  const given = normalize(input);
  return accept(input, given, await refusalsOfNewPassword(given.password, PASSWORD_PATH, minLength, given.email));
}

/**
 * Checks a password change, and brings both passwords into their one form.
 *
 * @throws BadUserInputError that names each field.
 */
export async function parsePasswordChange(
  change: { readonly currentPassword: string; readonly newPassword: string },
  { minLength, email }: { readonly minLength: number; readonly email: string | null },
): Promise<typeof change> {
  const currentPassword = normalizePassword(change.currentPassword);
  const newPassword = normalizePassword(change.newPassword);
  refuse([
    ...refusalsOfPassword(currentPassword, 'input.currentPassword'),
    ...(await refusalsOfNewPassword(newPassword, 'input.newPassword', minLength, email)),
  ]);
  return { currentPassword, newPassword };
}

/**
 * Checks a new password by itself, and brings it into its one form.
 *
 * @throws BadUserInputError with the path of the field.
 */
export async function parseNewPassword(text: string, path: string, minLength: number): Promise<string> {
  const password = normalizePassword(text);
  refuse(await refusalsOfNewPassword(password, path, minLength, null));
  return password;
}

/** @throws BadUserInputError if the password is the account's own e-mail. */
export function refuseOwnEmail(password: string, path: string, email: string): void {
  if (normalizeEmail(password) === email) refuse([{ path, reason: InputRefusalReason.PASSWORD_IS_EMAIL }]);
}

/** The credentials in their one form. The e-mail is null if it is none. */
function normalize({ email, password }: Credentials) {
  return { email: normalizeEmail(email), password: normalizePassword(password) };
}

function accept(
  input: Credentials,
  { email, password }: ReturnType<typeof normalize>,
  refusals: readonly FieldRefusal[],
): Credentials {
  refuse([...(email === null ? [refusalOfEmail(input.email)] : []), ...refusals]);
  return { email: email ?? '', password };
}

/** Keyboards write one character in several forms. NFKC makes them one (NIST SP 800-63B-4 section 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

function refusalsOfLogin(login: string): FieldRefusal[] {
  if (login === '') return [{ path: 'input.email', reason: InputRefusalReason.REQUIRED }];
  const isPossible = login.length <= LONGEST_LOGIN && !/[\p{Cc}\p{Cs}]/u.test(login);
  return isPossible ? [] : [{ path: 'input.email', reason: InputRefusalReason.EMAIL_INVALID }];
}

function refusalOfEmail(email: string): FieldRefusal {
  const reason = email.trim() === '' ? InputRefusalReason.REQUIRED : InputRefusalReason.EMAIL_INVALID;
  return { path: 'input.email', reason };
}

function refusalsOfPassword(password: string, path: string): FieldRefusal[] {
  if (password.trim() === '') return [{ path, reason: InputRefusalReason.REQUIRED }];
  // An imported hash of plain bcrypt stops at a NUL. All halves of surrogate pairs have the same bytes in UTF-8.
  if (password.includes('\0') || !password.isWellFormed())
    return [{ path, reason: InputRefusalReason.PASSWORD_INVALID }];
  if (lengthOf(password) > LONGEST_PASSWORD) return [{ path, reason: InputRefusalReason.PASSWORD_TOO_LONG }];
  return [];
}

async function refusalsOfNewPassword(
  password: string,
  path: string,
  minLength: number,
  email: string | null,
): Promise<FieldRefusal[]> {
  const refusals = refusalsOfPassword(password, path);
  if (refusals.length > 0) return refusals;
  if (lengthOf(password) < minLength) return [{ path, reason: InputRefusalReason.PASSWORD_TOO_SHORT }];
  if (await isCommonPassword(password)) return [{ path, reason: InputRefusalReason.PASSWORD_COMMON }];
  if (email !== null && normalizeEmail(password) === email)
    return [{ path, reason: InputRefusalReason.PASSWORD_IS_EMAIL }];
  return [];
}

function lengthOf(password: string): number {
  return Array.from(password).length;
}

function refuse(refusals: readonly FieldRefusal[]): void {
  if (refusals.length > 0) throw new BadUserInputError(refusals);
}
