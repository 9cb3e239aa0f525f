import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Clock } from '../clock.ts';
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
  // The headers that we write, as tokens spell them. There is one for each key, so most tokens begin with a known text.
  const writtenHeaders = new Map<string, Key>();

  /** The key that a header names, if the header has the form of those that we write. */
  function keyOf(part: string, purpose: TokenType): Key | 'unknown' | null {
    const known = writtenHeaders.get(part);
    if (known !== undefined) return known;
    const header = parseObject(part);
    if (header === null || typeOf(header) !== purpose || typeof header['kid'] !== 'string') return null;
    const key = keys.find(header['kid']);
    if (key === undefined) return 'unknown';
    if (header['alg'] !== key.algorithm) return null;
    if (part === encodeHeader(key)) writtenHeaders.set(part, key);
    return key;
  }

  function readAs<Claims extends AccessClaims | RefreshClaims>(
    purpose: TokenType,
    token: string,
    judge: (claims: Record<string, unknown>, rules: ClaimRules) => ClaimsVerdict,
  ): TokenReading<Claims> {
    const parts = split(token);
    if (parts === null) return INVALID;
    const payload = parseObject(parts.payload);
    const key = keyOf(parts.header, purpose);
    if (key === null || payload === null) return INVALID;
    if (key === 'unknown') return REFRESHABLE;
    if (key.purpose !== purpose || !isSigned(parts, key)) return INVALID;
    const verdict = judge(payload, rules);
    if (verdict !== 'good') return verdict === 'outdated' ? REFRESHABLE : INVALID;
    const claims = payload as unknown as Claims;
    return { status: statusOf(purpose, claims), claims };
  }

  function statusOf(purpose: TokenType, { iat, exp }: { iat: number; exp: number }): 'live' | 'expired' | 'premature' {
    const now = clock.now();
    if (now >= exp * 1000 + rules.leeway) return 'expired';
    // Applies to access tokens only: a clock that is stepped back then costs a refresh and not a login.
    if (purpose === 'access' && iat * 1000 > now + rules.leeway) return 'premature';
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
function freezeWhole(value: object): void {
  Object.freeze(value);
  for (const member of Object.values(value) as unknown[])
    if (typeof member === 'object' && member !== null) freezeWhole(member);
}

const headerOf = ({ algorithm, purpose, kid }: Key) => ({ alg: algorithm, typ: HEADER_TYPES[purpose], kid });

const encodedHeaders = new WeakMap<Key, string>();

function encodeHeader(key: Key): string {
  let header = encodedHeaders.get(key);
  if (header === undefined) encodedHeaders.set(key, (header = toBase64url(JSON.stringify(headerOf(key)))));
  return header;
}

function sign(key: Key, claims: AccessClaims | RefreshClaims): string {
  const token = key.algorithm === 'HS256' ? signByMac(key, claims) : signByKeyPair(key, claims);
  if (token.length > LONGEST_TOKEN) throw new TypeError(`A token would be longer than ${LONGEST_TOKEN} characters.`);
  return token;
}

/** RFC 7515 section 5.1. jsonwebtoken takes four times as long for the same bytes. */
function signByMac(key: Key, claims: object): string {
  const signed = `${encodeHeader(key)}.${toBase64url(JSON.stringify(claims))}`;
  return `${signed}.${macOf(signed, key.signing)}`;
}

function signByKeyPair(key: Key, claims: object): string {
  return jwt.sign(claims, key.signing, { algorithm: key.algorithm, header: headerOf(key) });
}

function macOf(signed: string, secret: KeyObject): string {
  return createHmac('sha256', secret).update(signed).digest('base64url');
}

/** The parts of a compact JWS, as they are spelled. */
interface TokenParts {
  readonly token: string;
  /** The signing input (RFC 7515 section 5.1). */
  readonly signed: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

const SIGNATURE = /^[A-Za-z0-9_-]+$/;

/** Splits a compact JWS (RFC 7515 section 7.1). */
function split(token: string): TokenParts | null {
  if (token.length > LONGEST_TOKEN) return null;
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  const signature = token.slice(second + 1);
  if (second === -1 || !SIGNATURE.test(signature)) return null;
  const signed = token.slice(0, second);
  return { token, signed, header: token.slice(0, first), payload: token.slice(first + 1, second), signature };
}

const toBase64url = (text: string): string => Buffer.from(text).toString('base64url');

/** Reads a part of a token, if it is spelled exactly as we would spell it. */
function parseObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    // It must be the same when it is written again. That excludes duplicate members, white space, escapes, 1e308, bytes that
    // are not UTF-8, and other spellings in base64url.
    return toBase64url(JSON.stringify(value)) === part ? (value as Record<string, unknown>) : null;
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
function isSigned({ token, signed, signature }: TokenParts, key: Key): boolean {
  if (key.algorithm === 'HS256') {
    // RFC 7515 section 5.2. jsonwebtoken would parse the whole token again, which takes four times as long as the MAC.
    const mac = macOf(signed, key.verifying);
    return mac.length === signature.length && timingSafeEqual(Buffer.from(mac), Buffer.from(signature));
  }
  // A signature has one spelling, or a token would have several.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return false;
  try {
    // statusOf() judges the expiry by our clock.
    jwt.verify(token, key.verifying, { algorithms: [key.algorithm], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
}
