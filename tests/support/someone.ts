let count = 0;

/** The e-mail of somebody who has no account yet, so that the tests of a file can share a server. */
export function someEmail(): string {
  count += 1;
  return `someone-${count}@example.com`;
}
