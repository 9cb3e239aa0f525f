import type { Device } from '../device.ts';
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts';
import type { TokenReading } from '../tokens/token-codec.ts';
import { endSessions } from './end-sessions.ts';
import { judgeRefreshToken } from './judge-refresh-token.ts';
import type { SessionServices } from './services.ts';
import { findSession, type SessionSelection } from './session-store.ts';

/** How far a logout reaches. */
export const LogoutScope = Object.freeze({
  SESSION: 'SESSION',
  OTHER_SESSIONS: 'OTHER_SESSIONS',
  ALL_SESSIONS: 'ALL_SESSIONS',
});
export type LogoutScope = (typeof LogoutScope)[keyof typeof LogoutScope];

/** What a client presents to log out. */
export interface LogoutRequest {
  /** Judged before the access token. */
  readonly refreshToken: string | null;
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
 * Ends sessions, with any token that has our signature. An expired or rotated token ends only its own session. Without a
 * token, or with tokens of two users, nothing ends, and that is a success too.
 *
 * @returns the ids of the sessions that ended, and the scope that was applied.
 */
export async function logout(services: SessionServices, request: LogoutRequest, device: Device): Promise<LogoutResult> {
  const shown = [request.refreshToken, request.accessToken]
    .filter((token) => token !== null)
    .map((token) => services.codec.read(token))
    .filter((reading): reading is OurReading => reading.status !== 'invalid');
  const [first] = shown;
  if (first === undefined || shown.some(({ claims }) => claims.sub !== first.claims.sub))
    return { endedSessionIds: [], scope: LogoutScope.SESSION };
  const reaching = request.scope === LogoutScope.SESSION ? null : await findReachingToken(services, shown);
  const scope = reaching === null ? LogoutScope.SESSION : request.scope;
  const selection = selectionOf(scope, (reaching ?? first).claims);
  return { endedSessionIds: await endSessions(services, selection, 'LOGGED_OUT', device), scope };
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
 * Finds a token that may end other sessions too: an access token whose session is alive, or the current refresh token. A
 * role change does not matter here.
 */
async function findReachingToken(services: SessionServices, shown: readonly OurReading[]): Promise<OurReading | null> {
  for (const reading of shown) if (await reachesOtherSessions(services, reading)) return reading;
  return null;
}

async function reachesOtherSessions(services: SessionServices, { status, claims }: OurReading): Promise<boolean> {
  if (status !== 'live') return false;
  if (claims.token_type === 'access') {
    // Asks the database, because a stale mirror must not prevent a logout.
    const session = await services.database.read((em) => findSession(em, claims.sid));
    return session !== null && session.endedAt === null;
  }
  return (await judgeRefreshToken(services, claims)).verdict === 'CURRENT';
}
