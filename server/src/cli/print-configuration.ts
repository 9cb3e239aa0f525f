import { z } from 'zod';
import { listVariables, readEnvironment, StartError, type Variable } from '../environment.ts';

/** Variables that nobody would set like this, to show what is said about them. */
const FAULTY = {
  NODE_ENV: 'production',
  AUTH_ISSUER: 'https://auth.example.com',
  AUTH_KEYS_FILE: '/run/secrets/keys.json',
  AUTH_COLOUR: 'red',
  AUTH_ACCESS_TOKEN_LIFETIME: '15',
  AUTH_BCRYPT_COST: '99',
};

/** Prints docs/configuration.md: every variable, its default and what it means. */
export async function printConfiguration(): Promise<void> {
  console.log(page(listVariables()));
}

function page(variables: readonly Variable[]): string {
  return `<!-- Printed from the code by "npm run generate". Change the code, not this file. -->

# Configuration

The server is told everything by its environment, and reads it once, at the start. Nothing has to be set in development.
In production, which is \`NODE_ENV=production\`, what is marked so must be. A variable that is set to nothing counts as
not set. A file of variables is read by Node itself: \`node --env-file=.env dist/main.js\`.

${table(variables)}

A span of time is a whole number and its unit, with nothing between them: \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`, as in
\`500ms\`, \`90s\`, \`15m\`, \`12h\`, \`7d\`.

\`createAuth\` takes the same settings under their names in code: \`AUTH_ACCESS_TOKEN_LIFETIME\` is \`accessTokenLifetime\`.
\`PORT\`, \`HOST\`, \`DATABASE_URL\`, \`AUTH_KEYS_FILE\`, \`AUTH_EXPLORER\` and \`AUTH_TRUSTED_PROXIES\` are the server's own.

\`npm run cli -- doctor\` says which clients in a browser a configuration carries; [browser.md](browser.md) has settings to copy.

## What is wrong with it

A fault stops the start, with exit code 1 and every fault at once, a line each: a value that cannot be read, values that
contradict each other, a name that begins with \`AUTH_\` and is no setting, what production needs and does not have. In
production the key ring and the pending migrations are looked at too. Nothing listens before all is well.

\`\`\`
Cannot start:
${faultsOf(FAULTY)
  .map((fault) => `  - ${fault}`)
  .join('\n')}
\`\`\``;
}

function table(variables: readonly Variable[]): string {
  return [
    '| Name | Default | In production | Meaning |',
    '| --- | --- | --- | --- |',
    ...variables.map((variable) => `| ${rowOf(variable).join(' | ')} |`),
  ].join('\n');
}

function rowOf({ name, schema, developmentDefault, isRequiredInProduction }: Variable): string[] {
  const value = defaultOf(schema) ?? developmentDefault;
  return [
    `\`${name}\``,
    value === null || value === '' ? '' : `\`${value}\``,
    isRequiredInProduction ? 'must be set' : '',
    schema.description?.replaceAll('|', '\\|') ?? '',
  ];
}

function defaultOf(schema: z.ZodType): string | null {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ? String(schema.def.defaultValue) : null;
}

function faultsOf(variables: Record<string, string>): readonly string[] {
  try {
    readEnvironment(variables);
    return [];
  } catch (error) {
    if (error instanceof StartError) return error.faults;
    throw error;
  }
}
