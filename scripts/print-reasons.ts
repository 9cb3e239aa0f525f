import { meanings } from '../src/reasons.ts';

type Kind = keyof typeof meanings;

const KINDS: Readonly<Record<Kind, string>> = {
  ErrorCode: 'The values of `extensions.code`. Each stands for one thing that a client can do about the error.',
  TokenRefusalReason: 'Why a token was refused: `extensions.reason` of UNAUTHENTICATED and INVALID_REFRESH_TOKEN.',
  ForbiddenReason: 'Why a guard refused a known user: `extensions.reason` of FORBIDDEN.',
  InputRefusalReason: 'What is wrong with one field of an input: `extensions.fields[].reason` of BAD_USER_INPUT.',
};

/** Prints client/src/reasons.ts: the names as constants, for clients that do not have the library. */
export function printClientReasons(): string {
  const constants = Object.entries(KINDS).map(([kind, description]) => {
    const names = entriesOf(kind as Kind).map(([name, meaning]) => `  /** ${meaning} */\n  ${name}: '${name}',`);
    return `/** ${description} */
export const ${kind} = /* @__PURE__ */ Object.freeze({
${names.join('\n')}
});
export type ${kind} = keyof typeof ${kind};
`;
  });
  return `// Printed from src/reasons.ts of the library by "npm run generate". Change that file, not this one.\n\n${constants.join('\n')}`;
}

const TABLE = /(<!-- printed: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** Replaces the tables between the marks of docs/errors.md. */
export function printErrorTables(page: string): string {
  return page.replaceAll(TABLE, (_table, start: string, kind: string, end: string) => {
    const rows = entriesOf(kind as Kind).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
    return `${start}\n| Name | Meaning |\n| --- | --- |\n${rows.join('\n')}\n\n${end}`;
  });
}

function entriesOf(kind: Kind): [name: string, meaning: string][] {
  return Object.entries(meanings[kind]);
}
