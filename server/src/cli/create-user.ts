import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { type Auth, type AuthUser, isAuthError, type NewUser } from 'graphql-simplejwt';
import { readEnvironment, StartError } from '../environment.ts';
import { parseArguments } from './arguments.ts';
import { openAuth } from './open-auth.ts';

/** Creates a user, with `--admin` an administrator, with `--verified` one whose address needs no proof. The password comes from the terminal or from stdin. */
export async function runCreateUser(args: readonly string[]): Promise<void> {
  const { email, isAdmin, isEmailVerified } = parse(args);
  const { auth, close } = await openAuth(readEnvironment());
  try {
    const user = { email, password: await readPassword(), roles: isAdmin ? ['ADMIN'] : [], isEmailVerified };
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

const USAGE = 'user:create --email E [--admin] [--verified]';

function parse(args: readonly string[]): { email: string; isAdmin: boolean; isEmailVerified: boolean } {
  const values = parseArguments(USAGE, args, {
    email: { type: 'string' },
    admin: { type: 'boolean' },
    verified: { type: 'boolean' },
  });
  if (values.email === undefined) throw new StartError([`usage: ${USAGE}`]);
  return { email: values.email, isAdmin: values.admin === true, isEmailVerified: values.verified === true };
}

async function readPassword(): Promise<string> {
  // The output of the prompt is discarded, so the password is not shown.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const isTerminal = process.stdin.isTTY;
  const prompt = createInterface({ input: process.stdin, output: nowhere, terminal: isTerminal });
  // Only now, because the terminal shows what is typed until the prompt exists.
  if (isTerminal) process.stdout.write('Password: ');
  try {
    for await (const line of prompt) return line;
    return '';
  } finally {
    prompt.close();
    if (isTerminal) process.stdout.write('\n');
  }
}
