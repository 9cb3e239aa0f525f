import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  DEVELOPMENT_DEFAULTS,
  readEnvironment,
  REQUIRED_IN_PRODUCTION,
  serverVariables,
  StartError,
  variableOf,
} from '../server/src/environment.ts';

/** One row of the table. */
interface Variable {
  readonly name: string;
  readonly defaultValue: string | null;
  readonly meaning: string;
}

/** Variables with faults, to show the messages. */
const FAULTY = {
  NODE_ENV: 'production',
  AUTH_ISSUER: 'https://auth.example.com',
  AUTH_KEYS_FILE: '/run/secrets/keys.json',
  AUTH_COLOUR: 'red',
  AUTH_ACCESS_TOKEN_LIFETIME: '15',
  AUTH_BCRYPT_COST: '99',
};

/** Prints docs/configuration.md: every variable, its default and its meaning. */
export function printConfiguration(): string {
  return `<!-- Printed from the code by "npm run generate". Change the code, not this file. -->

# Configuration

The server reads its environment once, at the start. In development, nothing has to be set. With any \`NODE_ENV\` but
\`development\` and \`test\`, the server is in production, and the variables marked below must be set. An empty variable counts as not set. Node reads a file of
variables itself: \`node --env-file=.env server/dist/main.js\`.

${table([...ownVariables(), ...librarySettings()])}

A span of time is a whole number and its unit, without a space: \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`, as in \`500ms\`,
\`90s\`, \`15m\`, \`12h\`, \`7d\`. A list has commas between its items.

\`createAuth\` takes the same settings by their names in code: \`AUTH_ACCESS_TOKEN_LIFETIME\` is \`accessTokenLifetime\`. A
number is a number there, a list an array, and \`true\` a boolean. \`PORT\`, \`HOST\`, \`DATABASE_URL\`, \`AUTH_KEYS_FILE\`,
\`AUTH_EXPLORER\` and \`AUTH_TRUSTED_PROXIES\` belong to the server alone.

## Databases

\`sqlite:PATH\` takes no parameters. The file and its folder are created for their owner only.

\`postgresql://USER:PASSWORD@HOST:PORT/DATABASE\` takes these parameters, and the server does not start with any other:

| Parameter | Meaning |
| --- | --- |
| \`schema\` | The schema of the tables. \`migrate\` creates it. Two deployments may share a database with two schemas. |
| \`sslmode\` | \`disable\` (the default), \`no-verify\`, \`require\`, \`verify-ca\` or \`verify-full\`. The last three verify the certificate and the host name. |
| \`sslrootcert\`, \`sslcert\`, \`sslkey\` | Files with the certificate authority and with the client's certificate and key. |
| \`application_name\`, \`fallback_application_name\` | The name that PostgreSQL shows for the connections. |
| \`options\` | Settings of the session, such as \`-c search_path=app\`. A limit that is set here replaces the server's own. |
| \`client_encoding\`, \`host\` | The encoding; the folder of a Unix socket. |

Percent-encode special characters in the user name and the password. In development, a missing database is created. In production,
only \`migrate --create\` creates it.

\`npm run cli -- doctor\` says which browser clients a configuration supports. [browser.md](browser.md) has settings to copy.

## Faults

The server does not start with a faulty configuration. It exits with code 1 and lists every fault, one per line: a value that
cannot be read, values that contradict each other, a name that begins with \`AUTH_\` and is not a setting, and a variable that
production requires. In production, the list includes faults of the key ring and pending migrations.

\`\`\`
Cannot start:
${faultsOf(FAULTY)
  .map((fault) => `  - ${fault}`)
  .join('\n')}
\`\`\`
`;
}

function table(variables: readonly Variable[]): string {
  return [
    '| Name | Default | In production | Meaning |',
    '| --- | --- | --- | --- |',
    ...variables.map((variable) => `| ${rowOf(variable).join(' | ')} |`),
  ].join('\n');
}

function rowOf({ name, defaultValue, meaning }: Variable): string[] {
  const value = defaultValue ?? DEVELOPMENT_DEFAULTS[name] ?? '';
  return [
    `\`${name}\``,
    value === '' || value.includes(' ') ? value : `\`${value}\``,
    REQUIRED_IN_PRODUCTION.includes(name) ? 'must be set' : '',
    meaning.replaceAll('|', '\\|'),
  ];
}

function ownVariables(): Variable[] {
  return Object.entries(serverVariables).map(([name, schema]) => ({
    name,
    defaultValue: schema instanceof z.ZodDefault ? String(schema.def.defaultValue) : null,
    meaning: schema.description ?? '',
  }));
}

/** Reads the TSDoc of the library's settings, which is where they are described. */
function librarySettings(): Variable[] {
  const source = readFileSync(join(import.meta.dirname, '../src/settings.ts'), 'utf8');
  const [, body = ''] = /export interface AuthSettings \{\n([\s\S]*?)\n\}/.exec(source) ?? [];
  return Array.from(body.matchAll(/\/\*\*([\s\S]*?)\*\/\s*readonly (\w+)/g), ([, comment = '', setting = '']) => {
    const text = comment.replaceAll(/\n\s*\* ?/g, ' ').trim();
    const [meaning = '', value = ''] = text.split(/\s*@defaultValue\s*/);
    return { name: variableOf(setting), defaultValue: value === '' ? null : asText(value), meaning };
  });
}

/** A default as it is written in the environment: `['BODY', 'COOKIES']` is `BODY,COOKIES`. */
function asText(value: string): string {
  return value.startsWith('`') ? value.replaceAll(/[`'[\] ]/g, '') : value;
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
