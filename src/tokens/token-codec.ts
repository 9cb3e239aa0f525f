import jwt from 'jsonwebtoken';
import { type Clock, toSeconds } from '../clock.ts';
import {
  type AccessClaims,
  type ClaimRules,
  type ClaimsVerdict,
  judgeAccessClaims,
  judgeRefreshClaims,
  type RefreshClaims,
  type TokenType,
} from './claims.ts';
import type { Key } from './import-key.ts';
import type { KeyRing } from './key-ring.ts';
import { createVerifiedTokens } from './verified-tokens.ts';

/**
 * The result of reading a token. `expired` and `premature` tokens have our signature. An `invalid` token does not, or we
 * would never write it. An invalid access token is `refreshable` if it may still be one of ours.
 */
export type TokenReading<Claims> =
  | { readonly status: 'live' | 'expired' | 'premature'; readonly claims: Claims }
  | { readonly status: 'invalid'; readonly refreshable: boolean };

/** The only code that knows the format of tokens. */
export interface TokenCodec {
  /** Signs an access token with the first access key. */
  signAccess(claims: Omit<AccessClaims, 'iss' | 'aud' | 'token_type'>): string;
  /** Signs a refresh token with the key `kid`, if it is still in the ring. The same claims then give the same bytes. */
  signRefresh(claims: Omit<RefreshClaims, 'iss' | 'aud' | 'token_type'>, kid: string): string;
  /** The `kid` of new refresh tokens. */
  refreshKeyId(): string;
  readAccess(token: string): TokenReading<AccessClaims>;
  readRefresh(token: string): TokenReading<RefreshClaims>;
  /** Reads a token of either kind. */
  read(token: string): TokenReading<AccessClaims | RefreshClaims>;
}

/** What the codec needs besides the keys. */
export interface CodecRules extends ClaimRules {
  /** Milliseconds. */
  readonly leeway: number;
}

/** A browser keeps at most 4,093 bytes of a cookie with its name and attributes. */
const LONGEST_TOKEN = 3_900;
const HEADER_TYPES: Record<TokenType, string> = { access: 'at+jwt', refresh: 'rt+jwt' };
const INVALID = { status: 'invalid', refreshable: false } as const;
const REFRESHABLE = { status: 'invalid', refreshable: true } as const;

export function createTokenCodec(keys: KeyRing, rules: CodecRules, clock: Clock): TokenCodec {
  function readAs<Claims extends AccessClaims | RefreshClaims>(
    purpose: TokenType,
    token: string,
    judge: (claims: Record<string, unknown>, rules: ClaimRules) => ClaimsVerdict,
  ): TokenReading<Claims> {
    const parts = split(token);
    if (parts === null || typeOf(parts.header) !== purpose) return INVALID;
    const { kid } = parts.header;
    if (typeof kid !== 'string') return INVALID;
    const key = keys.find(kid);
    if (key === undefined) return REFRESHABLE;
    if (key.purpose !== purpose || !isSigned(token, parts.header, key)) return INVALID;
    const verdict = judge(parts.payload, rules);
    if (verdict !== 'good') return verdict === 'outdated' ? REFRESHABLE : INVALID;
    const claims = parts.payload as unknown as Claims;
    return { status: statusOf(purpose, claims), claims };
  }

  function statusOf(purpose: TokenType, { iat, exp }: { iat: number; exp: number }): 'live' | 'expired' | 'premature' {
    const now = clock.now();
    if (now >= exp * 1000 + rules.leeway) return 'expired';
    // Applies to access tokens only: a clock that is stepped back then costs a refresh and not a login.
    if (purpose === 'access' && iat > toSeconds(now + rules.leeway)) return 'premature';
    return 'live';
  }

  // The keys and the rules of a codec never change, so neither does what they say of a token.
  const verified = createVerifiedTokens((claims) => statusOf('access', claims) === 'expired');

  function readAccess(token: string): TokenReading<AccessClaims> {
    const known = verified.find(token);
    if (known !== undefined) return { status: statusOf('access', known), claims: known };
    const reading = readAs<AccessClaims>('access', token, judgeAccessClaims);
    if (reading.status !== 'invalid') freezeWhole(reading.claims);
    if (reading.status === 'live') verified.add(token, reading.claims);
    return reading;
  }

  const readRefresh = (token: string) => readAs<RefreshClaims>('refresh', token, judgeRefreshClaims);
  const { issuer: iss, audience } = rules;

  return Object.freeze({
    signAccess: (claims) =>
      sign(keys.signer('access'), { ...claims, iss, aud: audience, token_type: 'access' } as AccessClaims),
    signRefresh: (claims, kid) =>
      sign(keys.find(kid) ?? keys.signer('refresh'), { ...claims, iss, aud: iss, token_type: 'refresh' }),
    refreshKeyId: () => keys.signer('refresh').kid,
    readAccess,
    readRefresh,
    read(token) {
      const reading = readRefresh(token);
      return reading.status === 'invalid' ? readAccess(token) : reading;
    },
  } satisfies TokenCodec);
}

/** Requests share the claims, so none of them may change what another one reads. */
function freezeWhole(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freezeWhole(member);
}

function sign(key: Key, claims: AccessClaims | RefreshClaims): string {
  const token = jwt.sign(claims, key.signing, {
    algorithm: key.algorithm,
    keyid: key.kid,
    header: { alg: key.algorithm, typ: HEADER_TYPES[key.purpose] },
  });
  if (token.length > LONGEST_TOKEN) throw new TypeError(`A token would be longer than ${LONGEST_TOKEN} characters.`);
  return token;
}

interface DecodedToken {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
}

/** Splits a compact JWS (RFC 7515 section 7.1). Returns null unless each part is spelled exactly as we would spell it. */
function split(token: string): DecodedToken | null {
  if (token.length > LONGEST_TOKEN) return null;
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every(isCanonicalBase64url)) return null;
  const header = parseObject(parts[0] as string);
  const payload = parseObject(parts[1] as string);
  return header === null || payload === null ? null : { header, payload };
}

function isCanonicalBase64url(part: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(part) && Buffer.from(part, 'base64url').toString('base64url') === part;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parseObject(part: string): Record<string, unknown> | null {
  try {
    const text = utf8.decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    // It must be the same when it is written again. That excludes duplicate members, white space, escapes and 1e308.
    return JSON.stringify(value) === text ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const HEADER_MEMBERS = ['alg', 'typ', 'kid'];

/** The kind of token that a header declares. `typ` is compared as RFC 7515 section 4.1.9 says. */
function typeOf(header: Record<string, unknown>): TokenType | null {
  if (!Object.keys(header).every((member) => HEADER_MEMBERS.includes(member)) || typeof header['typ'] !== 'string')
    return null;
  const typ = header['typ'].toLowerCase().replace(/^application\//, '');
  if (typ === HEADER_TYPES.access) return 'access';
  return typ === HEADER_TYPES.refresh ? 'refresh' : null;
}

/** Whether the signature was made with this key and the one algorithm of the key. */
function isSigned(token: string, header: Record<string, unknown>, key: Key): boolean {
  if (header['alg'] !== key.algorithm) return false;
  try {
    // statusOf() judges the expiry by our clock.
    jwt.verify(token, key.verifying, { algorithms: [key.algorithm], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
}
