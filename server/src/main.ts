#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 17)) {
  console.error(`Node ${process.versions.node} is too old: 22.17 is the least.`);
  console.error(
    '"npm ci" installs a newer one for "npm start"; allow its install script, or put your own first in the PATH.',
  );
  process.exit(1);
}

const COMMANDS: Record<string, (args: readonly string[]) => Promise<void>> = {
  serve: async () => (await import('./cli/serve.ts')).serve(),
  migrate: async () => (await import('./cli/migrate.ts')).runMigrations(),
  purge: async () => (await import('./cli/purge.ts')).runPurge(),
  'user:create': async (args) => (await import('./cli/create-user.ts')).runCreateUser(args),
  doctor: async (args) => (await import('./cli/doctor.ts')).runDoctor(args),
  schema: async () => (await import('./cli/print-schema.ts')).printSchema(),
};

const name = process.argv[2] ?? 'serve';
const command = COMMANDS[name];
if (command === undefined) {
  console.error(`There is no command "${name}". There are: ${Object.keys(COMMANDS).join(', ')}.`);
  process.exit(1);
}
try {
  await command(process.argv.slice(3));
} catch (error) {
  console.error(isStartError(error) ? `Cannot start:\n${indent(error.message)}` : error);
  process.exit(1);
}

function isStartError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StartError';
}

function indent(text: string): string {
  return text.replace(/^/gm, '  - ');
}
