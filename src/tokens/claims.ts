import { isId } from '../id.ts';

/** The two kinds of token: the claim `token_type`. */
export type TokenType = 'access' | 'refresh';

interface CommonClaims {
  /** Issuer (RFC 7519 section 4.1.1). */
  readonly iss: string;
  /** Audience, always one string (section 4.1.3). The audience of a refresh token is the issuer itself. */
  readonly aud: string;
  /** The user's id (section 4.1.2). */
  readonly sub: string;
  /** The session's id. */
  readonly sid: string;
  /** The token's own id (section 4.1.7). */
  readonly jti: string;
  /** When it was issued, in seconds (section 4.1.6). */
  readonly iat: number;
  /** When it expires, in seconds (section 4.1.4). */
  readonly exp: number;
}

/** The claims of an access token. The host's own claims are beside them, under the host's namespace. */
export interface AccessClaims extends CommonClaims {
  readonly token_type: 'access';
  readonly roles: readonly string[];
  /** The user's `tokenVersion` when the token was signed. */
  readonly ver: number;
  readonly [namespace: string]: unknown;
}

/** The claims of a refresh token. */
export interface RefreshClaims extends CommonClaims {
  readonly token_type: 'refresh';
}

/** What the claims of either kind are checked against. */
export interface ClaimRules {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds. */
  readonly accessTokenLifetime: number;
  /** Whether a value can be the id of a user. */
  readonly isUserId: (value: unknown) => value is string;
  /** The claim that holds the host's own claims; null if there are none. */
  readonly namespace: string | null;
}

const COMMON = ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'token_type'];
const OF_ACCESS: ReadonlySet<string> = new Set([...COMMON, 'roles', 'ver']);

/** Our own claims, and those that RFC 7519 section 4.1 defines. */
const RESERVED_CLAIMS: ReadonlySet<string> = new Set([...OF_ACCESS, 'nbf', '__proto__']);

/**
 * - `good`: exactly the claims that we write, each of its type.
 * - `outdated`: ours, but written with other settings (a longer lifetime, another namespace).
 * - `bad`: not claims that we write.
 */
export type ClaimsVerdict = 'good' | 'outdated' | 'bad';

/**
 * Checks the name of the claim that holds the host's own claims.
 *
 * @throws TypeError if it is empty or reserved.
 */
export function checkNamespace(namespace: string): void {
  if (namespace === '' || RESERVED_CLAIMS.has(namespace))
    throw new TypeError('claims.namespace must be a name of your own, not the name of a standard claim.');
}

/** Judges the claims of a token whose signature is ours and whose header says that it is an access token. */
export function judgeAccessClaims(claims: Record<string, unknown>, rules: ClaimRules): ClaimsVerdict {
  if (!areCommonClaims(claims, rules) || claims['token_type'] !== 'access') return 'bad';
  if (claims.iss !== rules.issuer || claims.aud !== rules.audience) return 'bad';
  if (!isWholeNumber(claims['ver']) || !areRoles(claims['roles'])) return 'bad';
  if ('nbf' in claims) return 'bad';
  if (Object.keys(claims).some((name) => !OF_ACCESS.has(name) && name !== rules.namespace)) return 'outdated';
  return claims.exp - claims.iat > rules.accessTokenLifetime / 1000 ? 'outdated' : 'good';
}

/** Judges the claims of a token whose signature is ours and whose header says that it is a refresh token. */
export function judgeRefreshClaims(claims: Record<string, unknown>, rules: ClaimRules): ClaimsVerdict {
  if (!areCommonClaims(claims, rules) || claims['token_type'] !== 'refresh') return 'bad';
  if (claims.iss !== rules.issuer || claims.aud !== rules.issuer) return 'bad';
  return Object.keys(claims).length === COMMON.length ? 'good' : 'bad';
}

function areCommonClaims(
  claims: Record<string, unknown>,
  { isUserId }: ClaimRules,
): claims is Record<string, unknown> & CommonClaims {
  const { iss, aud, sub, sid, jti, iat, exp } = claims;
  if (typeof iss !== 'string' || typeof aud !== 'string') return false;
  if (!isUserId(sub) || !isId(sid) || !isId(jti)) return false;
  return isWholeNumber(iat) && isWholeNumber(exp) && exp >= iat;
}

function areRoles(value: unknown): boolean {
  return Array.isArray(value) && value.every((role) => typeof role === 'string');
}

function isWholeNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
