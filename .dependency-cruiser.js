const FOUNDATION =
  '^src/(node-version|auth-types|errors|reasons|clock|delivery|settings|id|page|device|retry|derive-key|timers)[.]ts$|^src/database/';
const STRANGERS = '^src/(tokens|users|blacklist|events|limits|codes|mail)/';
const COMPOSITION_ROOT = '^src/(auth|create-auth|entities)[.]ts$';
const TESTING = '^src/testing([.]ts$|/)';
const ENTRY_POINT = '^src/index[.]ts$';
const OURS = '^(src|server|tests|examples|bench|client)/|^[^/]+[.]ts$';

/** Of all modules of this repository, those in `from` may import only those in `to`. */
function layer(name, from, to, comment) {
  return { name, severity: 'error', comment, from: { path: from }, to: { path: OURS, pathNot: to } };
}

/** Only one file of the library may import this package. */
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
      'Every layer uses errors, time, settings, ids and the database access. So they may use no layer.',
    ),
    layer(
      'neighbours-are-strangers',
      '^src/(tokens|users|blacklist|events|limits|codes|mail)/',
      [FOUNDATION, '^src/$1/'],
      'Tokens, users, the blacklist, events, limits, codes and mail each make sense alone. Code that needs two of them is a use case, one layer up.',
    ),
    layer(
      'sessions-look-down',
      '^src/sessions/',
      [FOUNDATION, STRANGERS, '^src/sessions/'],
      'Opening, refreshing and ending a session does not depend on passwords, HTTP or GraphQL.',
    ),
    layer(
      'accounts-look-down',
      '^src/accounts/',
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts)/'],
      'Accounts open and end sessions. They do not depend on HTTP or GraphQL.',
    ),
    layer(
      'request-looks-down',
      '^src/request/',
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|request)/'],
      'This layer reads headers and collects cookies for any framework. It does not depend on GraphQL.',
    ),
    {
      name: 'request-knows-no-graphql',
      severity: 'error',
      comment: 'This layer reads headers and collects cookies for any framework. It does not depend on GraphQL.',
      from: { path: '^src/request/' },
      to: { path: '^node_modules/(graphql|type-graphql|graphql-scalars)/' },
    },
    layer(
      'graphql-looks-down',
      '^src/graphql/',
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|request|graphql)/'],
      'Resolvers call use cases. They do not know how the library is put together or which server runs them.',
    ),
    layer(
      'composition-root-looks-down',
      COMPOSITION_ROOT,
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|request|graphql)/', COMPOSITION_ROOT],
      'The library is put together without its entry point and without our server.',
    ),
    layer(
      'the-entry-point-knows-no-server',
      ENTRY_POINT,
      [FOUNDATION, STRANGERS, '^src/(sessions|accounts|request|graphql)/', COMPOSITION_ROOT],
      'Importing the library must not load our server, its environment or a database driver.',
    ),
    layer(
      'adapters-are-strangers',
      '^src/adapters/',
      ['^src/adapters/', ENTRY_POINT],
      'An adapter uses what every host can import, so a host can write one for another server.',
    ),
    layer(
      'testing-puts-the-library-together',
      TESTING,
      [FOUNDATION, '^src/(tokens|users|mail)/', COMPOSITION_ROOT, TESTING],
      'What tests of a host use signs tokens as the library does. Nothing else of ours needs it.',
    ),
    layer(
      'the-server-is-a-stranger',
      '^server/',
      '^server/',
      'Our server imports the library by its package name, as any host does. What it needs, the package must export.',
    ),
    {
      name: 'every-file-has-its-layer',
      severity: 'error',
      comment: 'No rule above covers this file. Decide which layer it belongs to.',
      from: {
        path: '^src/',
        pathNot: [
          FOUNDATION,
          STRANGERS,
          '^src/(sessions|accounts|request|graphql|adapters)/',
          COMPOSITION_ROOT,
          ENTRY_POINT,
          TESTING,
        ],
      },
      to: {},
    },
    {
      name: 'source-knows-no-tests',
      severity: 'error',
      comment: 'Shipped code must not import code that is not shipped.',
      from: { path: '^(src|server|client)/src/|^src/' },
      to: { path: '^(tests|examples|bench)/' },
    },
    {
      name: 'the-client-is-a-stranger',
      severity: 'error',
      comment: 'The client kit is a package of its own. It shares only schema.graphql with the server.',
      from: { path: '^client/src/' },
      to: { path: OURS, pathNot: '^client/src/' },
    },
    {
      name: 'nobody-needs-the-client',
      severity: 'error',
      comment: 'The server works with any client, so it may not import ours.',
      from: { path: '^(src|server)/' },
      to: { path: '^client/' },
    },
    {
      name: 'the-page-is-a-stranger',
      severity: 'error',
      comment: 'The example page uses the client kit as an app does that installs it from npm.',
      from: { path: '^examples/web/src/' },
      to: { path: OURS, pathNot: '^examples/web/src/|^client/(dist|src)/(index|apollo)[.](d[.])?[jt]s$' },
    },
    {
      name: 'the-client-needs-nothing',
      severity: 'error',
      comment: 'An app that uses plain fetch installs no other package. Each adapter imports only its own client.',
      from: { path: '^client/src/', pathNot: '^client/src/(apollo|urql)[.]ts$' },
      to: { path: 'node_modules/' },
    },
    {
      name: 'adapters-know-their-own-client',
      severity: 'error',
      comment: 'An app with Apollo Client must not need urql, and the other way round.',
      from: { path: '^client/src/(apollo|urql)[.]ts$' },
      to: { path: 'node_modules/', pathNot: 'node_modules/@$1/' },
    },
    soleImporter(
      'jsonwebtoken',
      '^src/tokens/token-codec[.]ts$',
      'jsonwebtoken accepts tokens that we refuse. The codec makes the missing checks, so nothing may bypass it.',
    ),
    soleImporter(
      'bcrypt',
      '^src/users/password-hasher[.]ts$',
      'bcrypt ignores everything after 72 bytes or a NUL. Only the file that handles this may call it.',
    ),
    {
      name: 'drivers-belong-to-the-server',
      severity: 'error',
      comment: 'The library works on the ORM that the host opened, with any driver. Only our own server chooses one.',
      from: { path: '^src/', pathNot: '^src/adapters/' },
      to: { path: '^node_modules/(@mikro-orm/(sqlite|postgresql)|better-sqlite3|pg|fastify|@fastify|@apollo)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two modules that need each other cannot be understood or tested apart.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A module that imports nothing and that nothing imports is dead code.',
      from: { path: '^(src|server/src)/', orphan: true },
      to: {},
    },
    {
      name: 'no-unknown-imports',
      severity: 'error',
      comment: 'No other rule can check an import that does not resolve.',
      from: { path: '^(src|server/src)/' },
      // The server finds the library once that is built.
      to: { couldNotResolve: true, pathNot: '^graphql-simplejwt($|/)' },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API. swc reads the same syntax and sees type-only imports.
    parser: 'swc',
    moduleSystems: ['es6', 'cjs'],
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(server/|client/)?(dist|data|coverage)/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
