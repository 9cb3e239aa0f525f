const FOUNDATION = '^src/(errors|clock|settings|id|page|device|database)[.]ts$';
const STRANGERS = '^src/(tokens|users|blacklist|events)/';
const COMPOSITION_ROOT = '^src/(create-auth|entities)[.]ts$';
const OURS = '^(src|tests|examples|bench|client)/|^[^/]+[.]ts$';

/** Of all that is ours, these modules may import only those. */
function layer(name, from, to, comment) {
  return { name, severity: 'error', comment, from: { path: from }, to: { path: OURS, pathNot: to } };
}

/** Of all of src, one file may import this library. */
function soleImporter(library, file, comment) {
  return {
    name: `one-importer-of-${library}`,
    severity: 'error',
    comment,
    from: { path: '^src/', pathNot: file },
    to: { path: `^node_modules/${library}/` },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    layer(
      'foundation-stands-alone',
      FOUNDATION,
      FOUNDATION,
      'Errors, time, settings, ids and the way to the database are known by everybody, so they may know nobody.',
    ),
    layer(
      'neighbours-are-strangers',
      '^src/(tokens|users|blacklist|events)/',
      [FOUNDATION, '^src/$1/'],
      'Tokens, users, the blacklist and events each make sense alone. What needs two of them is a use case, and lives above.',
    ),
    layer(
      'sessions-look-down',
      '^src/sessions/',
      [FOUNDATION, STRANGERS, '^src/sessions/'],
      'Sessions are opened, refreshed and ended without anybody knowing of passwords, HTTP or GraphQL.',
    ),
    layer(
      'accounts-look-down',
      '^src/accounts/',
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts)/'],
      'Accounts open and end sessions. How that is asked for, over HTTP or GraphQL, is not their business.',
    ),
    layer(
      'http-knows-no-use-case',
      '^src/http/',
      [FOUNDATION, '^src/(tokens|http)/'],
      'Headers in, headers out. What is done about them is decided elsewhere, so that any framework can call it.',
    ),
    layer(
      'graphql-looks-down',
      '^src/graphql/',
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|http|graphql)/'],
      'Resolvers call use cases. How the parts are put together, and the server around them, are not known here.',
    ),
    layer(
      'composition-root-looks-down',
      COMPOSITION_ROOT,
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|http|graphql)/', COMPOSITION_ROOT],
      'The library is put together without its own door and without our server: a host has neither.',
    ),
    layer(
      'the-door-knows-no-server',
      '^src/index[.]ts$',
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|http|graphql)/', COMPOSITION_ROOT],
      'Who imports the library must not get our server, its environment or a database driver with it.',
    ),
    layer(
      'the-program-is-a-stranger',
      '^src/(server|cli)/|^src/main[.]ts$',
      '^src/(server|cli)/|^src/(index|main)[.]ts$',
      'Our own server embeds the library as a stranger would. What it needs and cannot import is missing from the door.',
    ),
    {
      name: 'every-file-has-its-layer',
      severity: 'error',
      comment: 'A file or folder that no rule above names is held by none of them. Say first where it stands.',
      from: {
        path: '^src/',
        pathNot: [
          FOUNDATION,
          STRANGERS,
          '^src/(sessions|accounts|http|graphql|server|cli)/',
          COMPOSITION_ROOT,
          '^src/(index|main)[.]ts$',
        ],
      },
      to: {},
    },
    {
      name: 'source-knows-no-tests',
      severity: 'error',
      comment: 'What is shipped must not need what is not.',
      from: { path: '^src/' },
      to: { path: '^(tests|examples|bench)/' },
    },
    {
      name: 'the-client-is-a-stranger',
      severity: 'error',
      comment: 'The client kit shares nothing with the server but schema.graphql: it is a package of its own.',
      from: { path: '^client/src/' },
      to: { path: OURS, pathNot: '^client/src/' },
    },
    {
      name: 'nobody-needs-the-client',
      severity: 'error',
      comment: 'The server must work for clients that it has never heard of.',
      from: { path: '^src/' },
      to: { path: '^client/' },
    },
    {
      name: 'the-page-is-a-stranger',
      severity: 'error',
      comment:
        'The example is what anybody could write who has the kit from npm. It knows no file of ours but its own.',
      from: { path: '^examples/web/src/' },
      to: { path: OURS, pathNot: '^examples/web/src/|^client/(dist|src)/(index|apollo)[.](d[.])?[jt]s$' },
    },
    {
      name: 'the-client-needs-nothing',
      severity: 'error',
      comment: 'Who uses plain fetch must get no other package along. Each adapter knows its own client, and no other.',
      from: { path: '^client/src/', pathNot: '^client/src/(apollo|urql)[.]ts$' },
      to: { path: 'node_modules/' },
    },
    {
      name: 'adapters-know-their-own-client',
      severity: 'error',
      comment: 'An app with Apollo Client must not need urql, nor the other way round.',
      from: { path: '^client/src/(apollo|urql)[.]ts$' },
      to: { path: 'node_modules/', pathNot: 'node_modules/@$1/' },
    },
    soleImporter(
      'jsonwebtoken',
      '^src/tokens/token-codec[.]ts$',
      'It accepts tokens that we refuse. The codec checks the rest, so nobody may get round the codec.',
    ),
    soleImporter(
      'bcrypt',
      '^src/users/password-hasher[.]ts$',
      'It cuts passwords after 72 bytes and at a NUL. The one file that calls it is the one that knows.',
    ),
    {
      name: 'drivers-belong-to-the-server',
      severity: 'error',
      comment:
        'The library works on the ORM that a host has made, with whatever driver. Only our own server chooses one.',
      from: { path: '^src/', pathNot: '^src/server/' },
      to: { path: '^node_modules/(@mikro-orm/(sqlite|postgresql)|better-sqlite3|pg)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Of two modules that need each other neither can be understood, or tested, without the other.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A module that nobody imports and that imports nobody is dead, or its first use is missing.',
      from: { path: '^src/', orphan: true },
      to: {},
    },
    {
      name: 'no-unknown-imports',
      severity: 'error',
      comment: 'An import that cannot be resolved slips through every other rule.',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API. swc reads the same syntax, and sees type-only imports without being asked.
    parser: 'swc',
    moduleSystems: ['es6', 'cjs'],
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|data|coverage)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
