/** The statement that writes sessions, by itself or with the rows of the blacklist. */
export const SESSION_UPDATE = /^(with .*"rotated" as \()?update .simplejwt_session/;

/** The statement that moves sessions to their next refresh tokens. */
export const ROTATION = /^(with .*"rotated" as \()?update .simplejwt_session. set .refresh_jti/;

/** The rotation of several sessions, which is one statement on PostgreSQL. */
export const GROUP_ROTATION = /^with "given" as .*"rotated" as \(update /;

/**
 * The statement that commits a rotation, or another change of a session. PostgreSQL rotates in one statement, which commits
 * itself.
 */
export function commitOfSession(databaseUrl: string): RegExp {
  return databaseUrl.startsWith('sqlite:') ? /^commit$/ : new RegExp(`^commit$|${ROTATION.source}`);
}
