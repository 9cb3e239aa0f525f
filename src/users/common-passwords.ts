import { dictionary } from '@zxcvbn-ts/language-common';

/** In lower case. Shorter ones are refused for their length. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common'].filter(({ length }) => length >= 8));

/** Whether a password is among the first that an attacker tries, in upper or lower case. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}
