#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 17)) {
  console.error(`Node ${process.versions.node} is too old. Node 22.17 or newer is required.`);
  console.error('"npm ci" installs a newer Node for the npm scripts, if its install script is allowed.');
  process.exit(1);
}

// The next start need not compile anew. Where nothing can be written, this does nothing.
module.enableCompileCache(join(import.meta.dirname, '../.compile-cache'));

interface Command {
  readonly usage: string;
  readonly purpose: string;
  readonly run: (args: readonly string[]) => Promise<void>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    usage: 'serve',
    purpose: 'Serves the API. This is the default.',
    run: async () => (await import('./cli/serve.ts')).serve(),
  },
  migrate: {
    usage: 'migrate [--create]',
    purpose: 'Applies the pending migrations. In production, --create creates a missing database.',
    run: async (args) => (await import('./cli/migrate.ts')).runMigrations(args),
  },
  'user:create': {
    usage: 'user:create --email E [--admin] [--verified]',
    purpose: 'Creates a user. Reads the password from the terminal or from stdin.',
    run: async (args) => (await import('./cli/create-user.ts')).runCreateUser(args),
  },
  'keys:generate': {
    usage: 'keys:generate FILE',
    purpose: 'Writes a new key ring to a file that does not exist yet.',
    run: async (args) => (await import('./cli/generate-keys.ts')).runGenerateKeys(args),
  },
  doctor: {
    usage: 'doctor [--url URL]',
    purpose: 'Checks the configuration and says which browser clients it supports.',
    run: async (args) => (await import('./cli/doctor.ts')).runDoctor(args),
  },
  'mail:failures': {
    usage: 'mail:failures',
    purpose: 'Lists the mails that could not be sent yet, and why.',
    run: async () => (await import('./cli/list-failed-mails.ts')).listFailedMails(),
  },
  purge: {
    usage: 'purge',
    purpose: 'Deletes expired sessions, expired blacklist rows and old security events now.',
    run: async () => (await import('./cli/purge.ts')).runPurge(),
  },
  schema: {
    usage: 'schema',
    purpose: 'Prints the GraphQL schema.',
    run: async () => (await import('./cli/print-schema.ts')).printSchema(),
  },
};

const [name = 'serve', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (['help', '--help', '-h'].includes(name) || args.includes('--help')) {
  console.log(help());
} else if (command === undefined) {
  console.error(`There is no command "${name}".\n\n${help()}`);
  process.exitCode = 1;
} else {
  try {
    await command.run(args);
  } catch (error) {
    console.error(isStartError(error) ? `Cannot start:\n${indent(error.message)}` : error);
    process.exit(1);
  }
}

function help(): string {
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length));
  const commands = Object.values(COMMANDS).map(({ usage, purpose }) => `  ${usage.padEnd(width)}  ${purpose}`);
  return [
    'Usage: graphql-simplejwt-server [COMMAND]',
    '',
    ...commands,
    '',
    'The environment configures the server. Without any variable, it runs on SQLite in ./data for development.',
    'NODE_ENV=production requires AUTH_ISSUER, AUTH_REGISTRATION, AUTH_KEYS_FILE and DATABASE_URL.',
  ].join('\n');
}

function isStartError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StartError';
}

function indent(text: string): string {
  return text.replace(/^/gm, '  - ');
}
