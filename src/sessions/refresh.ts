import { createHash, timingSafeEqual } from 'node:crypto';
import { blacklist } from '../blacklist/blacklist-store.ts';
import {
  BadUserInputError,
  CsrfRejectedError,
  InputRefusalReason,
  InvalidRefreshTokenError,
  ServiceUnavailableError,
} from '../errors.ts';
import type { Device } from '../device.ts';
import { record } from '../events/event-log.ts';
import type { RefreshClaims } from '../tokens/claims.ts';
import type { User } from '../users/user.entity.ts';
import { TokenDelivery } from './delivery.ts';
import { issueTokens, planRefreshToken, type TokenPair } from './issue-tokens.ts';
import { answerMisuse, judgeRefreshToken } from './judge-refresh-token.ts';
import type { Parts } from './parts.ts';
import { findSessionWithUser, type Rotation, rotateSession } from './session-store.ts';
import type { Session } from './session.entity.ts';

/** What a client sends to refresh. */
export interface RefreshRequest {
  readonly refreshToken: string | null;
  /** 22 to 128 characters of base64url, random for each refresh; a retry sends the same one. */
  readonly idempotencyKey: string | null;
  /** Whether the answer may set cookies: the request was made by a page of ours. */
  readonly mayReceiveCookies: boolean;
}

/**
 * Exchanges a refresh token for a new pair. Each is good for one exchange: of many at once the database lets one win.
 *
 * @throws InvalidRefreshTokenError with the reason.
 * @throws BadUserInputError if the idempotency key cannot be one.
 */
export async function refresh(parts: Parts, request: RefreshRequest, device: Device): Promise<TokenPair> {
  const retryKeyHash = hashRetryKey(request.idempotencyKey);
  if (request.refreshToken === null || request.refreshToken === '') throw new InvalidRefreshTokenError('TOKEN_MISSING');
  const reading = parts.codec.readRefresh(request.refreshToken);
  if (reading.status === 'invalid') throw new InvalidRefreshTokenError('TOKEN_INVALID');

  if (reading.status === 'live') {
    const pair = await exchange(parts, reading.claims, retryKeyHash, request);
    if (pair !== null) return pair;
  }
  const judgement = await judgeRefreshToken(parts, reading.claims);
  if (isRetry(parts, reading.claims, judgement.session, retryKeyHash))
    return answerAgain(parts, judgement.session, request, device);
  // Whatever it once was, it is good for nothing: no sign of theft.
  if (reading.status === 'expired') throw new InvalidRefreshTokenError('TOKEN_EXPIRED');
  await answerMisuse(parts, reading.claims, judgement, device);
  // It was current after all, but the user's account was changing all the while.
  if (judgement.verdict === 'CURRENT') throw new ServiceUnavailableError();
  throw new InvalidRefreshTokenError(judgement.verdict);
}

const MOST_ATTEMPTS = 3;

/** The pair is made first and then one UPDATE says whether it counts: what cannot be made or signed costs nothing. */
async function exchange(
  parts: Parts,
  presented: RefreshClaims,
  retryKeyHash: string | null,
  request: RefreshRequest,
): Promise<TokenPair | null> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const found = await parts.database.read((em) => findSessionWithUser(em, presented.sid));
    if (found === null || found.session.refreshJti !== presented.jti || found.session.endedAt !== null) return null;
    const { session, user } = found;
    refuseForgery(session, request);
    const next = planRotation(parts, session, retryKeyHash);
    const pair = await issueTokens(parts, { ...session, ...next }, user);
    if (await rotate(parts, session, next, user)) return pair;
  }
  return null;
}

function planRotation(parts: Parts, session: Session, retryKeyHash: string | null): Rotation {
  // Never earlier than the one before, or a clock that was stepped back would make old tokens look young.
  const rotatedAt = Math.max(parts.clock.now(), session.refreshIssuedAt.getTime());
  return {
    ...planRefreshToken(parts, rotatedAt, session.expiresAt),
    previousRefreshJti: session.refreshJti,
    retryKeyHash,
  };
}

async function rotate(parts: Parts, session: Session, next: Rotation, user: User): Promise<boolean> {
  const now = parts.clock.now();
  const { leeway, blacklistAfterRotation } = parts.settings;
  return parts.database.transaction(async (em) => {
    const isFirst = await rotateSession(em, session, next, user, { idle: now - leeway, absolute: now });
    if (isFirst && blacklistAfterRotation) {
      const expiresAt = new Date(session.refreshExpiresAt.getTime() + leeway);
      await blacklist(em, [{ jti: session.refreshJti, sessionId: session.id, reason: 'ROTATED', expiresAt }], now);
    }
    return isFirst;
  });
}

/** Whether this is the last rotation asked for once more, by whoever asked first, with its answer still unused. */
function isRetry(
  parts: Parts,
  presented: RefreshClaims,
  session: Session | null,
  retryKeyHash: string | null,
): session is Session {
  if (session === null || session.endedAt !== null || session.previousRefreshJti !== presented.jti) return false;
  if (session.refreshExpiresAt.getTime() <= parts.clock.now() - parts.settings.leeway) return false;
  if (session.retryKeyHash === null || retryKeyHash === null) return false;
  return timingSafeEqual(Buffer.from(session.retryKeyHash), Buffer.from(retryKeyHash));
}

/** Before anything is exchanged: an answer in cookies goes to pages of ours only. */
function refuseForgery({ delivery }: Session, { mayReceiveCookies }: RefreshRequest): void {
  if (delivery !== TokenDelivery.BODY && !mayReceiveCookies) throw new CsrfRejectedError('origin');
}

/** What is signed once more is handed out only if the session and the user's roles were still so afterwards. */
async function answerAgain(
  parts: Parts,
  session: Session,
  request: RefreshRequest,
  device: Device,
): Promise<TokenPair> {
  refuseForgery(session, request);
  const event = { type: 'REFRESH_RETRIED' as const, userId: session.user, sessionId: session.id };
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const found = await parts.database.read((em) => findSessionWithUser(em, session.id));
    if (found === null || found.session.endedAt !== null) throw new InvalidRefreshTokenError('TOKEN_REVOKED');
    const pair = await issueTokens(parts, session, found.user);
    const after = await parts.database.read((em) => findSessionWithUser(em, session.id));
    if (after?.session.endedAt !== null || after.user.tokenVersion !== found.user.tokenVersion) continue;
    await parts.database.transaction((em) => record(em, [event], device, parts.clock.now()));
    return pair;
  }
  throw new ServiceUnavailableError();
}

const IDEMPOTENCY_KEY = /^[A-Za-z0-9_-]{22,128}$/;

function hashRetryKey(key: string | null): string | null {
  if (key === null) return null;
  if (!IDEMPOTENCY_KEY.test(key)) {
    throw new BadUserInputError([{ path: 'input.idempotencyKey', reason: InputRefusalReason.IDEMPOTENCY_KEY_INVALID }]);
  }
  return createHash('sha256').update(key).digest('hex');
}
