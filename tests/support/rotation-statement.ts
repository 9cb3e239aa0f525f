/** The statement that writes a session, by itself or with the row of the blacklist. */
export const SESSION_UPDATE = /^(with "rotated" as \()?update .simplejwt_session/;

/** The statement that moves a session to its next refresh token. */
export const ROTATION = /^(with "rotated" as \()?update .simplejwt_session. set .refresh_jti/;

/**
 * The statement that commits a rotation, or another change of a session. PostgreSQL rotates in one statement, which commits
 * itself.
 */
export function commitOfSession(databaseUrl: string): RegExp {
  return databaseUrl.startsWith('sqlite:') ? /^commit$/ : new RegExp(`^commit$|${ROTATION.source}`);
}
