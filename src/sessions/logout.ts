import type { Device } from '../device.ts';
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts';
import type { TokenReading } from '../tokens/token-codec.ts';
import { endSessions } from './end-sessions.ts';
import { judgeRefreshToken } from './judge-refresh-token.ts';
import type { Parts } from './parts.ts';
import { findSession, type SessionSelection } from './session-store.ts';

/** How far a logout reaches. */
export const LogoutScope = Object.freeze({
  SESSION: 'SESSION',
  OTHER_SESSIONS: 'OTHER_SESSIONS',
  ALL_SESSIONS: 'ALL_SESSIONS',
});
export type LogoutScope = (typeof LogoutScope)[keyof typeof LogoutScope];

/** What a client sends to log out. */
export interface LogoutRequest {
  /** Of the input; judged before the header's. */
  readonly refreshToken: string | null;
  /** Of the Authorization header. */
  readonly accessToken: string | null;
  readonly scope: LogoutScope;
}

/** What a logout did. */
export interface LogoutResult {
  readonly endedSessionIds: string[];
  readonly scope: LogoutScope;
}

type OurReading = Exclude<TokenReading<AccessClaims | RefreshClaims>, { status: 'invalid' }>;

/**
 * Ends sessions, by whatever token of ours the caller still has: an expired or rotated one ends its own session and no
 * other. Without one, or with two of different users, nothing ends; that is a success too.
 *
 * @returns the ids of the sessions that ended, and how far it reached.
 */
export async function logout(parts: Parts, request: LogoutRequest, device: Device): Promise<LogoutResult> {
  const shown = [request.refreshToken, request.accessToken]
    .filter((token) => token !== null)
    .map((token) => parts.codec.read(token))
    .filter((reading): reading is OurReading => reading.status !== 'invalid');
  const [first] = shown;
  if (first === undefined || shown.some(({ claims }) => claims.sub !== first.claims.sub))
    return { endedSessionIds: [], scope: LogoutScope.SESSION };
  const good = request.scope === LogoutScope.SESSION ? null : await findGood(parts, shown);
  const scope = good === null ? LogoutScope.SESSION : request.scope;
  const selection = selectionOf(scope, (good ?? first).claims);
  return { endedSessionIds: await endSessions(parts, selection, 'LOGGED_OUT', device), scope };
}

function selectionOf(scope: LogoutScope, { sub, sid }: AccessClaims | RefreshClaims): SessionSelection {
  switch (scope) {
    case 'SESSION':
      return { ids: [sid] };
    case 'OTHER_SESSIONS':
      return { userId: sub, exceptId: sid };
    case 'ALL_SESSIONS':
      return { userId: sub };
  }
}

/**
 * Only an access token whose session is alive, or the current refresh token, reaches beyond its own session. A change of the
 * user's roles makes neither another's.
 */
async function findGood(parts: Parts, shown: readonly OurReading[]): Promise<OurReading | null> {
  for (const reading of shown) if (await isGood(parts, reading)) return reading;
  return null;
}

async function isGood(parts: Parts, { status, claims }: OurReading): Promise<boolean> {
  if (status !== 'live') return false;
  if (claims.token_type === 'access') {
    // The database is asked, for a mirror that is stale must not keep anybody from logging out.
    const session = await parts.database.read((em) => findSession(em, claims.sid));
    return session !== null && session.endedAt === null;
  }
  return (await judgeRefreshToken(parts, claims)).verdict === 'CURRENT';
}
