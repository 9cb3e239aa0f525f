/** A database, as `DATABASE_URL` names it. */
export type DatabaseAddress =
  | { readonly dialect: 'sqlite'; readonly path: string }
  | {
      readonly dialect: 'postgresql';
      /** The URL without parameters, for the ORM. */
      readonly url: string;
      /** The URL with its parameters, for the driver. */
      readonly connectionString: string;
      /** The schema of the tables; null for the first one of the search path. */
      readonly schema: string | null;
      /** Settings of the server that the URL itself makes. */
      readonly options: string;
    };

/** The value of `DATABASE_URL` cannot be used. The message never contains the value, because it may hold a password. */
export class DatabaseUrlError extends TypeError {
  override readonly name = 'DatabaseUrlError';
}

/** The parameters of a PostgreSQL URL that the driver honours. */
const PARAMETERS = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'application_name',
  'fallback_application_name',
  'options',
  'client_encoding',
  'host',
];
// libpq's `allow` and `prefer` fall back to a connection without TLS, and the driver does not.
const TLS_MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

/** @throws DatabaseUrlError that says what is wrong without repeating the URL. */
export function parseDatabaseUrl(text: string): DatabaseAddress {
  if (text.startsWith('sqlite:')) return parseSqlite(text.slice('sqlite:'.length));
  if (/^postgres(ql)?:\/\//.test(text)) return parsePostgresql(text);
  throw new DatabaseUrlError('must be sqlite:PATH or postgresql://...');
}

function parseSqlite(path: string): DatabaseAddress {
  if (path === '' || path.includes('?') || path.startsWith('//'))
    throw new DatabaseUrlError('must be sqlite:PATH, such as sqlite:./data/auth.db, without parameters');
  return { dialect: 'sqlite', path };
}

function parsePostgresql(text: string): DatabaseAddress {
  const url = URL.parse(text);
  if (url === null || !hasDecodableParts(url))
    throw new DatabaseUrlError(
      'is not a valid URL. Percent-encode special characters in the user name and the password, such as [ as %5B',
    );
  const parameters = url.searchParams;
  if (url.hostname.includes(',')) throw new DatabaseUrlError('names several hosts, which is not supported');
  if (url.pathname.length < 2) throw new DatabaseUrlError('must name a database, as in postgresql://host/database');
  const unknown = [...parameters.keys()].filter((name) => name !== 'schema' && !PARAMETERS.includes(name));
  if (unknown.length > 0)
    throw new DatabaseUrlError(
      `has the parameter ${unknown.join(', ')}, which is not supported. Supported are schema, ${PARAMETERS.join(', ')}`,
    );
  const tlsMode = parameters.get('sslmode');
  if (tlsMode !== null && !TLS_MODES.includes(tlsMode))
    throw new DatabaseUrlError(`has an unsupported sslmode. Supported are ${TLS_MODES.join(', ')}`);
  const schema = parameters.get('schema');
  if (schema !== null && !SCHEMA.test(schema))
    throw new DatabaseUrlError('has a schema that is not 1 to 63 lower-case letters, digits and `_`');

  const searchPath = schema === null ? [] : [`-c search_path=${schema}`];
  const options = [...parameters.getAll('options'), ...searchPath].join(' ');
  parameters.delete('schema');
  if (options !== '') parameters.set('options', options);
  // The driver does not read `+` as a space.
  url.search = parameters.toString().replaceAll('+', '%20');
  const connectionString = url.href;
  url.search = '';
  return { dialect: 'postgresql', url: url.href, connectionString, schema, options };
}

function hasDecodableParts({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
