import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSchema, type DocumentNode, Kind, parse, validate } from 'graphql';
import * as ofServer from '../../src/reasons.ts';
import { ErrorCode, ForbiddenReason, InputRefusalReason, TokenRefusalReason } from '../src/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const OPERATIONS = join(ROOT, 'client/operations');
const PAGE = join(ROOT, 'examples/web');
const run = promisify(execFile);
const schemaText = readFileSync(join(ROOT, 'schema.graphql'), 'utf8');
const schema = buildSchema(schemaText);
const documents = parse(
  readdirSync(OPERATIONS)
    .map((name) => readFileSync(join(OPERATIONS, name), 'utf8'))
    .join('\n'),
);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graphql-simplejwt-client-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('each field of the schema has a valid operation', () => {
  expect(validate(schema, documents)).toEqual([]);

  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) => Object.keys(type!.getFields()));
  expect(rootFieldsOf(documents).toSorted()).toEqual(fields.toSorted());
});

test.each([
  ['ErrorCode', ErrorCode, ofServer.ErrorCode],
  ['TokenRefusalReason', TokenRefusalReason, ofServer.TokenRefusalReason],
  ['ForbiddenReason', ForbiddenReason, ofServer.ForbiddenReason],
  ['InputRefusalReason', InputRefusalReason, ofServer.InputRefusalReason],
])('%s has the same names in the kit and in the library', (_name, ofKit, ofLibrary) => {
  expect(ofKit).toEqual(ofLibrary);
});

test('graphql-codegen accepts schema.graphql and generates the committed types of the example page', async () => {
  const config = readFileSync(join(PAGE, 'codegen.ts'), 'utf8').replaceAll('../../', `${ROOT}/`);
  writeFileSync(join(folder, 'codegen.ts'), config);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));

  await run(command('graphql-codegen'), ['--config', 'codegen.ts'], { cwd: folder });

  const committed = join(PAGE, 'src/gql');
  for (const name of readdirSync(committed)) {
    expect(readFileSync(join(folder, 'src/gql', name), 'utf8')).toBe(readFileSync(join(committed, name), 'utf8'));
  }
}, 60_000);

test('relay-compiler accepts schema.graphql', async () => {
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'schema.graphql'), schemaText);
  writeFileSync(
    join(folder, 'src/page.ts'),
    `import { graphql } from 'relay-runtime';
    export const page = graphql\`
      query pageQuery($first: Int!, $after: String) {
        me { id email roles createdAt }
        sessions { id isCurrent expiresAt }
        ...page_events @arguments(first: $first, after: $after)
      }
    \`;
    export const events = graphql\`
      fragment page_events on Query
      @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
      @refetchable(queryName: "pageEventsQuery") {
        securityEvents(first: $first, after: $after) @connection(key: "page_securityEvents") {
          edges { node { id type createdAt } }
        }
      }
    \`;
    export const login = graphql\`
      mutation pageLoginMutation($input: LoginInput!) { login(input: $input) { accessToken user { id } } }
    \`;`,
  );
  writeFileSync(
    join(folder, 'relay.config.json'),
    JSON.stringify({ src: 'src', schema: 'schema.graphql', language: 'typescript', artifactDirectory: 'made' }),
  );
  mkdirSync(join(folder, 'made'));

  await run(command('relay-compiler'), ['relay.config.json'], { cwd: folder });

  expect(readdirSync(join(folder, 'made')).toSorted()).toEqual([
    'pageEventsQuery.graphql.ts',
    'pageLoginMutation.graphql.ts',
    'pageQuery.graphql.ts',
    'page_events.graphql.ts',
  ]);
}, 60_000);

function rootFieldsOf({ definitions }: DocumentNode): string[] {
  return definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? definition.selectionSet.selections.map((selection) =>
          selection.kind === Kind.FIELD ? selection.name.value : '',
        )
      : [],
  );
}

function command(name: string): string {
  return join(ROOT, 'node_modules/.bin', name);
}
