let common: Promise<ReadonlySet<string>> | undefined;

/** Whether a password is among the first that an attacker tries, in upper or lower case. */
export async function isCommonPassword(password: string): Promise<boolean> {
  common ??= load();
  return (await common).has(password.toLowerCase());
}

/** In lower case. Shorter ones are refused for their length. The list takes ten megabytes, so it is loaded when it is needed. */
async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common'].filter(({ length }) => length >= 8));
}
