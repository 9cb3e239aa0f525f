import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import { type Auth, type AuthUser, isAuthError, type NewUser } from 'graphql-simplejwt';
import { readEnvironment, StartError } from '../environment.ts';
import { openAuth } from './open-auth.ts';

/** Opens an account; with `--admin`, an administrator's. The password comes from the terminal or stdin. */
export async function runCreateUser(args: readonly string[]): Promise<void> {
  const { email, isAdmin } = parse(args);
  const { auth, close } = await openAuth(readEnvironment());
  try {
    const user = { email, password: await readPassword(), roles: isAdmin ? ['ADMIN'] : [] };
    const { id } = await create(auth, user);
    console.log(`Created ${isAdmin ? 'the administrator' : 'the user'} ${id}.`);
  } finally {
    await close();
  }
}

async function create(auth: Auth, user: NewUser): Promise<AuthUser> {
  try {
    return await auth.createUser(user);
  } catch (error) {
    if (!isAuthError(error) || error.code !== 'BAD_USER_INPUT') throw error;
    throw new StartError(error.fields.map(({ path, reason }) => `${path.replace('input.', '')}: ${reason}`));
  }
}

function parse(args: readonly string[]): { email: string; isAdmin: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { email: { type: 'string' }, admin: { type: 'boolean' } },
    });
    if (values.email !== undefined) return { email: values.email, isAdmin: values.admin === true };
  } catch {
    // Told below, as when the e-mail is missing.
  }
  throw new StartError(['usage: user:create --email E [--admin]']);
}

async function readPassword(): Promise<string> {
  // What is typed is not shown: the prompt's output goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const isTerminal = process.stdin.isTTY;
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal });
  // Not before: until the prompt is there, the terminal itself shows what is typed.
  if (isTerminal) process.stdout.write('Password: ');
  try {
    for await (const line of prompt) return line;
    return '';
  } finally {
    prompt.close();
    if (isTerminal) process.stdout.write('\n');
  }
}
